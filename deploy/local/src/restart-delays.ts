const FIRST_MS = 500;
const LONGEST_MS = 30_000;
const STEADY_MS = 60_000;

/** Delays before a part that ended by itself is restarted: half a second, then twice as long each time; after a minute of running, half a second again. */
export class RestartDelays {
  private readonly ends = new Map<string, { count: number; at: number }>();

  /** Returns the milliseconds to wait after a part has ended; `now` is from a clock that never goes back. */
  next(name: string, now: number): number {
    const last = this.ends.get(name);
    const count = last && now - last.at < STEADY_MS + this.delay(last.count) ? last.count + 1 : 0;
    this.ends.set(name, { count, at: now });
    return this.delay(count);
  }

  private delay(count: number): number {
    return Math.min(LONGEST_MS, FIRST_MS * 2 ** count);
  }
}
