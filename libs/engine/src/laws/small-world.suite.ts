import { Directory, type DirectoryRows } from '@gongdan/directory';
import { plusMs } from '@gongdan/kernel';
import { type FormField } from '@gongdan/packs/format2';
import fc from 'fast-check';
import { type View } from '../model/env.js';

/** Draws; fast-check keeps what was drawn, so that a failure can be repeated by its seed. */
export interface Luck {
  below(n: number): number;
  of<T>(list: readonly T[]): T;
  maybe(percent: number): boolean;
}

export const lucks: fc.Arbitrary<Luck> = fc.noShrink(fc.integer({ min: 1, max: 0x7fff_fffe })).map(luckOf);

export function luckOf(seed: number): Luck {
  let state = seed;
  const below = (n: number): number => {
    state = (Math.imul(state, 48_271) >>> 0) % 0x7fff_ffff;
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b_3c6d) >>> 0) % 0x7fff_ffff || 1;
    return state % n;
  };
  return { below, of: (list) => list[below(list.length)] as never, maybe: (percent) => below(100) < percent };
}

export const n = (text: string): { 'zh-CN': string; en: string } => ({ 'zh-CN': text, en: text });
export const NOW = '2026-03-02T01:00:00.000Z';
export const UNITS = ['root', 'east', 'west', 'east-1', 'gone'] as const;
export const PEOPLE = ['ann', 'bob', 'cat', 'dan', 'eve', 'fay', 'gil'] as const;
/** A small organisation: a closed unit with a successor, an absent person with a deputy, somebody who left, a role of the whole organisation. */
export const directory = Directory.of({
  units: [
    { key: 'root', names: n('root'), level: 'city' },
    { key: 'east', names: n('east'), parent: 'root', code: 'E', coordinates: { latitude: 30, longitude: 120 } },
    { key: 'west', names: n('west'), parent: 'root', code: 'W', coordinates: { latitude: 31, longitude: 121 } },
    { key: 'east-1', names: n('east-1'), parent: 'east' },
    { key: 'gone', names: n('gone'), parent: 'root', closedAt: '2026-01-01T00:00:00.000Z', successor: 'east' },
  ],
  people: PEOPLE.map((id) => ({ id, name: id, ...(id === 'gil' ? { activeUntil: '2026-02-01T00:00:00.000Z' } : {}) })),
  memberships: [
    { person: 'ann', unit: 'east', roles: ['handler'], skills: { pipes: 2 }, capacity: 3 },
    { person: 'bob', unit: 'east', roles: ['handler', 'leader'], skills: { pipes: 1 } },
    { person: 'cat', unit: 'west', roles: ['handler'] },
    { person: 'dan', unit: 'root', roles: ['supervisor', 'leader'] },
    { person: 'eve', roles: ['director'] },
    { person: 'fay', unit: 'east-1', roles: ['handler'] },
    { person: 'gil', unit: 'west', roles: ['leader'] },
  ],
  deputies: [{ person: 'fay', deputy: 'bob', from: '2026-01-01T00:00:00.000Z', until: '2027-01-01T00:00:00.000Z' }],
  presence: [{ person: 'fay', state: 'absent' }],
} as DirectoryRows);

export const view: View = {
  directory,
  loads: new Map(PEOPLE.map((p, i) => [p, { open: i % 4 }])),
  seal: (value) => `sealed:${value}`,
};

export const FIELDS: Record<string, FormField> = {
  reason: { names: n('reason'), type: 'text', required: true },
  text: { names: n('text'), type: 'text', required: true },
  solution: { names: n('solution'), type: 'text', required: true },
  amount: { names: n('amount'), type: 'number', min: 1, max: 9, ledger: { account: 'parts' } },
  price: { names: n('price'), type: 'money' },
  urgent: { names: n('urgent'), type: 'boolean', default: false },
  colour: { names: n('colour'), type: 'choice', choices: { red: n('red'), blue: n('blue') }, required: { 'input.urgent': true } },
  colours: { names: n('colours'), type: 'choices', choices: { red: n('red'), blue: n('blue') } },
  day: { names: n('day'), type: 'date', future: true },
  nextAt: { names: n('next'), type: 'instant', future: true },
  span: { names: n('span'), type: 'duration' },
  person: { names: n('person'), type: 'person' },
  unit: { names: n('unit'), type: 'unit' },
  units: { names: n('units'), type: 'units' },
  kind: { names: n('kind'), type: 'category' },
  file: { names: n('file'), type: 'file' },
  files: { names: n('files'), type: 'files' },
  signature: { names: n('signature'), type: 'signature' },
  phone: { names: n('phone'), type: 'text', tier: 'personal' },
  secret: { names: n('secret'), type: 'text', roles: ['leader'], visible: { 'input.urgent': true } },
  rows: { names: n('rows'), type: 'table', columns: { item: { names: n('item'), type: 'text', required: true }, count: { names: n('count'), type: 'number' } }, ledger: { account: 'hours', item: 'item', quantity: 'count' } }, // prettier-ignore
} as Record<string, FormField>;

/** A value that the field accepts, or now and then one that it does not. */
export function valueFor(field: FormField, luck: Luck, now: string): unknown {
  if (luck.maybe(4)) return luck.of<unknown>(['', 7.001, -1, [], {}, 'no such thing', true, null, '\u0000']);
  const choice = luck.of(Object.keys(field.choices ?? { customer: 1 }));
  switch (field.type) {
    case 'text':
      return 'text'.padEnd(field.min ?? 0, '.');
    case 'number':
    case 'money':
      return field.min ?? 1;
    case 'boolean':
      return luck.maybe(50);
    case 'choice':
      return choice;
    case 'choices':
      return [choice];
    case 'date':
      return '2026-12-01';
    case 'instant':
      return plusMs(now, 86_400_000);
    case 'duration':
      return luck.of(['30min', '2h', '1wd']);
    case 'person':
      return luck.of(PEOPLE);
    case 'unit':
      return luck.of(UNITS);
    case 'units':
      return [luck.of(UNITS)];
    case 'category':
      return luck.of(['billing', 'billing.refund']);
    case 'file':
    case 'signature':
      return { name: 'a.jpg' };
    case 'files':
      return [{ name: 'a.jpg' }];
    default:
      return [{ item: 'pipe', count: 2 }];
  }
}
