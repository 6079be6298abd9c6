import { doublingMs } from '@gongdan/kernel';

const FIRST_MS = 500;
const LONGEST_MS = 30_000;
const STEADY_MS = 60_000;

const delayMs = (ends: number): number => doublingMs(ends, FIRST_MS, LONGEST_MS);

/** Delays before a part that ended by itself is restarted: half a second, then twice as long each time; after a minute of running, half a second again. */
export class RestartDelays {
  private readonly ends = new Map<string, { count: number; at: number }>();

  /** Returns the milliseconds to wait after a part has ended; `now` is from a clock that never goes back. */
  next(name: string, now: number): number {
    const last = this.ends.get(name);
    const count = last && now - last.at < STEADY_MS + delayMs(last.count) ? last.count + 1 : 1;
    this.ends.set(name, { count, at: now });
    return delayMs(count);
  }
}
