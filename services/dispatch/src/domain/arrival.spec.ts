import { describe, expect, it } from '@jest/globals';
import { idOf, newId, NotFound } from '@gongdan/kernel';
import { mayBeOnTheWay, whenArrived } from './arrival.js';

const id = newId();
const now = Date.now();

describe('a case that has not arrived', () => {
  it.each([
    ['made a moment ago', id, now, true],
    ['made by a process whose clock is ahead', id, now - 4_000, true],
    ['made a minute ago', id, now + 61_000, false],
    ['made in the future', id, now - 60_000, false],
    ['made from a key, without a time', idOf('a'), now, false],
    ['that is no id', 'nonsense', now, false],
  ])('may be on its way for an id %s: %s at %s is %s', (_, ticket, at, expected) => expect(mayBeOnTheWay(ticket, at)).toBe(expected));

  it('is 409 with the seconds to wait, and other errors stay what they are', async () => {
    const missing = (): Promise<never> => Promise.reject(new NotFound('dispatch/no-case'));
    await expect(whenArrived(missing(), id, () => now)).rejects.toMatchObject({
      code: 'dispatch/not-yet',
      kind: 'conflict',
      details: { retryAfterS: 1 },
    });
    await expect(whenArrived(missing(), id, () => now + 61_000)).rejects.toMatchObject({ code: 'dispatch/no-case' });
    await expect(whenArrived(Promise.reject(new NotFound('dispatch/no-pack')), id, () => now)).rejects.toMatchObject({
      code: 'dispatch/no-pack',
    });
    expect(await whenArrived(Promise.resolve(1), id, () => now)).toBe(1);
  });
});
