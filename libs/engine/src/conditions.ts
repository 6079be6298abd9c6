import { type Comparison, type ConditionTable, type Operand, partsOf, type Scalar, type Test } from '@gongdan/packs/format2';
import { type Context, factOf, Since } from './context.js';
import { after, isDuration } from './durations.js';

/** Whether the condition holds. Never throws: a fact that is absent fails every test but `{exists: false}` and `{not: …}`. */
export function holds(when: ConditionTable | undefined, x: Context): boolean {
  return when === undefined || firstFailure(when, x) === undefined;
}

/** A fact whose test fails, with its value; undefined when the condition holds. It explains a refusal. */
export function firstFailure(when: ConditionTable, x: Context): { fact: string; is: unknown } | undefined {
  const { all, any } = partsOf(when);
  for (const [fact, test] of all) {
    const value = factOf(x, fact);
    if (!passes(test, value, x)) return { fact, is: value instanceof Since ? value.from : value };
  }
  if (any !== undefined && !any.some((row) => Object.entries(row).every(([fact, test]) => passes(test, factOf(x, fact), x))))
    return { fact: 'any', is: undefined };
  return undefined;
}

function passes(test: Test, actual: unknown, x: Context): boolean {
  if (actual instanceof Since) return typeof test === 'object' && !Array.isArray(test) && passesSince(test, actual, x);
  const values = (Array.isArray(actual) ? (actual as unknown[]) : [actual]).filter((v) => v !== undefined && v !== null);
  if (Array.isArray(test)) return values.some((v) => test.includes(v as Scalar));
  if (typeof test !== 'object') return values.includes(test);
  return passesAll(test, values, x);
}

function passesAll(c: Comparison, values: readonly unknown[], x: Context): boolean {
  if (c.exists !== undefined && c.exists !== values.length > 0) return false;
  if (c.not !== undefined) {
    const not = Array.isArray(c.not) ? c.not : [operand(c.not, x)];
    if (values.some((v) => not.includes(v as Scalar))) return false;
  }
  if (c.in !== undefined && !values.some((v) => c.in?.includes(v as Scalar))) return false;
  if (c.fact !== undefined) {
    const other = factOf(x, c.fact);
    if (!values.some((v) => (Array.isArray(other) ? other.includes(v) : v === other))) return false;
  }
  if (c.prefix !== undefined && !values.some((v) => typeof v === 'string' && v.startsWith(c.prefix ?? ''))) return false;
  if (c.gt !== undefined && !compares(values, c.gt, x, (n) => n > 0)) return false;
  if (c.gte !== undefined && !compares(values, c.gte, x, (n) => n >= 0)) return false;
  if (c.lt !== undefined && !compares(values, c.lt, x, (n) => n < 0)) return false;
  if (c.lte !== undefined && !compares(values, c.lte, x, (n) => n <= 0)) return false;
  if (c.between !== undefined) {
    const [low, high] = c.between;
    if (!values.some((v) => compares([v], low, x, (n) => n >= 0) && compares([v], high, x, (n) => n <= 0))) return false;
  }
  return true;
}

// Numbers compare with numbers and texts with texts; instants sort as texts.
function compares(values: readonly unknown[], with_: Operand, x: Context, right: (order: number) => boolean): boolean {
  const other = operand(with_, x);
  return values.some((v) => {
    if (typeof v !== typeof other || (typeof v !== 'number' && typeof v !== 'string')) return false;
    return right(v < (other as typeof v) ? -1 : v > (other as typeof v) ? 1 : 0);
  });
}

function operand(value: Operand, x: Context): unknown {
  if (typeof value !== 'object') return value;
  const found = factOf(x, value.fact);
  const { times } = value;
  return times !== undefined && typeof found === 'number' ? found * times : found;
}

// `since.x` is at most 1wd while now is not behind the instant at which one working day since x is over.
function passesSince(c: Comparison, since: Since, x: Context): boolean {
  if (c.exists === false) return false;
  const order = (limit: Operand): number | undefined => {
    const span = operand(limit, x);
    if (!isDuration(span)) return undefined;
    const end = after(x.pack, since.from, span);
    return x.now < end ? -1 : x.now > end ? 1 : 0;
  };
  const check = (limit: Operand | undefined, right: (n: number) => boolean): boolean => {
    if (limit === undefined) return true;
    const n = order(limit);
    return n !== undefined && right(n);
  };
  const [low, high] = c.between ?? [];
  return (
    check(c.gt, (n) => n > 0) &&
    check(c.gte, (n) => n >= 0) &&
    check(c.lt, (n) => n < 0) &&
    check(c.lte, (n) => n <= 0) &&
    check(low, (n) => n >= 0) &&
    check(high, (n) => n <= 0)
  );
}
