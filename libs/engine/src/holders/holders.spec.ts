import { describe, expect, it } from '@jest/globals';
import { Directory, type DirectoryRows } from '@gongdan/directory';
import { plusMs } from '@gongdan/kernel';
import { type HolderRule, type PackFormat2, type Performer } from '@gongdan/packs/format2';
import { type Choice } from './choice.js';
import { opened } from '../cases.suite.js';
import { compile } from '../model/compiled.js';
import { actingOf, type Load, NeedsLoads, type View } from '../model/env.js';
import { resolve } from './holders.js';
import { randomPack } from '../laws/random-pack.suite.js';
import { directory, luckOf, NOW, view } from '../laws/small-world.suite.js';
import { type Case, type Counted, type Holder, type Task } from '../model/case.js';
import { admits } from './performers.js';

const base = randomPack(luckOf(1));
const done = (key: string, by: string, unit: string): Counted => ({ key, times: 1, total: 1, firstAt: NOW, at: NOW, by, unit, byUnit: { [unit]: 1 }, byTask: {}, recent: [{ at: NOW, by, unit }] }); // prettier-ignore
const task = (holder: Holder): Task => ({ no: 1, step: 'first', lead: true, holder, openedAt: NOW, sleeps: 0, fields: {}, version: 1 });
const basis: Case = {
  ...opened(),
  tasks: [],
  hops: [],
  held: { first: [{ person: 'ann', unit: 'east' }], second: [{ person: '', unit: 'west' }] },
  done: [done('propose', 'bob', 'east'), done('return', 'cat', 'west')],
  fields: { person: 'cat', unit: 'west', lost: 'gone', level: 2 },
  ticket: { ...opened().ticket, unit: 'root', registeredBy: 'dan', place: { area: 'W', latitude: 30.2, longitude: 120.2 } },
};

interface Given {
  from?: Holder;
  as?: string;
  loads?: Record<string, Load>;
  pack?: PackFormat2;
  case?: Case;
  at?: string;
  staff?: Directory;
}

function found(
  rule: HolderRule | undefined,
  { from = { unit: 'east' }, as = 'ann', loads, pack = base, case: c = basis, at = NOW, staff = directory }: Given = {},
): { holder: Holder | undefined; choice: Choice; claim: unknown } {
  // prettier-ignore
  const on: View = loads === undefined ? view : { ...view, directory: staff, loads: new Map(Object.entries(loads)) };
  const actor = actingOf(directory, { id: as, roles: [], units: [] }, at);
  const resolved = resolve(rule, {
    x: { pack: compile(pack), view: on, case: c, now: at, actor, task: task(from) },
    actor,
    from: task(from),
  });
  return { holder: resolved.holder, choice: resolved.choice, claim: resolved.claim };
}

