import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Directory } from './directory.js';
import { type DirectoryRows, type DirectoryUnit, type Membership } from './rows.js';

// The same draws in each run; SEED=… makes others.
fc.configureGlobal({ seed: Number(process.env['SEED'] ?? 20_261_129) });

const NOW = '2026-03-02T02:00:00.000Z'; // Monday, 10:00 in Shanghai
const unit = (key: string, more: Partial<DirectoryUnit> = {}): DirectoryUnit => ({ key, names: { 'zh-CN': key, en: key }, ...more });
const person = (id: string, more: object = {}) => ({ id, name: id, ...more });
const member = (who: string, where: string | undefined, roles: string[], more: Partial<Membership> = {}): Membership => ({
  person: who,
  ...(where === undefined ? {} : { unit: where }),
  roles,
  ...more,
});

const rows: DirectoryRows = {
  units: [
    unit('province', { level: 'province' }),
    unit('city-a', { parent: 'province', level: 'city', code: 'CA' }),
    unit('city-b', { parent: 'province', level: 'city', closedAt: '2026-03-01T00:00:00.000Z', successor: 'city-a' }),
    unit('site-1', { parent: 'city-a', level: 'site', coordinates: { latitude: 31.23, longitude: 121.47 } }),
    unit('site-2', { parent: 'city-a', level: 'site', coordinates: { latitude: 31.3, longitude: 121.5 } }),
    unit('site-3', { parent: 'city-b', level: 'site', coordinates: { latitude: 31.231, longitude: 121.471 } }),
  ],
  people: [
    person('director'),
    person('wu'),
    person('xu'),
    person('gone', { activeUntil: NOW }),
    person('new', { activeFrom: '2026-03-02T02:00:00.001Z' }),
    person('boss'),
  ],
  memberships: [
    member('director', 'city-a', ['director', 'handler']),
    member('wu', 'site-1', ['handler'], {
      skills: { gas: 2 },
      capacity: 3,
      shift: { mon: ['09:00-12:00', '13:00-18:00'], sun: ['22:00-06:00'] },
    }),
    member('wu', 'site-2', ['handler'], { skills: { gas: 3 } }),
    member('xu', 'site-1', ['handler']),
    member('gone', 'site-1', ['handler', 'director']),
    member('new', 'site-1', ['handler']),
    member('boss', undefined, ['supervisor'], { capacity: 9 }),
    member('ghost', 'site-1', ['handler']),
  ],
};
const directory = Directory.of(rows);

