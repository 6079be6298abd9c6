import { type Counted } from '@gongdan/engine';
import { describe, expect, it } from '@jest/globals';
import { countsOf, stored } from './stored-counts.js';

const at = '2026-03-02T08:00:00.000Z';
const once: Counted = {
  key: 'accept',
  times: 1,
  total: 1,
  firstAt: at,
  at,
  by: 'li',
  unit: 'network',
  byUnit: { network: 1 },
  byTask: { 2: 1 },
  recent: [{ at, by: 'li', unit: 'network' }],
};
const later = '2026-03-03T08:00:00.000Z';
const { unit: _, ...nowhere } = once;

/** Whatever a run, another task, another unit or a reset can leave of a count. */
const counts: Record<string, Counted> = {
  'once in a unit': once,
  'once outside of units': { ...nowhere, byUnit: {}, recent: [{ at, by: 'li' }] },
  'once on no task': { ...once, byTask: {} },
  'twice': { ...once, times: 2, total: 2, at: later, byUnit: { network: 2 }, byTask: { 2: 2 }, recent: [...once.recent, { at: later, by: 'li', unit: 'network' }] },
  'in an earlier run only': { ...once, times: 0, byUnit: {}, byTask: {} },
  'once, of which the unit is not counted': { ...once, byUnit: {} },
  'once, counted for another unit': { ...once, byUnit: { repair: 1 } },
  'once, counted for two tasks': { ...once, byTask: { 2: 1, 3: 1 } },
  'once, with an older instant': { ...once, firstAt: '2026-03-01T08:00:00.000Z' },
  'once, without an instant in the list': { ...once, recent: [] },
  'once, by another person in the list': { ...once, recent: [{ at, by: 'mei', unit: 'network' }] },
  'once, with doers before that one': { ...once, earlier: ['mei'] },
  'once, with more than this release knows': { ...once, more: 'x' } as Counted,
}; // prettier-ignore

describe('the stored counts of a case', () => {
  it.each(Object.entries(counts))('return a count %s as it was', (_name, counted) => {
    expect(countsOf(JSON.parse(JSON.stringify(stored([counted]))) as ReturnType<typeof stored>)).toEqual([counted]);
  });

  it('take a third of the room for what was done once', () => {
    expect(JSON.stringify(stored([once])).length * 2.5).toBeLessThan(JSON.stringify([once]).length);
  });

  it('return counts that are written out', () => {
    const { key, ...counts } = once;
    expect(countsOf({ [key]: counts })).toEqual([once]);
  });
});
