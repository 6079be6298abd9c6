import { describe, expect, it } from '@jest/globals';
import { dueGiven } from './clock-rules.js';

describe('the due instant that a fact gives', () => {
  it.each([
    ['an instant', '2026-03-05T10:00:00+08:00', '2026-03-05T02:00:00.000Z'],
    ['an instant without seconds', '2026-03-05T10:00Z', '2026-03-05T10:00:00.000Z'],
    ['the midnight that ends a date in the zone', '2026-03-05', '2026-03-05T16:00:00.000Z'],
    ['nothing for a day that does not exist', '2026-02-30', undefined],
    ['nothing for a text in which JavaScript finds a date', 'room 5', undefined],
    ['nothing for an instant without an offset, which would be that of the machine', '2026-03-05T10:00:00', undefined],
    ['nothing for a number', 20260305, undefined],
  ])('is %s', (_, value, due) => {
    expect(dueGiven(value, 'Asia/Shanghai')).toBe(due);
  });

  it('is the last instant that an event can carry, for the last day of the calendar in the west', () => {
    expect(dueGiven('9999-12-31', 'America/New_York')).toBe('9999-12-31T23:59:59.999Z');
  });
});
