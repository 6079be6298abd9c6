import { type PackFormat2 } from '@gongdan/packs/format2';
import { describe, expect, it } from '@jest/globals';
import { later, names, open, packWith } from '../laws/small-pack.suite.js';
import { view } from '../laws/small-world.suite.js';
import { type Case, leadOf, openTasks } from '../model/case.js';
import { type Decided } from '../telling/tell.js';
import { amended, routeAgain } from './react.js';

type Start = PackFormat2['process']['start'];
const refund = { 'class.category': 'billing.refund' };
const sign = [{ open: { tasks: [{ step: 'sign' }] } }] as NonNullable<Start[number]['do']>;

/** What an amendment from `other` to `billing.refund` does to a case that began by this start. */
function rerouted(start: Start): Decided | undefined {
  const small = packWith({});
  const pack = { ...small, process: { ...small.process, start } };
  const c: Case = open(pack, { category: 'other' });
  return routeAgain(pack, view, c, amended(c, { category: 'billing.refund', amendedAt: later }), later, { decisions: 1 });
}
const sides = (d: Decided | undefined): string[] => (d === undefined ? [] : openTasks(d.state).flatMap((t) => (t.lead ? [] : [t.step])));

describe('an amendment before anybody has acted', () => {
  it('does what the other row of the start does, and goes where it goes', () => {
    const after = rerouted([{ when: refund, do: sign, go: 'next' }, { go: 'work' }]);
    expect([after?.state.step, sides(after)]).toEqual(['next', ['sign']]);
    expect(after && names(after)).toEqual(expect.arrayContaining(['ticket-advanced', 'task-opened']));
  });

  it('does what the other row does although both go to one step', () => {
    expect(sides(rerouted([{ when: refund, do: sign, go: 'work' }, { go: 'work' }]))).toEqual(['sign']);
  });

  it('keeps the side tasks that the same row opened when it names another unit', () => {
    const small = packWith({});
    const start = [{ do: sign, go: 'work', holder: { unit: { fact: 'place.area' } } }] as Start;
    const pack = { ...small, process: { ...small.process, start } };
    const c = open(pack, { place: { area: 'east' } });
    const moved = routeAgain(pack, view, c, amended(c, { place: { area: 'west' }, amendedAt: later }), later, { decisions: 1 });
    expect([leadOf(moved?.state ?? c)?.holder.unit, sides(moved)]).toEqual(['west', ['sign']]);
    expect(moved?.state.groups).toMatchObject([{ state: 'open', lead: leadOf(moved?.state ?? c)?.no }]);
  });

  it('changes nothing when the same row holds and names the same holder', () => {
    expect(rerouted([{ do: sign, go: 'work' }])).toBeUndefined();
  });
});
