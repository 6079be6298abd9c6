const LATEST_MS = 250;

export interface Position {
  topic: string;
  partition: number;
  /** The next record to read, as text (64 bits). */
  offset: string;
}

/**
 * Commits positions together, at most every 250 ms. A commit after every lot was a request per partition and per few events, which at 200
 * events a second was most of the broker's work. Records whose positions a crash left uncommitted are delivered again, and the marks drop them
 * (docs/adr/0004).
 */
export class Positions {
  private readonly uncommitted = new Map<string, Position>();
  private timer: NodeJS.Timeout | undefined;
  private committing: Promise<void> = Promise.resolve();
  private closed = false;
  /** Increases with each assignment. */
  private assignment = 0;

  constructor(private readonly commit: (positions: Position[]) => Promise<void>) {}

  /** All records of the partition up to `last` have been applied. */
  applied(topic: string, partition: number, last: string): void {
    if (this.closed) return;
    this.uncommitted.set(`${topic}/${partition}`, { topic, partition, offset: String(BigInt(last) + 1n) });
    this.arm();
  }

  /** Commits what is pending. A failed commit (the broker is unavailable) is retried later. */
  flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.committing = this.committing.then(async () => {
      const sent = new Map(this.uncommitted);
      if (sent.size === 0) return;
      const assignment = this.assignment;
      try {
        await this.commit([...sent.values()]);
        for (const [key, position] of sent) if (this.uncommitted.get(key) === position) this.uncommitted.delete(key);
      } catch {
        if (assignment === this.assignment) this.arm();
      }
    });
    return this.committing;
  }

  /** Commits what is pending once more. A commit that fails is not retried: its records are delivered again, and the marks drop them. */
  async close(): Promise<void> {
    this.closed = true;
    await this.flush();
    this.uncommitted.clear();
  }

  /** Drops pending and later positions: their client is gone. */
  abandon(): void {
    this.closed = true;
    this.reset();
  }

  /** Drops pending positions: the partitions may belong to another member now. */
  reset(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.uncommitted.clear();
    this.assignment += 1;
  }

  private arm(): void {
    if (this.closed) return;
    this.timer ??= setTimeout(() => void this.flush(), LATEST_MS);
  }
}
