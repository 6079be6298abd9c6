import { performance } from 'node:perf_hooks';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { ms } from '@gongdan/kernel';
import { SystemClock } from './system-clock.js';

/** The clock of a database: the monotonic clock of the test plus `aheadMs`; each answer takes `answerMs` of it. */
class DatabaseClock {
  aheadMs = 1_800_000_000_000;
  offsetMs = 0;
  answerMs = 0;
  /** The answer is on its way until this resolves. */
  arrival: Promise<void> = Promise.resolve();

  async one<T>(): Promise<T> {
    const ms = performance.now() + this.aheadMs;
    monotonicMs += this.answerMs;
    const answer = { ms, offset_ms: this.offsetMs } as T;
    await this.arrival;
    return answer;
  }
  async run(): Promise<number> {
    return 1;
  }
  nowMs(): number {
    return performance.now() + this.aheadMs;
  }
}

/** The monotonic clock of the process: it moves only where the test moves it, so that a machine that stalls changes nothing. */
let monotonicMs = 0;
let database: DatabaseClock;
let wallAheadMs: number;
let clock: SystemClock;
beforeEach(() => {
  monotonicMs = 1_000;
  jest.spyOn(performance, 'now').mockImplementation(() => monotonicMs);
  database = new DatabaseClock();
  wallAheadMs = 0;
  clock = new SystemClock(database, true, () => database.nowMs() + wallAheadMs);
});

afterEach(() => {
  jest.restoreAllMocks();
});

const distanceMs = () => Math.abs(ms(clock.now()) - database.nowMs());

describe('the clock of a process', () => {
  it('answers with the time of the database, whatever the wall clock of the process is', async () => {
    wallAheadMs = 3_600_000;
    await clock.look();
    expect(distanceMs()).toBeLessThan(20);
  });

  it('keeps its estimate when an answer is slow', async () => {
    await clock.look();
    database.answerMs = 400;
    await clock.look();
    // The middle of a slow answer alone would be 200 ms off.
    expect(distanceMs()).toBeLessThan(20);
  });

  it('follows a database whose clock jumps ahead', async () => {
    await clock.look();
    database.aheadMs += 60_000;
    await clock.look();
    expect(distanceMs()).toBeLessThan(20);
    expect(clock.unfit()).toBeUndefined();
  });

  it('never goes back when the clock of the database does, and reports it', async () => {
    await clock.look();
    const before = clock.now();
    database.aheadMs -= 60_000;
    await clock.look();
    expect(clock.now() >= before).toBe(true);
    expect(clock.unfit()).toMatch(/went back by (59|60)\.\d s/);
  });

  it('keeps the offset that it was set to when an answer from before arrives afterwards', async () => {
    await clock.look();
    let arrive = (): void => undefined;
    database.arrival = new Promise((resolve) => (arrive = resolve));
    const looking = clock.look();
    await clock.shift(86_400_000);
    const shifted = clock.now();
    arrive();
    await looking;
    expect(clock.offsetMs).toBe(86_400_000);
    expect(clock.now() >= shifted).toBe(true);
  });

  it('goes back when the offset of a demo is reduced', async () => {
    database.offsetMs = 86_400_000;
    await clock.look();
    const shifted = clock.now();
    await clock.shift(0);
    expect(ms(shifted) - ms(clock.now())).toBeGreaterThan(86_000_000);
  });

  it.each([
    [3_600_000, /3600\.\d s ahead of the database's/],
    [-2_500, /2\.5 s behind the database's/],
  ])('is unfit when the wall clock of the process is off by %i ms', async (aheadMs, reason) => {
    wallAheadMs = aheadMs;
    await clock.look();
    expect(clock.unfit()).toMatch(reason);
    wallAheadMs = 0;
    await clock.look();
    expect(clock.unfit()).toBeUndefined();
  });

  it('the clock is fit when the wall clock is off by less than 2 s', async () => {
    wallAheadMs = 1_900;
    await clock.look();
    expect(clock.unfit()).toBeUndefined();
  });

  it('blames no wall clock for a slow answer of the database', async () => {
    wallAheadMs = 1_900;
    database.answerMs = 300;
    await clock.look();
    expect(clock.unfit()).toBeUndefined();
  });
});