describe('units', () => {
  it('knows parents, ancestors, children and subtrees', () => {
    expect(directory.unit('city-a')?.code).toBe('CA');
    expect(directory.parentOf('site-1')).toBe('city-a');
    expect(directory.ancestorsOf('site-1')).toEqual(['city-a', 'province']);
    expect(directory.childrenOf('city-a')).toEqual(['site-1', 'site-2']);
    expect(directory.subtreeOf('city-a')).toEqual(['city-a', 'site-1', 'site-2']);
    expect(directory.unitByCode('CA')).toBe('city-a');
    expect(directory.upToLevel('site-1', 'city')).toBe('city-a');
    expect(directory.upToLevel('city-a', 'city')).toBe('city-a');
    expect(directory.upToLevel('province', 'city')).toBeUndefined();
  });

  it('says nothing about an unknown unit', () => {
    expect([directory.unit('x'), directory.parentOf('x'), directory.ancestorsOf('x'), directory.subtreeOf('x')]).toEqual([
      undefined, undefined, [], [],
    ]); // prettier-ignore
    expect(directory.isWithin('x', 'x')).toBe(false);
    expect(directory.successorOf('x', NOW)).toBeUndefined();
    expect(directory.climb('x', 'handler', NOW)).toBeUndefined();
  });

  it('is within itself and its ancestors, and not within a sibling or a child', () => {
    expect(directory.isWithin('site-1', 'site-1')).toBe(true);
    expect(directory.isWithin('site-1', 'province')).toBe(true);
    expect(directory.isWithin('site-1', 'city-b')).toBe(false);
    expect(directory.isWithin('city-a', 'site-1')).toBe(false);
  });

  it('lists the units of a level, also under one unit', () => {
    expect(directory.unitsAtLevel('site')).toEqual(['site-1', 'site-2', 'site-3']);
    expect(directory.unitsAtLevel('site', 'city-b')).toEqual(['site-3']);
    expect(directory.unitsAtLevel('nowhere')).toEqual([]);
  });

  it('lists open units of a level by distance', () => {
    const near = directory.nearest({ latitude: 31.2304, longitude: 121.4737 }, { under: 'province', level: 'site' }, NOW);
    expect(near.map((n) => n.unit.key)).toEqual(['site-3', 'site-1', 'site-2']);
    expect(near[1]?.metres).toBeGreaterThan(340);
    expect(near[1]?.metres).toBeLessThan(370);
    expect(directory.nearest({ latitude: 31, longitude: 121 }, { under: 'city-a' }, NOW).map((n) => n.unit.key)).toEqual([
      'site-1',
      'site-2',
    ]);
  });

  it('has a successor for the work of a closed unit, from the instant of closing', () => {
    expect(directory.isOpen('city-b', '2026-02-28T23:59:59.999Z')).toBe(true);
    expect(directory.isOpen('city-b', '2026-03-01T00:00:00.000Z')).toBe(false);
    expect(directory.successorOf('city-b', NOW)).toBe('city-a');
    expect(directory.successorOf('city-a', NOW)).toBe('city-a');
    const closed = { closedAt: '2026-01-01T00:00:00.000Z' };
    const circle = Directory.of({ ...rows, units: [unit('a', { ...closed, successor: 'b' }), unit('b', { ...closed, successor: 'a' })] });
    expect(circle.successorOf('a', NOW)).toBeUndefined();
  });

  it('accepts a cycle and an unknown parent: such a unit has no parent', () => {
    const odd = Directory.of({
      ...rows,
      units: [
        unit('a', { parent: 'b' }),
        unit('b', { parent: 'c' }),
        unit('c', { parent: 'a' }),
        unit('d', { parent: 'a' }),
        unit('self', { parent: 'self' }),
        unit('lost', { parent: 'unknown' }),
      ],
    });
    expect(odd.ancestorsOf('d').length).toBeLessThan(4);
    expect(odd.parentOf('self')).toBeUndefined();
    expect(odd.ancestorsOf('lost')).toEqual([]);
    expect(odd.subtreeOf(odd.ancestorsOf('d').at(-1) ?? '').sort()).toEqual(['a', 'b', 'c', 'd']);
  });

  it('builds a chain of 100,000 units', () => {
    const deep = Directory.of({
      ...rows,
      units: Array.from({ length: 100_000 }, (_, i) => unit(`u${i}`, i === 0 ? {} : { parent: `u${i - 1}` })),
    });
    expect(deep.isWithin('u99999', 'u0')).toBe(true);
    expect(deep.isWithin('u0', 'u99999')).toBe(false);
  });

  it('agrees with a walk up the parents for any rows (property)', () => {
    const tree = fc.array(fc.option(fc.nat(30), { nil: undefined }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(tree, (parents) => {
        const d = Directory.of({ ...rows, units: parents.map((p, i) => unit(`u${i}`, p === undefined ? {} : { parent: `u${p}` })) });
        const keys = parents.map((_, i) => `u${i}`);
        for (const a of keys) {
          const above = [a, ...d.ancestorsOf(a)];
          expect(new Set(above).size).toBe(above.length);
          for (const b of keys) {
            expect(d.isWithin(a, b)).toBe(above.includes(b));
            expect(d.subtreeOf(b).includes(a)).toBe(above.includes(b));
          }
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('people', () => {
  it('names active members only: nobody who has left, is yet to come, or is unknown', () => {
    expect(directory.membersOf('site-1', NOW)).toEqual(['wu', 'xu']);
    expect(directory.membersOf('site-1', '2026-03-02T01:59:59.999Z')).toEqual(['gone', 'wu', 'xu']);
    expect(directory.membersOf('site-1', '2026-03-02T02:00:00.001Z')).toEqual(['new', 'wu', 'xu']);
    expect(directory.membersOf('unknown', NOW)).toEqual([]);
    expect(directory.person('gone')?.id).toBe('gone');
  });

  it('finds holders of a role in a unit and in the organisation', () => {
    expect(directory.membersWith('site-1', 'handler', NOW)).toEqual(['wu', 'xu']);
    expect(directory.membersWith('site-1', 'director', NOW)).toEqual([]);
    expect(directory.membersWith(undefined, 'supervisor', NOW)).toEqual(['boss']);
    expect([directory.isHeld('director', NOW), directory.isHeld('judge', NOW)]).toEqual([true, false]);
  });

  it('knows the units and roles of a person', () => {
    expect(directory.unitsOf('wu', NOW)).toEqual(['site-1', 'site-2']);
    expect(directory.unitsOf('gone', NOW)).toEqual([]);
    expect(directory.rolesOf('director', 'city-a', NOW)).toEqual(['director', 'handler']);
    expect(directory.rolesOf('director', 'site-1', NOW)).toEqual([]);
    expect(directory.rolesOf('director', undefined, NOW)).toEqual(['director', 'handler']);
    expect(directory.rolesOf('boss', 'site-1', NOW)).toEqual(['supervisor']);
    expect(directory.rolesOf('gone', 'site-1', NOW)).toEqual([]);
    expect(directory.hasRole('boss', 'supervisor', 'anything', NOW)).toBe(true);
    expect(directory.hasRole('wu', 'director', undefined, NOW)).toBe(false);
  });

  it('climbs to the nearest unit where somebody active holds the role', () => {
    expect(directory.climb('site-1', 'handler', NOW)).toBe('site-1');
    expect(directory.climb('site-1', 'director', NOW)).toBe('city-a');
    expect(directory.climb('site-3', 'director', NOW)).toBeUndefined();
  });

  it('knows skills and capacity, those of the unit before those of the organisation', () => {
    expect(directory.skillOf('wu', 'gas', NOW)).toBe(3);
    expect(directory.skillOf('wu', 'gas', NOW, 'site-1')).toBe(2);
    expect([directory.skillOf('wu', 'toString', NOW), directory.skillOf('xu', 'gas', NOW), directory.skillOf('gone', 'gas', NOW)]).toEqual([
      0, 0, 0,
    ]);
    expect(directory.capacityOf('wu', 'site-1', NOW)).toBe(3);
    expect(directory.capacityOf('wu', 'site-2', NOW)).toBeUndefined();
    expect(directory.capacityOf('boss', 'site-2', NOW)).toBe(9);
  });
});

describe('availability', () => {
  const at = (local: string): string => new Date(Date.parse(`${local}+08:00`)).toISOString();

  it('follows the shift of the unit: a span includes its first minute and not its last', () => {
    const on = (local: string) => directory.available('wu', at(local), 'site-1');
    expect([on('2026-03-02T08:59:59'), on('2026-03-02T09:00:00'), on('2026-03-02T11:59:59'), on('2026-03-02T12:00:00')]).toEqual([
      false, true, true, false,
    ]); // prettier-ignore
    expect(on('2026-03-03T10:00:00')).toBe(false);
  });

  it('carries a night span into the next day', () => {
    const on = (local: string) => directory.available('wu', at(local), 'site-1');
    expect([on('2026-03-01T21:59:00'), on('2026-03-01T22:00:00'), on('2026-03-02T05:59:00'), on('2026-03-02T06:00:00')]).toEqual([
      false, true, true, false,
    ]); // prettier-ignore
  });

  it('asks the shift of any unit when none is named, and is always on without one', () => {
    expect(directory.available('wu', at('2026-03-03T03:00:00'))).toBe(true);
    expect(directory.available('xu', at('2026-03-03T03:00:00'), 'site-1')).toBe(true);
    expect(directory.available('xu', NOW, 'site-2')).toBe(false);
    expect([directory.available('gone', NOW), directory.available('new', NOW), directory.available('nobody', NOW)]).toEqual([
      false,
      false,
      false,
    ]);
  });

  it('reads the shift in the zone of the unit, of a unit above it, or of the organisation', () => {
    const shift = { mon: ['09:00-10:00'] };
    const zoned = Directory.of(
      {
        units: [unit('world'), unit('london', { parent: 'world', zone: 'Europe/London' }), unit('soho', { parent: 'london' })],
        people: [person('ann'), person('bo')],
        memberships: [member('ann', 'soho', ['handler'], { shift }), member('bo', 'world', ['handler'], { shift })],
      },
      { zone: 'Asia/Tokyo' },
    );
    expect(zoned.available('ann', '2026-03-02T09:30:00.000Z')).toBe(true);
    expect(zoned.available('ann', '2026-03-02T00:30:00.000Z')).toBe(false);
    expect(zoned.available('bo', '2026-03-02T00:30:00.000Z')).toBe(true);
  });

  it('is not available while absent; an absence ends by itself', () => {
    const absent = Directory.of({
      ...rows,
      presence: [
        { person: 'xu', state: 'absent', until: '2026-03-02T04:00:00.000Z' },
        { person: 'wu', state: 'absent' },
        { person: 'director', state: 'present' },
      ],
    });
    expect(absent.available('xu', NOW)).toBe(false);
    expect(absent.available('xu', '2026-03-02T04:00:00.000Z')).toBe(true);
    expect(absent.available('wu', '2030-01-01T04:00:00.000Z')).toBe(false);
    expect(absent.available('director', NOW)).toBe(true);
    expect(absent.isAbsent('director', NOW)).toBe(false);
  });
});

describe('deputies', () => {
  const day = (from: string, until: string) => ({ from: `2026-03-${from}T00:00:00.000Z`, until: `2026-03-${until}T00:00:00.000Z` });
  const withDeputies = (...deputies: DirectoryRows['deputies'] & object) => Directory.of({ ...rows, deputies });

  it('acts from its first instant until just before its last', () => {
    const d = withDeputies({ person: 'wu', deputy: 'xu', ...day('02', '03') });
    expect(d.deputyOf('wu', '2026-03-01T23:59:59.999Z')).toBeUndefined();
    expect(d.deputyOf('wu', '2026-03-02T00:00:00.000Z')).toBe('xu');
    expect(d.deputyOf('wu', '2026-03-03T00:00:00.000Z')).toBeUndefined();
    expect(d.principalsOf('xu', NOW)).toEqual([{ person: 'wu' }]);
    expect(d.principalsOf('wu', NOW)).toEqual([]);
  });

  it('follows a chain and ends a cycle', () => {
    const d = withDeputies({ person: 'wu', deputy: 'xu', ...day('01', '09') }, { person: 'xu', deputy: 'director', ...day('01', '09') });
    expect(d.deputyOf('wu', NOW)).toBe('director');
    expect(d.principalsOf('director', NOW)).toEqual([{ person: 'xu' }, { person: 'wu' }]);
    const circle = withDeputies({ person: 'wu', deputy: 'xu', ...day('01', '09') }, { person: 'xu', deputy: 'wu', ...day('01', '09') });
    expect(circle.deputyOf('wu', NOW)).toBe('xu');
    expect(circle.principalsOf('wu', NOW)).toEqual([{ person: 'xu' }]);
    expect(withDeputies({ person: 'wu', deputy: 'wu', ...day('01', '09') }).deputyOf('wu', NOW)).toBeUndefined();
  });

  it('prefers the deputy of the unit, and gives one for a unit no right elsewhere', () => {
    const d = withDeputies(
      { person: 'wu', deputy: 'director', ...day('01', '09') },
      { person: 'wu', deputy: 'xu', unit: 'site-1', ...day('01', '09') },
    );
    expect(d.deputyOf('wu', NOW, 'site-1')).toBe('xu');
    expect(d.deputyOf('wu', NOW, 'site-2')).toBe('director');
    expect(d.deputyOf('wu', NOW)).toBe('director');
    expect(d.principalsOf('xu', NOW)).toEqual([{ person: 'wu', unit: 'site-1' }]);
  });

  it('keeps the unit through a chain, and admits nobody through two different units', () => {
    const d = withDeputies(
      { person: 'wu', deputy: 'xu', unit: 'site-1', ...day('01', '09') },
      { person: 'xu', deputy: 'director', ...day('01', '09') },
    );
    expect(d.principalsOf('director', NOW)).toEqual([{ person: 'xu' }, { person: 'wu', unit: 'site-1' }]);
    const two = withDeputies(
      { person: 'wu', deputy: 'xu', unit: 'site-1', ...day('01', '09') },
      { person: 'xu', deputy: 'director', unit: 'site-2', ...day('01', '09') },
    );
    expect(two.principalsOf('director', NOW)).toEqual([{ person: 'xu', unit: 'site-2' }]);
  });

  it('passes over a deputy who has left, and a leaver gives and has no rights', () => {
    const d = withDeputies({ person: 'wu', deputy: 'gone', ...day('01', '09') }, { person: 'gone', deputy: 'xu', ...day('01', '09') });
    expect(d.deputyOf('wu', NOW)).toBeUndefined();
    expect(d.principalsOf('gone', NOW)).toEqual([]);
    expect(d.principalsOf('xu', NOW)).toEqual([]);
  });
});
