import { type ConditionTable, partsOf, type Scalar, type Test } from '../../format2/index.js';

/** A row of tests that must all hold. */
export type Row = readonly (readonly [fact: string, test: Test])[];

/** The condition as alternatives of rows. */
export function rowsOf(when: ConditionTable | undefined): Row[] {
  const { all, any } = partsOf(when ?? {});
  return any === undefined ? [all] : any.map((row) => [...all, ...Object.entries(row)]);
}

/** `wide` holds wherever `narrow` does, as far as the tables tell. */
export function covers(wide: Row, narrow: Row): boolean {
  return wide.every(([fact, test]) => narrow.some(([f, t]) => f === fact && within(t, test)));
}

export function excludes(a: Row, b: Row): boolean {
  return a.some(([fact, test]) => b.some(([f, t]) => f === fact && disjoint(test, t)));
}

interface Compared {
  in?: readonly Scalar[];
  not?: unknown;
  exists?: boolean;
  gt?: unknown;
  gte?: unknown;
  lt?: unknown;
  lte?: unknown;
  between?: readonly unknown[];
}
const compared = (test: Test): Compared =>
  typeof test === 'object' ? (Array.isArray(test) ? { in: test as Scalar[] } : (test as Compared)) : { in: [test] };
const only = (c: Compared, ...keys: string[]): boolean => Object.keys(c).every((k) => keys.includes(k));

function within(narrow: Test, wide: Test): boolean {
  if (JSON.stringify(narrow) === JSON.stringify(wide)) return true;
  const [n, w] = [compared(narrow), compared(wide)];
  const values = only(n, 'in') ? n.in : undefined;
  if (w.exists === true && only(w, 'exists')) return n.exists === true || values !== undefined;
  if (values !== undefined && only(w, 'in')) return values.every((v) => w.in?.includes(v));
  if (values !== undefined && only(w, 'not') && isPlain(w.not)) return values.every((v) => !plain(w.not).includes(v));
  const [inner, outer] = [spanOf(n), spanOf(w)];
  return inner !== undefined && outer !== undefined && inner.least >= outer.least && inner.most <= outer.most;
}

function disjoint(a: Test, b: Test): boolean {
  const [x, y] = [compared(a), compared(b)];
  return oneSided(x, y) || oneSided(y, x) || spansApart(x, y);
}

function oneSided(x: Compared, y: Compared): boolean {
  if (x.in !== undefined && y.in !== undefined) return !x.in.some((v) => y.in?.includes(v));
  if (x.in !== undefined && y.not !== undefined && isPlain(y.not)) return x.in.every((v) => plain(y.not).includes(v));
  if (x.exists === false) return y.exists === true || y.in !== undefined || spanOf(y) !== undefined || hasOrder(y);
  // A comparison with a fact and its opposite.
  for (const [one, other] of [
    ['gt', 'lte'],
    ['gte', 'lt'],
  ] as const)
    // prettier-ignore
    if (x[one] !== undefined && y[other] !== undefined && JSON.stringify(x[one]) === JSON.stringify(y[other])) return true;
  const span = spanOf(y);
  return x.in !== undefined && span !== undefined && x.in.every((v) => typeof v !== 'number' || v < span.least || v > span.most);
}

const hasOrder = (c: Compared): boolean => [c.gt, c.gte, c.lt, c.lte, c.between].some((v) => v !== undefined);
const isPlain = (v: unknown): boolean => typeof v !== 'object' || Array.isArray(v);
const plain = (v: unknown): Scalar[] => [v as Scalar | Scalar[]].flat();

function spansApart(x: Compared, y: Compared): boolean {
  const [a, b] = [spanOf(x), spanOf(y)];
  return a !== undefined && b !== undefined && (a.most < b.least || b.most < a.least);
}

const LENGTHS: Readonly<Record<string, number>> = { min: 1, h: 60, d: 1440, wd: 1440, mo: 43_200 };

/** The numbers, or lengths of time in minutes, that a comparison takes; undefined when it compares otherwise. */
function spanOf(c: Compared): { least: number; most: number } | undefined {
  if (!only(c, 'gt', 'gte', 'lt', 'lte', 'between') || !hasOrder(c)) return undefined;
  const bounds = [c.gt, c.gte, c.lt, c.lte, ...(c.between ?? [])].filter((v) => v !== undefined);
  if (bounds.some((b) => Number.isNaN(numberOf(b)))) return undefined;
  const tiny = 1e-9;
  const of = (v: unknown, or: number): number => (v === undefined ? or : numberOf(v));
  return {
    least: Math.max(
      of(c.gt, -Infinity) + tiny * Math.sign(c.gt === undefined ? 0 : 1),
      of(c.gte, -Infinity),
      of(c.between?.[0], -Infinity),
    ),
    most: Math.min(of(c.lt, Infinity) - tiny * Math.sign(c.lt === undefined ? 0 : 1), of(c.lte, Infinity), of(c.between?.[1], Infinity)),
  };
}

function numberOf(v: unknown): number {
  if (typeof v === 'number') return v;
  const [, n = '', unit = ''] = typeof v === 'string' ? (/^(\d+)(min|h|d|wd|mo)$/.exec(v) ?? []) : [];
  return n === '' ? NaN : Number(n) * (LENGTHS[unit] ?? NaN);
}
