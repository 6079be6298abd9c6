import { EFFECT_KEYS, type PackFormat2 } from '../format2/index.js';
import { shown } from './shown.js';

/** One difference between two versions of a pack. */
export interface Difference {
  /** Dotted, for example `process.steps.approving`. */
  what: string;
  change: 'added' | 'removed' | 'changed';
  /** What changed within it: the names of its properties, or old and new value. */
  details: string;
  /** Why an open ticket cannot be moved to the new version, or what a moved one must expect; absent when only new tickets notice. */
  open?: string;
}

/** Parts of a pack whose entries have a key, and how they are found. */
type Entries = Readonly<Record<string, unknown>>;
const byKey = (list: readonly { key: string }[] | undefined): Entries => Object.fromEntries((list ?? []).map((x) => [x.key, x]));

function families(p: PackFormat2): Readonly<Record<string, Entries>> {
  return {
    'catalogue.types': byKey(p.catalogue.types),
    'catalogue.categories': byKey(p.catalogue.categories),
    'catalogue.priorities': Object.fromEntries(p.catalogue.priorities.map((k) => [k, k])),
    'intake.channels': byKey(p.intake.channels),
    'intake.attributes': byKey(p.intake.attributes),
    'intake.plans': byKey(p.intake.plans),
    'process.steps': p.process.steps,
    'process.actions': p.process.actions,
    'process.reactions': p.process.reactions ?? {},
    'routing.tables': p.routing?.tables ?? {},
    'sla.calendars': byKey(p.sla?.calendars),
    'sla.clocks': byKey(p.sla?.clocks),
    'notify.rules': byKey(p.notify?.rules),
    'notify.templates': p.notify?.templates ?? {},
  };
}

const SINGLE: readonly (readonly [string, (p: PackFormat2) => unknown])[] = [
  ['pack.calendar', (p) => p.pack.calendar],
  ['pack.zone', (p) => p.pack.zone],
  ['pack.roles', (p) => p.pack.roles],
  ['intake.numbering', (p) => p.intake.numbering],
  ['intake.required', (p) => p.intake.required],
  ['process.start', (p) => p.process.start],
  ['process.system', (p) => p.process.system],
  ['catalogue.matrix', (p) => p.catalogue.matrix],
  ['catalogue.conversions', (p) => p.catalogue.conversions],
];

/**
 * What a new version changes. Open tickets finish on the version they began with (law 9); `open` says what holds for one that a supervisor moves to the new
 * version.
 */
export function diffPacks(before: PackFormat2, after: PackFormat2): Difference[] {
  const [old, next] = [families(before), families(after)];
  return [
    ...SINGLE.flatMap(([what, of]): Difference[] =>
      same(of(before), of(after)) ? [] : [{ what, change: 'changed', details: changedKeys(of(before), of(after)) }],
    ),
    ...Object.keys(old).flatMap((family) => compare(family, old[family] ?? {}, next[family] ?? {})),
    ...fieldDifferences(before, after),
  ];
}

function compare(family: string, old: Entries, next: Entries): Difference[] {
  const keys = [...new Set([...Object.keys(old), ...Object.keys(next)])];
  return keys.flatMap((key): Difference[] => {
    const what = `${family}.${key}`;
    const [a, b] = [Object.hasOwn(old, key) ? old[key] : undefined, Object.hasOwn(next, key) ? next[key] : undefined];
    if (same(a, b)) return [];
    if (a === undefined) return [{ what, change: 'added', details: '' }];
    if (b === undefined) return [{ what, change: 'removed', details: '', ...whenRemoved(family, a) }];
    return [{ what, change: 'changed', details: changedKeys(a, b), ...whenChanged(family, a, b) }];
  });
}

function whenRemoved(family: string, was: unknown): { open?: string } {
  if (family === 'process.steps') {
    const { side, final } = was as { side?: boolean; final?: boolean };
    if (final) return { open: 'a ticket closed in this step cannot be moved' };
    return { open: side ? 'a ticket with an open task of this step cannot be moved' : 'a ticket in this step cannot be moved' };
  }
  if (family === 'process.actions') return { open: 'a moved ticket loses this action; conditions that counted it start from nothing' };
  if (family === 'process.reactions') return { open: 'a moved ticket loses this reaction' };
  if (family === 'sla.clocks') return { open: 'a clock that runs goes on by the old version' };
  return {};
}

function whenChanged(family: string, a: unknown, b: unknown): { open?: string } {
  if (family === 'process.actions' || family === 'process.reactions') return actChanged(a as Entries, b as Entries);
  if (family !== 'process.steps') return {};
  const [was, is] = [a as PackFormat2['process']['steps'][string], b as PackFormat2['process']['steps'][string]];
  if (was.side !== is.side) return { open: 'it is now another kind of step: a ticket in it cannot be moved' };
  if (was.state !== is.state) return { open: `a moved ticket gets the state ${is.state ?? 'of its lead'}` };
  if (!same(was.holder, is.holder)) return { open: 'whoever holds it keeps it; the new rule holds from the next arrival on' };
  return {};
}

