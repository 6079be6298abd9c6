import { operandOf, passes as passesTest } from '@gongdan/packs';
import { type Comparison, type ConditionTable, type Operand, partsOf, type Test } from '@gongdan/packs/format2';
import { type Context, factOf, type Reader, readerOf, Since } from './context.js';
import { after, isDuration } from './durations.js';

interface Row {
  fact: string;
  read: Reader;
  test: Test;
}

/** A condition with readers of its facts. */
interface CompiledCondition {
  all: readonly Row[];
  any: readonly (readonly Row[])[] | undefined;
}

// Conditions are part of packs, which never change; the entry goes when the pack goes.
const compiled = new WeakMap<ConditionTable, CompiledCondition>();

function compileCondition(when: ConditionTable): CompiledCondition {
  const { all, any } = partsOf(when);
  const row = ([fact, test]: [string, Test]): Row => ({ fact, read: readerOf(fact), test });
  const made: CompiledCondition = { all: all.map(row), any: any?.map((table) => Object.entries(table).map(row)) };
  compiled.set(when, made);
  return made;
}

/** Whether the condition holds. Never throws: a fact that is absent fails every test but `{exists: false}` and `{not: …}`. */
export function holds(when: ConditionTable | undefined, x: Context): boolean {
  return when === undefined || firstFailure(when, x) === undefined;
}

/** A fact whose test fails, with its value; undefined when the condition holds. It explains a refusal. */
export function firstFailure(when: ConditionTable, x: Context): { fact: string; is: unknown } | undefined {
  const { all, any } = compiled.get(when) ?? compileCondition(when);
  for (const { fact, read, test } of all) {
    const value = read(x);
    if (!passes(test, value, x)) return { fact, is: value instanceof Since ? value.from : value };
  }
  if (any !== undefined && !any.some((table) => table.every(({ read, test }) => passes(test, read(x), x))))
    return { fact: 'any', is: undefined };
  return undefined;
}

function passes(test: Test, actual: unknown, x: Context): boolean {
  if (actual instanceof Since) return typeof test === 'object' && !Array.isArray(test) && passesSince(test, actual, x);
  return passesTest(test, actual, (fact) => factOf(x, fact));
}

// `since.x` is at most 1wd while now is not behind the instant at which one working day since x is over.
function passesSince(c: Comparison, since: Since, x: Context): boolean {
  if (c.exists === false) return false;
  const order = (limit: Operand): number | undefined => {
    const span = operandOf(limit, (fact) => factOf(x, fact));
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