describe('a holder rule names', () => {
  it.each<[string, HolderRule | undefined, Holder | undefined, Given?]>([
    ['the holder before when there is none', undefined, { unit: 'east', person: 'bob' }, { from: { unit: 'east', person: 'bob', waitsFor: 'customer' } }], // prettier-ignore
    ['whoever acts, for the unit of the task', 'self', { unit: 'east', person: 'ann' }],
    ['the pool of a unit', { unit: 'west' }, { unit: 'west' }],
    ['the successor of a closed unit', { unit: 'gone' }, { unit: 'east' }],
    ['nobody for an unknown unit', { unit: 'nowhere' }, undefined],
    ['the unit of a fact', { unit: { fact: 'fields.unit' } }, { unit: 'west' }],
    ['nobody for a fact that is absent', { unit: { fact: 'fields.none' } }, undefined],
    ['the unit with the code of a place', { unit: { code: { fact: 'place.area' } } }, { unit: 'west' }],
    ['the ancestor at a level of the unit with a code', { unit: { code: { fact: 'place.area' }, level: 'city' } }, { unit: 'root' }],
    ['nobody when the coded unit is elsewhere', { unit: { code: { fact: 'place.area' }, under: 'east' } }, undefined],
    ['the nearest unit', { unit: { nearest: { under: 'root' } } }, { unit: 'east' }],
    ['the holders of a role in the unit', { role: 'leader' }, { unit: 'east', role: 'leader' }],
    ['those of the parent where the unit has none', { role: 'leader' }, { unit: 'root', role: 'leader' }, { from: { unit: 'west' } }],
    ['the pool of those who hold the role everywhere when no unit has it', { role: 'director' }, { unit: 'east', role: 'director' }],
    ['nobody for a role nobody holds', { role: 'nobody-has-it' }, undefined],
    ['the role in the parent', { role: 'leader', of: 'parent' }, { unit: 'root', role: 'leader' }],
    ['the role in the registering unit', { role: 'supervisor', of: 'registering-unit' }, { unit: 'root', role: 'supervisor' }],
    ['the role at a level', { role: 'leader', of: 'level:city' }, { unit: 'root', role: 'leader' }],
    ['the role in a named unit', { role: 'handler', of: 'west' }, { unit: 'west', role: 'handler' }],
    ['the role in the unit of a fact', { role: 'handler', of: { fact: 'fields.unit' } }, { unit: 'west', role: 'handler' }],
    ['who registered the ticket', { doer: 'registration' }, { unit: 'root', person: 'dan' }],
    ['who did the action last', { doer: 'propose' }, { unit: 'east', person: 'bob' }],
    ['nobody when the action was not done', { doer: 'other' }, undefined],
    ['the last holder of a step', { previous: 'first' }, { unit: 'east', person: 'ann' }],
    ['the pool that held a step', { previous: 'second' }, { unit: 'west' }],
    ['the person of a fact, in his own unit', { person: { fact: 'fields.person' } }, { unit: 'west', person: 'cat' }],
    ['the same holder waiting', { waitsFor: 'customer' }, { unit: 'east', waitsFor: 'customer' }],
    ['a unit waiting for a group', { unit: 'west', waitsFor: { group: 'g1' } }, { unit: 'west', waitsFor: { group: 'g1' } }],
  ])('%s', (...[, rule, holder, given]) => {
    expect(found(rule, given).holder).toEqual(holder);
  });

  it('the deputy of an absent person, and the pool in place of a leaver', () => {
    const of = (person: string): Case => ({ ...basis, fields: { person } });
    const rule = { person: { fact: 'fields.person' } };
    expect(found(rule, { case: of('fay') }).holder).toEqual({ unit: 'east-1', person: 'bob' });
    expect(found(rule, { case: of('gil') }).holder).toEqual({ unit: 'east' });
  });

  it('tells from where a role climbed', () => {
    expect(found({ role: 'leader' }, { from: { unit: 'west' } }).choice.climbedFrom).toBe('west');
  });
});

describe('except leaves out', () => {
  it.each<[string, HolderRule, Holder | undefined]>([
    ['who did an action: the role climbs', { role: 'leader', except: { doer: 'propose' } }, { unit: 'root', role: 'leader' }],
    ['who registered', { role: 'supervisor', of: 'root', except: { doer: 'registration' } }, undefined],
    ['who held a step, in a pick', { unit: 'east', pick: 'least-loaded', except: { held: ['first'] } }, { unit: 'east', person: 'bob' }],
    ['everybody who held', { unit: 'east', pick: 'least-loaded', except: { held: 'any' } }, { unit: 'east', person: 'bob' }],
    ['units that returned the case', { unit: 'west', except: { unitsOf: 'return' } }, undefined],
  ])('%s', (_, rule, holder) => {
    const loads = { ann: { open: 0 }, bob: { open: 1 }, dan: { open: 0 } };
    expect(found(rule, { loads }).holder).toEqual(holder);
  });
});

