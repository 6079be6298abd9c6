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
