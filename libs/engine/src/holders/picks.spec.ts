import { type DirectoryRows, Directory } from '@gongdan/directory';
import { type Action, type HolderRule, type Reaction } from '@gongdan/packs/format2';
import { describe, expect, it } from '@jest/globals';
import { act, heard, later, n, open, packWith } from '../laws/small-pack.suite.js';
import { react } from '../decide/react.js';
import { openTasks } from '../model/case.js';
import { type View } from '../model/env.js';
import { type Decided } from '../telling/tell.js';

const staff = (presence: object[] = [], deputies: object[] = []): Directory =>
  Directory.of({
    units: [{ key: 'east', names: n('east') }],
    people: ['ann', 'bob'].map((id) => ({ id, name: id })),
    memberships: [
      { person: 'ann', unit: 'east', roles: ['handler'], skills: { pipes: 2 }, capacity: 3 },
      { person: 'bob', unit: 'east', roles: ['handler'], skills: { pipes: 1 } },
    ],
    deputies,
    presence,
  } as DirectoryRows);
const on = (ann: number, bob: number, directory = staff()): View => ({
  directory,
  loads: new Map([['ann', { open: ann }], ['bob', { open: bob }]]),
  seal: (value) => value,
}); // prettier-ignore
const held = ({ state }: Decided): (string | undefined)[] => openTasks(state).filter((t) => !t.lead).map((t) => t.holder.person); // prettier-ignore

/** Opens two side tasks in one decision. */
function both(holder: HolderRule, view: View): Decided {
  const tasks = [{ step: 'sign', holder }, { step: 'order', holder }]; // prettier-ignore
  const p = packWith({
    actions: { ask: { do: [{ open: { group: 'g', order: 'parallel', tasks } }] } } as Record<string, Partial<Action>>,
  });
  return act(p, open(p), 'ann', { action: 'ask' }, undefined, view);
}

describe('several picks of one decision', () => {
  it('count what the decision has given to a person already', () => {
    expect(held(both({ unit: 'east', pick: 'least-loaded' }, on(0, 0)))).toEqual(['ann', 'bob']);
    expect(held(both({ unit: 'east', pick: 'round-robin' }, on(0, 0)))).toEqual(['ann', 'bob']);
  });
  it('leave the next task in the pool when the first one took the last room', () => {
    const decided = both({ unit: 'east', pick: { skill: 'pipes', level: 2 } }, on(2, 0));
    expect([held(decided), decided.claims]).toEqual([['ann', undefined], [{ person: 'ann', capacity: 3 }]]);
  });
  it('count what an earlier reaction to the same event has given', () => {
    const asks = (group: string): Reaction => ({ names: n(group), on: 'sla.clock-breached', do: [{ open: { group, tasks: [{ step: 'sign', holder: { unit: 'east', pick: 'least-loaded' } }] } }] }) as never; // prettier-ignore
    const p = packWith({ reactions: { one: asks('one'), two: asks('two') } });
    expect(held(react(p, on(0, 0), open(p), heard(), later, { decisions: 1 }))).toEqual(['ann', 'bob']);
  });
});

describe('a mapped pick', () => {
  const mapped = (view: View, more: object = {}): Decided => {
    const p = packWith({
      steps: { inspect: { state: 'dispatched', holder: { unit: 'east', pick: { mapped: 'attributes.inspector' }, ...more } } } as never,
      actions: { send: { do: [{ go: 'inspect' }] } } as Record<string, Partial<Action>>,
    });
    return act(p, open(p, { attributes: { inspector: 'ann' } }), 'ann', { action: 'send' }, undefined, view);
  };
  const holder = (d: Decided): unknown => openTasks(d.state)[0]?.holder;

  it('claims room for the person', () => {
    const decided = mapped(on(0, 0));
    expect([holder(decided), decided.claims]).toEqual([{ unit: 'east', person: 'ann' }, [{ person: 'ann', capacity: 3 }]]);
  });
  it.each([
    ['at capacity', on(3, 0), {}, 'at-capacity'],
    ['off duty without a deputy', on(0, 0, staff([{ person: 'ann', state: 'absent' }])), {}, 'absent'],
    ['left out by four eyes', on(0, 0), { except: { doer: 'send' } }, 'four-eyes'],
  ])('leaves the task in the pool when the person is %s, and says so', (_, view, more, excluded) => {
    const decided = mapped(view, more);
    expect([holder(decided), decided.claims]).toEqual([{ unit: 'east' }, []]);
    expect(decided.records[0]?.candidates).toContainEqual({ unit: 'east', person: 'ann', excluded });
  });
  it('takes the deputy of an absent person, if he has room', () => {
    const deputies = [{ person: 'ann', deputy: 'bob', from: '2026-01-01T00:00:00.000Z', until: '2027-01-01T00:00:00.000Z' }];
    const away = staff([{ person: 'ann', state: 'absent' }], deputies);
    const decided = mapped(on(0, 0, away));
    expect([holder(decided), decided.claims]).toEqual([{ unit: 'east', person: 'bob' }, [{ person: 'bob' }]]);
  });
});
