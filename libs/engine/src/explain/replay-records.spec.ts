import { Directory, type DirectoryRows } from '@gongdan/directory';
import { type HolderRule, type PackFormat2 } from '@gongdan/packs/format2';
import { describe, expect, it } from '@jest/globals';
import { opened } from '../cases.suite.js';
import { resolve } from '../holders/holders.js';
import { directory, luckOf, NOW, view } from '../laws/small-world.suite.js';
import { randomPack } from '../laws/random-pack.suite.js';
import { type Case, type Task } from '../model/case.js';
import { compile } from '../model/compiled.js';
import { actingOf, type View } from '../model/env.js';
import { type Explained, replay } from './explain.js';

const base = randomPack(luckOf(1));
const at = (place: Record<string, number>): Case => ({
  ...opened(),
  tasks: [],
  hops: [],
  ticket: { ...opened().ticket, unit: 'root', place },
});

/** What the record of a choice by the rule holds; the task was the unit's. */
function recordOf(
  rule: HolderRule,
  unit = 'west',
  c = at({ latitude: 30.2, longitude: 120.2 }),
  pack: PackFormat2 = base,
  on: View = view,
): Explained {
  const actor = actingOf(directory, { id: 'ann', roles: [], units: [] }, NOW);
  const from: Task = { no: 1, step: 'first', lead: true, holder: { unit }, openedAt: NOW, sleeps: 0, fields: {}, version: 1 };
  const { holder = {}, choice } = resolve(rule, {
    x: { pack: compile(pack), view: on, case: c, now: NOW, actor, task: from },
    actor,
    from,
  });
  const { waitsFor: _, ...held } = holder;
  return { ...choice, ...held };
}
const withTable = (holder: object): PackFormat2 => ({
  ...base,
  routing: { tables: { t: { rules: [{ key: 'row', when: {}, holder }] } } },
});

describe('the record of a role that climbs', () => {
  it('holds how many people hold the role in each unit on the way up, and is judged by them', () => {
    const record = recordOf({ role: 'leader' });
    expect(record).toMatchObject({ unit: 'root', climbedFrom: 'west', candidates: [{ unit: 'root', climb: [{ unit: 'west', people: 0 }, { unit: 'root', people: 1 }] }] }); // prettier-ignore
    expect(replay(base, record)).toBe(true);
    // A record that names another unit than its own numbers give.
    expect(replay(base, { ...record, unit: 'east' })).toBe(false);
    expect(replay(base, { ...record, climbedFrom: 'east' })).toBe(false);
    const climb = [
      { unit: 'west', people: 2 },
      { unit: 'root', people: 1 },
    ];
    const nearer: Explained = { ...record, candidates: [{ ...record.candidates[0], climb }] };
    expect(replay(base, nearer)).toBe(false);
  });
  it('does not count whom four eyes leave out', () => {
    const c = {
      ...at({}),
      done: [
        {
          key: 'propose',
          times: 1,
          total: 1,
          firstAt: NOW,
          at: NOW,
          by: 'bob',
          unit: 'east',
          byUnit: { east: 1 },
          byTask: {},
          recent: [{ at: NOW, by: 'bob', unit: 'east' }],
        },
      ],
    };
    const record = recordOf({ role: 'leader', except: { doer: 'propose' } }, 'east', c);
    expect(record.candidates[0]?.climb).toEqual([
      { unit: 'east', people: 0 },
      { unit: 'root', people: 1 },
    ]);
    expect(replay(base, record)).toBe(true);
  });
  it('tells who holds the role everywhere, and that nobody does', () => {
    const everywhere = recordOf({ role: 'director', pick: 'least-loaded' });
    expect(everywhere).toMatchObject({ unit: 'west', person: 'eve', climbedFrom: 'west' });
    expect(everywhere.candidates[0]?.climb?.at(-1)).toEqual({ people: 1 });
    expect(replay(base, everywhere)).toBe(true);
    expect(replay(base, { ...everywhere, unit: 'root' })).toBe(false);
    const nobody = recordOf({ role: 'nobody-has-it' });
    expect(nobody).toMatchObject({
      candidates: [{ excluded: 'nobody-holds-the-role', climb: [{ people: 0 }, { people: 0 }, { people: 0 }] }],
    });
    expect(replay(base, nobody)).toBe(true);
    expect(replay(base, { ...nobody, unit: 'west' })).toBe(false);
  });
  it('is judged the same as a row of a table', () => {
    const pack = withTable({ role: 'leader', of: 'west' });
    const record = recordOf({ route: 't' }, 'west', at({}), pack);
    expect(record).toMatchObject({ rule: 'row', unit: 'root', climbedFrom: 'west', candidates: [{ rule: 'row', climb: [{ unit: 'west' }, { unit: 'root' }] }] }); // prettier-ignore
    expect(replay(pack, record)).toBe(true);
    expect(replay(pack, { ...record, unit: 'east' })).toBe(false);
  });
});

describe('the record of the nearest site', () => {
  it('holds the place and the sites nearest to it, and is judged by their distances', () => {
    const record = recordOf({ unit: { nearest: { under: 'root' } } });
    expect(record).toMatchObject({ unit: 'east', facts: { 'place.latitude': 30.2, 'place.longitude': 120.2 } });
    expect(record.candidates[0]?.sites).toEqual([
      { unit: 'east', latitude: 30, longitude: 120 },
      { unit: 'west', latitude: 31, longitude: 121 },
    ]);
    expect(replay(base, record)).toBe(true);
    expect(replay(base, { ...record, unit: 'west', candidates: [{ ...record.candidates[0], unit: 'west' }] })).toBe(false);
    // The same sites for a ticket from elsewhere.
    expect(replay(base, { ...record, facts: { 'place.latitude': 31.1, 'place.longitude': 121.1 } })).toBe(false);
  });
  it('is judged the same as a row of a table', () => {
    const pack = withTable({ unit: { nearest: { under: 'root' } } });
    const record = recordOf({ route: 't' }, 'west', at({ latitude: 31.2, longitude: 121 }), pack);
    expect(record).toMatchObject({
      rule: 'row',
      unit: 'west',
      candidates: [{ rule: 'row', unit: 'west', sites: [{ unit: 'west' }, { unit: 'east' }] }],
    });
    expect(replay(pack, record)).toBe(true);
    expect(replay(pack, { ...record, facts: { 'place.latitude': 30, 'place.longitude': 120 } })).toBe(false);
  });
  it('holds at most five of many sites', () => {
    const site = (i: number) => ({
      key: `s${i}`,
      names: { 'zh-CN': '站', en: 'Site' },
      parent: 'root',
      coordinates: { latitude: i, longitude: 0 },
    });
    const many = Directory.of({ units: [{ key: 'root', names: { 'zh-CN': '总', en: 'Root' } }, ...Array.from({ length: 40 }, (_, i) => site(i))], people: [], memberships: [] } as unknown as DirectoryRows); // prettier-ignore
    const record = recordOf({ unit: { nearest: { under: 'root' } } }, 'root', at({ latitude: 20.1, longitude: 0 }), base, {
      ...view,
      directory: many,
    });
    expect(record.candidates[0]?.sites?.map((s) => s.unit)).toEqual(['s20', 's21', 's19', 's22', 's18']);
    expect(replay(base, record)).toBe(true);
  });
  it('says so when the ticket has no coordinates', () => {
    const record = recordOf({ unit: { nearest: { under: 'root' } } }, 'west', at({}));
    expect(record).toMatchObject({ candidates: [{ excluded: 'unknown' }] });
  });
});
