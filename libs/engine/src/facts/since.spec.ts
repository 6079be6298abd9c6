import { type Action, type ConditionTable } from '@gongdan/packs/format2';
import { describe, expect, it } from '@jest/globals';
import { act, code, open, packWith } from '../laws/small-pack.suite.js';

describe('a length of time since a milestone', () => {
  // The ticket was registered an hour ago.
  it.each<[ConditionTable, boolean]>([
    [{ 'since.registered': { gte: '1h' } }, true],
    [{ 'since.registered': { between: ['30min', '1h'] } }, true],
    [{ 'since.registered': { gt: '1h' } }, false],
    [{ 'since.registered': { exists: true } }, true],
    [{ 'since.closed': { exists: false } }, true],
    [{ 'since.closed': { lte: '1h' } }, false],
    [{ 'since.registered': '2h' }, false],
    [{ 'since.registered': { in: ['2h'] } }, false],
    [{ 'since.registered': { not: '1h' } }, false],
    [{ 'since.registered': { fact: 'ticket.channel' } }, false],
  ])('passes %j: %j', (when, passes) => {
    const p = packWith({ actions: { go: { when, do: [{ go: 'next' }] } } as Record<string, Partial<Action>> });
    const c = open(p);
    if (passes) expect(act(p, c, 'ann', { action: 'go' }).state.step).toBe('next');
    else expect(code(() => act(p, c, 'ann', { action: 'go' }))).toBe('dispatch/guard');
  });
});

describe('a length of time since a date of the case', () => {
  // It is 2 March, 10:00 in Shanghai; a date begins at its midnight there.
  it.each<[ConditionTable, boolean]>([
    [{ 'since.fields.servedOn': { lte: '10d' } }, true],
    [{ 'since.fields.servedOn': { gte: '3d' } }, true],
    [{ 'since.fields.servedOn': { gte: '4d' } }, false],
    [{ 'since.fields.calledAt': { lt: '3h' } }, true],
    [{ 'since.fields.calledAt': { gte: '3h' } }, false],
    [{ 'since.attributes.lostOn': { gte: '1mo' } }, true],
    [{ 'since.attributes.lostOn': { gte: '2mo' } }, false],
    [{ 'since.fields.word': { lte: '10d' } }, false],
    [{ 'since.fields.term': { lte: '10d' } }, false],
    [{ 'since.fields.missing': { exists: false } }, true],
  ])('passes %j: %j', (when, passes) => {
    const p = packWith({ actions: { go: { when, do: [{ go: 'next' }] } } as Record<string, Partial<Action>> });
    const c = open(p);
    c.fields = { servedOn: '2026-02-27', calledAt: '2026-03-01T23:30:00.000Z', word: 'room 5', term: '3d' };
    c.ticket = { ...c.ticket, attributes: { lostOn: '2026-01-31' } };
    if (passes) expect(act(p, c, 'ann', { action: 'go' }).state.step).toBe('next');
    else expect(code(() => act(p, c, 'ann', { action: 'go' }))).toBe('dispatch/guard');
  });
});
