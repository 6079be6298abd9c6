import { describe, expect, it } from '@jest/globals';
import { firstAlike, matches, meets, sameInstant } from './match.js';

describe('what a scenario expects, compared with an answer', () => {
  it('takes an instant that is due later only by the time that the run spent, never an earlier one', () => {
    expect(sameInstant('2026-03-02T10:00:00+08:00', '2026-03-02T02:00:20.000Z')).toBe(true);
    expect(sameInstant('2026-03-02T10:00:00+08:00', '2026-03-02T01:59:50.000Z')).toBe(false);
    expect(sameInstant('2026-03-02T10:00:00+08:00', '2026-03-02T02:10:00.000Z')).toBe(false);
    expect(sameInstant('2026-03-02T10:00:00+08:00', undefined)).toBe(false);
  });

  it('does not take a missing value for an expected one, and null only for an absent one', () => {
    expect(matches('handling', undefined)).toBe(false);
    expect(matches(null, 'wang')).toBe(false);
    expect(matches(null, undefined)).toBe(true);
    expect(matches({ unit: 'network', person: null }, { unit: 'network' })).toBe(true);
    expect(matches({ unit: 'network' }, { unit: 'billing' })).toBe(false);
  });

  it('wants lists whole', () => {
    expect(matches(['a'], ['a', 'b'])).toBe(false);
    expect(matches(['a', 'b'], ['a', 'b'])).toBe(true);
  });

  it('reads a row about the data of an event by dotted names, one of several values or presence', () => {
    const data = { says: 'approved', hop: { no: 2 } };
    expect(meets({ says: 'approved', 'hop.no': 2 }, data)).toBe(true);
    expect(meets({ says: ['refused', 'approved'] }, data)).toBe(true);
    expect(meets({ says: 'refused' }, data)).toBe(false);
    expect(meets({ reason: { exists: true } }, data)).toBe(false);
  });
});

describe('the side task that a step of a scenario means', () => {
  it('is the first of several that are held alike, and none when they are not', () => {
    const pool = { unit: 'committee', role: 'member' };
    expect(
      firstAlike([
        { no: 4, holder: pool },
        { no: 5, holder: { ...pool } },
      ])?.no,
    ).toBe(4);
    expect(
      firstAlike([
        { no: 4, holder: pool },
        { no: 5, holder: { unit: 'office' } },
      ]),
    ).toBeUndefined();
    expect(firstAlike([])).toBeUndefined();
  });
});