describe('a pick', () => {
  const idle = { ann: { open: 0 }, bob: { open: 0 } };
  it.each<[string, HolderRule, Record<string, Load>, string | undefined]>([
    ['leaves it to the pool', { unit: 'east', pick: 'pool' }, {}, undefined],
    ['takes the least loaded', { unit: 'east', pick: 'least-loaded' }, { ann: { open: 2 }, bob: { open: 1 } }, 'bob'],
    ['takes who waited longest in turn, whatever his load', { unit: 'east', pick: 'round-robin' }, { ann: { open: 2, lastAt: NOW }, bob: { open: 9, lastAt: '2026-03-01T00:00:00.000Z' } }, 'bob'], // prettier-ignore
    ['passes over who is at capacity', { unit: 'east', pick: 'round-robin' }, { ann: { open: 3 }, bob: { open: 9, lastAt: NOW } }, 'bob'],
    ['takes the highest skill first', { unit: 'east', pick: { skill: 'pipes' } }, { ann: { open: 2 }, bob: { open: 0 } }, 'ann'],
    ['asks for the level of a fact', { unit: 'east', pick: { skill: 'pipes', level: { fact: 'fields.level' } } }, { ann: { open: 3 }, bob: { open: 0 } }, undefined], // prettier-ignore
    ['prefers who held a task of the unit', { unit: 'east', pick: 'sticky' }, { ann: { open: 2 }, bob: { open: 0 } }, 'ann'],
    ['waits in the pool when nobody has the skill', { unit: 'east', pick: { skill: 'wires' } }, idle, undefined],
    ['waits in the pool while the only member is absent', { unit: 'east-1', pick: 'least-loaded' }, { fay: { open: 0 } }, undefined],
    ['maps to the person of a fact', { unit: 'west', pick: { mapped: 'fields.person' } }, {}, 'cat'],
    ['takes who holds the role everywhere when no unit has it', { role: 'director', pick: 'least-loaded' }, { eve: { open: 4 } }, 'eve'],
    ['maps to nobody who is no member', { unit: 'east', pick: { mapped: 'fields.person' } }, {}, undefined],
  ])('%s', (_, rule, loads, person) => {
    expect(found(rule, { loads }).holder?.person).toBe(person);
  });

  it('sticks to who held a task of the unit last, not to who held the step that came last', () => {
    const open_ = task({ unit: 'west' });
    const c: Case = {
      ...basis,
      tasks: [
        { ...open_, step: 'second', holder: { unit: 'east', person: 'ann' }, endedAt: NOW },
        { ...open_, no: 2, step: 'first', holder: { unit: 'east', person: 'bob' }, endedAt: NOW },
        { ...open_, no: 3 },
      ],
      held: { first: [{ person: 'ann', unit: 'east' }, { person: 'bob', unit: 'east' }], second: [{ person: 'ann', unit: 'east' }] },
    }; // prettier-ignore
    expect(found({ unit: 'east', pick: 'sticky' }, { case: c, loads: { ann: { open: 0 }, bob: { open: 2 } } }).holder?.person).toBe('bob');
  });

  it('claims room for the person, names the runner-up and why others were passed over', () => {
    const { claim, choice } = found({ unit: 'east', pick: 'least-loaded' }, { loads: { ann: { open: 0 }, bob: { open: 1 } } });
    expect([claim, choice.runnerUp]).toEqual([
      { person: 'ann', capacity: 3 },
      { unit: 'east', person: 'bob' },
    ]);
    const full = found({ unit: 'east', pick: { skill: 'pipes', level: 2 } }, { loads: { ann: { open: 3 }, bob: { open: 0 } } });
    expect(full.choice.candidates).toEqual([{ unit: 'east', person: 'ann', excluded: 'at-capacity' }, { unit: 'east', person: 'bob', excluded: 'no-skill' }]); // prettier-ignore
  });

  it('passes over whoever holds the role everywhere and is absent or full, and claims room for the next', () => {
    const rows = {
      units: [{ key: 'east', names: { 'zh-CN': 'east', en: 'east' } }],
      people: ['amy', 'ben', 'cid'].map((id) => ({ id, name: id })),
    };
    const memberships = ['amy', 'ben', 'cid'].map((person) => ({ person, roles: ['director'], capacity: 2 }));
    const staff = Directory.of({ ...rows, memberships, deputies: [], presence: [{ person: 'amy', state: 'absent' }] } as DirectoryRows);
    const loads = { amy: { open: 0 }, ben: { open: 2 }, cid: { open: 1 } };
    const { holder, claim, choice } = found({ role: 'director', pick: 'least-loaded' }, { loads, staff });
    expect([holder, claim]).toEqual([
      { unit: 'east', role: 'director', person: 'cid' },
      { person: 'cid', capacity: 2 },
    ]);
    expect(choice.candidates.map((c) => [c.person, c.excluded])).toEqual([
      ['cid', undefined],
      ['amy', 'absent'],
      ['ben', 'at-capacity'],
    ]);
    const full = { ...loads, cid: { open: 2 } };
    expect(found({ role: 'director', pick: 'least-loaded' }, { loads: full, staff }).holder).toEqual({ unit: 'east', role: 'director' });
  });

  it('asks for loads that the view does not hold', () => {
    expect(() => found({ unit: 'east', pick: 'least-loaded' }, { loads: {} })).toThrow(NeedsLoads);
  });
});

