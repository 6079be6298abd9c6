import { describe, expect, it } from '@jest/globals';
import { Turns } from './turns.js';

/** Work that ends when `end` is called. */
function held() {
  const log: string[] = [];
  const ends: (() => void)[] = [];
  const work = (what: string) => async () => {
    log.push(`${what} begins`);
    await new Promise<void>((resolve) => ends.push(resolve));
    log.push(`${what} ends`);
  };
  const tick = (): Promise<void> => new Promise((wake) => setImmediate(wake));
  return { log, work, begun: tick, endNext: async () => (ends.shift()?.(), tick()) };
}

describe('Turns', () => {
  it('runs work again after the work under way, once for all calls meanwhile', async () => {
    const { log, work, begun, endNext } = held();
    const turns = new Turns();
    const first = turns.take('intake', work('first'));
    await begun();
    const second = turns.take('intake', work('second'));
    const third = turns.take('intake', work('third'));
    await endNext();
    expect(log).toEqual(['first begins', 'first ends', 'second begins']);
    await endNext();
    await Promise.all([first, second, third]);
    expect(log).toEqual(['first begins', 'first ends', 'second begins', 'second ends']);
  });

  it('runs work of different names at the same time', async () => {
    const { log, work, begun, endNext } = held();
    const turns = new Turns();
    const both = [turns.take('intake', work('intake')), turns.take('sla', work('sla'))];
    await begun();
    expect(log).toEqual(['intake begins', 'sla begins']);
    await endNext();
    await endNext();
    await Promise.all(both);
  });

  it('runs the next work after one that failed', async () => {
    const turns = new Turns();
    const failing = turns.take('intake', () => Promise.reject(new Error('did not come up')));
    const next = turns.take('intake', () => Promise.reject(new Error('shared')));
    await expect(Promise.all([failing, next])).rejects.toThrow('did not come up');
    await expect(turns.take('intake', () => Promise.resolve())).resolves.toBeUndefined();
  });
});