/** What changed inside an action decides what a moved ticket must expect; the one that touches it first is told. */
const ACT: readonly (readonly [property: string, open: string])[] = [
  ['on', 'in a moved ticket it is offered in other steps'],
  ['by', 'in a moved ticket other people may do it from now on'],
  ['except', 'in a moved ticket other people may do it from now on'],
  ['do', 'a moved ticket does the new effects from the next time on; what was done before stays'],
  ['when', 'in a moved ticket the new condition decides, also about what was filled in before'],
  ['limit', 'in a moved ticket what was done before counts for the new limit'],
  ['form', 'in a moved ticket it asks for the new form'],
];

function actChanged(a: Entries, b: Entries): { open?: string } {
  const open = ACT.find(([property]) => !same(a[property], b[property]))?.[1];
  return open === undefined ? {} : { open };
}

function fieldDifferences(before: PackFormat2, after: PackFormat2): Difference[] {
  const [old, next] = [fieldsOf(before), fieldsOf(after)];
  return [...new Set([...old.keys(), ...next.keys()])].flatMap((key): Difference[] => {
    const what = `forms.${key}`;
    const [a, b] = [old.get(key), next.get(key)];
    if (same(a, b)) return [];
    if (a === undefined) return [{ what, change: 'added', details: b?.required === true ? 'required' : '' }];
    if (b === undefined)
      return [{ what, change: 'removed', details: '', open: 'a moved ticket keeps its value, and nobody can fill it in any more' }];
    const type = a.type === b.type ? {} : { open: `a ticket that has a value of type ${a.type} cannot be moved` };
    return [{ what, change: 'changed', details: changedKeys(a, b), ...type }];
  });
}

function fieldsOf(pack: PackFormat2): Map<string, { type: string; required?: unknown }> {
  return new Map(
    Object.entries(pack.forms ?? {}).flatMap(([form, f]) =>
      Object.entries(f.fields).map(([key, field]) => [`${form}.${key}`, field] as const),
    ),
  );
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([k, v]) => [k, sorted(v)])); // prettier-ignore
}

/** `limit: 7d -> 9d`; long values only by name. */
function changedKeys(a: unknown, b: unknown): string {
  const both = [a, b].every((v) => typeof v === 'object' && v !== null && !Array.isArray(v));
  if (!both) return `${shown(a)} -> ${shown(b)}`.slice(0, 200);
  const [x, y] = [a as Entries, b as Entries];
  const keys = [...new Set([...Object.keys(x), ...Object.keys(y)])].filter((k) => !same(x[k], y[k]));
  return keys
    .map((k) => {
      if (k === 'do') return `do: ${effectChanges(x[k] as readonly Entries[], y[k] as readonly Entries[])}`;
      const told = `${k}: ${shown(x[k])} -> ${shown(y[k])}`;
      return told.length > 120 ? k : told;
    })
    .join('; ');
}

/** `go receiving -> go reviewing; + set solution; - sleep 3d`; an effect whose name stays says what changed in it. */
function effectChanges(old: readonly Entries[], next: readonly Entries[]): string {
  const gone = old.filter((e) => !next.some((n) => same(e, n)));
  const come = next.filter((e) => !old.some((o) => same(e, o)));
  if (gone.length + come.length === 0) return 'in another order';
  const pairs = gone.map((e) => {
    const [kind] = kindOf(e);
    const at = come.findIndex((n) => kindOf(n)[0] === kind);
    return { e, n: at < 0 ? undefined : come.splice(at, 1)[0] };
  });
  const changed = pairs.map(({ e, n }) => {
    if (n === undefined) return `- ${effectName(e)}`;
    return effectName(e) === effectName(n) ? `${effectName(e)} (${changedKeys(e, n)})` : `${effectName(e)} -> ${effectName(n)}`;
  });
  return [...changed, ...come.map((n) => `+ ${effectName(n)}`)].join('; ');
}

function kindOf(effect: Entries): [kind: string, value: unknown] {
  return Object.entries(effect).find(([key]) => EFFECT_KEYS.some((k) => k === key)) ?? ['', undefined];
}

function effectName(effect: Entries): string {
  const [kind, value] = kindOf(effect);
  if (typeof value === 'string') return `${kind} ${value}`;
  const { group, until, clock, kind: link, action } = (value ?? {}) as Record<string, unknown>;
  const named = [group, until, clock, action, link].find((v) => typeof v === 'string');
  return typeof named === 'string' ? `${kind} ${named}` : `${kind} ${Object.keys(value ?? {}).join(', ')}`;
}
