const LATEST_MS = 250;

export interface Position {
  topic: string;
  partition: number;
  /** The next record to read, as text (64 bits). */
  offset: string;
}

/**
 * Commits positions together, at most every 250 ms. A commit after every lot was a request per partition and per few events: at 200
 * events a second most of the broker's work. What a crash leaves uncommitted comes again, and the marks drop it (docs/adr/0004).
 */
export class Positions {
  private readonly uncommitted = new Map<string, Position>();
  private timer: NodeJS.Timeout | undefined;
  private committing: Promise<void> = Promise.resolve();
  /** Goes up with each assignment. */
  private era = 0;

  constructor(private readonly commit: (positions: Position[]) => Promise<void>) {}

  /** Everything of the partition up to `last` was taken. */
  taken(topic: string, partition: number, last: string): void {
    this.uncommitted.set(`${topic}/${partition}`, { topic, partition, offset: String(BigInt(last) + 1n) });
    this.arm();
  }

  /** Commits what is left; what is refused (the broker is away) is tried again. */
  flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.committing = this.committing.then(async () => {
      const sent = new Map(this.uncommitted);
      if (sent.size === 0) return;
      const era = this.era;
      try {
        await this.commit([...sent.values()]);
        for (const [key, position] of sent) if (this.uncommitted.get(key) === position) this.uncommitted.delete(key);
      } catch {
        if (era === this.era) this.arm();
      }
    });
    return this.committing;
  }

  /** The partitions may be somebody else's now. */
  forget(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.uncommitted.clear();
    this.era += 1;
  }

  private arm(): void {
    this.timer ??= setTimeout(() => void this.flush(), LATEST_MS);
  }
}
