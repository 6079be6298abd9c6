import { type Instant } from '@gongdan/kernel';
import { operandOf, passes as passesTest } from '@gongdan/packs';
import { type ConditionTable, type Operand, partsOf, type Test } from '@gongdan/packs/format2';
import { type Compiled } from '../model/compiled.js';
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
  if (actual instanceof Since) return passesSince(test, actual.from, x.pack, x.now, (fact) => factOf(x, fact));
  return passesTest(test, actual, (fact) => factOf(x, fact));
}

/**
 * Whether a length of time since `from` passes: it is at most 1wd while `now` is not behind the instant at which one working day since `from` is over. It has an
 * order and nothing else, so a test of another kind does not pass.
 */
export function passesSince(test: Test, from: Instant, pack: Compiled, now: Instant, look: (fact: string) => unknown): boolean {
  if (typeof test !== 'object' || Array.isArray(test)) return false;
  const { exists, in: any, not, prefix, fact, gt, gte, lt, lte, between } = test;
  if (exists === false || (any ?? not ?? prefix ?? fact) !== undefined) return false;
  const check = (limit: Operand | undefined, right: (n: number) => boolean): boolean => {
    if (limit === undefined) return true;
    const span = operandOf(limit, look);
    if (!isDuration(span)) return false;
    const end = after(pack, from, span);
    return right(now < end ? -1 : now > end ? 1 : 0);
  };
  const [low, high] = between ?? [];
  return (
    check(gt, (n) => n > 0) &&
    check(gte, (n) => n >= 0) &&
    check(lt, (n) => n < 0) &&
    check(lte, (n) => n <= 0) &&
    check(low, (n) => n >= 0) &&
    check(high, (n) => n <= 0)
  );
}