describe('a decision table', () => {
  const table = (mode: 'first' | 'score', rows: [string, string, number, boolean?][], fallback?: string): PackFormat2 => ({
    ...base,
    routing: {
      tables: {
        table: {
          mode,
          rules: rows.map(([key, unit, score, holds = true]) => ({ key, when: holds ? {} : { 'class.type': 'other' }, score, holder: { unit } })), // prettier-ignore
          ...(fallback === undefined ? {} : { fallback: { unit: fallback } }),
        },
      },
    },
  });
  const route = (pack: PackFormat2): [string | undefined, string, string | undefined] => {
    const { holder, choice } = found({ route: 'table' }, { pack });
    return [holder?.unit, choice.rule, choice.runnerUp?.unit];
  };
  it('takes the first row that holds and whose unit exists; the next other unit is the runner-up', () => {
    expect(route(table('first', [['a', 'west', 0, false], ['b', 'nowhere', 0], ['c', 'east', 0], ['d', 'east', 0], ['e', 'west', 0]]))).toEqual(['east', 'c', 'west']); // prettier-ignore
  });
  it('adds up the points of a holder; the row with the most points names the rule', () => {
    expect(route(table('score', [['a', 'west', 5], ['b', 'east', 2], ['c', 'east', 4]]))).toEqual(['east', 'c', 'west']); // prettier-ignore
  });
  it('falls back when no row holds, and to nobody without a fallback', () => {
    expect(route(table('first', [['a', 'west', 0, false]], 'root'))).toEqual(['root', 'fallback', undefined]);
    expect(route(table('first', [['a', 'west', 0, false]]))[0]).toBeUndefined();
  });
});

describe('a performer admits', () => {
  const x = (at = NOW) => ({ pack: compile(base), view, case: basis, now: at });
  it.each<[Performer, Holder, string[]]>([
    ['holder', { unit: 'east' }, ['ann', 'bob']],
    ['holder', { unit: 'east', role: 'leader' }, ['bob']],
    ['holder', { unit: 'east', role: 'director' }, ['eve']],
    ['holder', { unit: 'east', person: 'ann' }, ['ann']],
    ['holder', { unit: 'east-1', person: 'fay' }, ['bob', 'fay']],
    ['assignee', { unit: 'east' }, []],
    ['unit', { unit: 'east', person: 'ann' }, ['ann', 'bob']],
    [{ role: 'leader', scope: 'unit' }, { unit: 'east' }, ['bob']],
    [{ role: 'leader', scope: 'subtree' }, { unit: 'east' }, ['bob', 'dan']],
    [{ role: 'leader', scope: 'above' }, { unit: 'east' }, ['dan']],
    [{ role: 'leader' }, { unit: 'west' }, ['bob', 'dan']],
    [{ unitIn: 'fields.unit' }, { unit: 'east' }, ['cat']],
    [{ doer: 'propose' }, { unit: 'east' }, ['bob']],
    ['machine', { unit: 'east' }, []],
    ['customer', { unit: 'east' }, []],
  ])('%j of %j: %j', (by, holder, who) => {
    const people = ['ann', 'bob', 'cat', 'dan', 'eve', 'fay', 'gil'];
    const may = people.filter((id) => admits(by, x(), actingOf(directory, { id, roles: [], units: [] }, NOW), task(holder)));
    expect(may).toEqual(who);
  });
  it('a deputy only for as long as he is one', () => {
    const after = plusMs(NOW, 400 * 86_400_000);
    const bob = actingOf(directory, { id: 'bob', roles: [], units: [] }, after);
    expect(admits('holder', x(after), bob, task({ unit: 'east-1', person: 'fay' }))).toBe(false);
  });
});
