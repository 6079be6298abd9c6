import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { eventually } from '@gongdan/testing';
import { Poller } from './poller.js';

const LONG = 60_000;

describe('a poller', () => {
  afterEach(() => void jest.useRealTimers());

  it('rests for as long as its turn returned, and a wake-up ends the rest', async () => {
    let turns = 0;
    const poller = new Poller({ turn: async () => ({ ms: ++turns < 3 ? 1 : LONG }) });
    poller.start();
    await eventually(() => expect(turns).toBe(3));
    poller.wake();
    await eventually(() => expect(turns).toBe(4));
    await poller.stop();
    expect(turns).toBe(4);
  });

  it('keeps a wake-up that comes during a turn for the rest after it', async () => {
    let turns = 0;
    const poller: Poller = new Poller({
      turn: async () => {
        if (++turns === 1) poller.wake();
        return { ms: LONG };
      },
    });
    poller.start();
    await eventually(() => expect(turns).toBe(2));
    await poller.stop();
  });

  it('a poller is not woken from a rest that a wake-up may not end, and its next rest is shorter', async () => {
    jest.useFakeTimers();
    let turns = 0;
    const poller = new Poller({ turn: async () => (++turns === 1 ? { ms: 60, wakeable: false } : { ms: LONG }) });
    poller.start();
    await jest.advanceTimersByTimeAsync(59);
    poller.wake();
    await jest.advanceTimersByTimeAsync(0);
    expect(turns).toBe(1);
    await jest.advanceTimersByTimeAsync(1);
    // The wake-up was kept for the second rest, and ended it at once; the third lasts.
    expect(turns).toBe(3);
    await jest.advanceTimersByTimeAsync(LONG - 1);
    expect(turns).toBe(3);
    await poller.stop();
  });

  it('backs off after a failure, even when it is woken, and continues', async () => {
    jest.useFakeTimers();
    const failed: number[] = [];
    let turns = 0;
    const poller = new Poller({
      turn: async () => {
        if (++turns === 1) throw new Error('away');
        return { ms: LONG };
      },
      onError: (_, failures) => failed.push(failures),
    });
    poller.start();
    await jest.advanceTimersByTimeAsync(0);
    poller.wake();
    // The first back-off is 50 to 100 ms.
    await jest.advanceTimersByTimeAsync(49);
    expect(turns).toBe(1);
    await jest.advanceTimersByTimeAsync(51);
    expect(turns).toBeGreaterThan(1);
    expect(failed).toEqual([1]);
    await poller.stop();
  });
});
