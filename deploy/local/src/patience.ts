const FIRST_MS = 500;
const LONGEST_MS = 30_000;
const FORGIVEN_MS = 60_000;

/** How long a part that ended by itself waits for its next start: half a second, then twice as long each time; a minute of life is a fresh start. */
export class Patience {
  private readonly ends = new Map<string, { count: number; at: number }>();

  /** Milliseconds to wait; `now` is monotonic. */
  next(name: string, now: number): number {
    const last = this.ends.get(name);
    const count = last && now - last.at < FORGIVEN_MS + this.wait(last.count) ? last.count + 1 : 0;
    this.ends.set(name, { count, at: now });
    return this.wait(count);
  }

  private wait(count: number): number {
    return Math.min(LONGEST_MS, FIRST_MS * 2 ** count);
  }
}
