import { describe, expect, it } from '@jest/globals';
import { eventually } from '@gongdan/testing';
import { Poller } from './poller.js';

const LONG = 60_000;

describe('a poller', () => {
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
    const rested: number[] = [];
    let begun = performance.now();
    const poller: Poller = new Poller({
      turn: async () => {
        rested.push(performance.now() - begun);
        begun = performance.now();
        if (rested.length === 1) setTimeout(() => poller.wake(), 5);
        return rested.length === 1 ? { ms: 60, wakeable: false } : { ms: LONG };
      },
    });
    poller.start();
    await eventually(() => expect(rested).toHaveLength(3));
    expect(rested[1]).toBeGreaterThan(50);
    expect(rested[2]).toBeLessThan(50);
    await poller.stop();
  });

  it('backs off after a failure, even when it is woken, and continues', async () => {
    const failed: number[] = [];
    let begun = 0;
    let rested = 0;
    const poller: Poller = new Poller({
      turn: async () => {
        rested = performance.now() - begun;
        begun = performance.now();
        if (failed.length < 1) throw new Error('away');
        return { ms: LONG };
      },
      onError: (_, failures) => failed.push(failures),
    });
    poller.start();
    await eventually(() => expect(failed).toEqual([1]));
    poller.wake();
    await eventually(() => expect(rested).toBeGreaterThan(45));
    expect(failed).toEqual([1]);
    await poller.stop();
  });
});
