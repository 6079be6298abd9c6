import { z } from 'zod';
import { otherNameOf } from './fact-names.js';
import { type Comparison, type ConditionTable, type Operand, partsOf, type Test } from '../format2/condition.js';
import { type Scalar } from '../format2/words.js';

const scalar = z.union([z.string().max(2000), z.number(), z.boolean()]);

const comparison = z
  .strictObject({
    in: z.array(scalar).min(1).optional(),
    not: z.union([scalar, z.array(scalar).min(1)]).optional(),
    prefix: z.string().min(1).max(200).optional(),
    gte: z.union([z.number(), z.string()]).optional(),
    lte: z.union([z.number(), z.string()]).optional(),
    exists: z.boolean().optional(),
  })
  .refine((c) => Object.keys(c).length > 0, 'must compare with at least one of in, not, prefix, gte, lte, exists');

const test = z.union([scalar, z.array(scalar).min(1), comparison]);

/**
 * The condition language of packs: `{fact: test}`. A condition holds when all its tests hold; `{}` always holds. A test is a value, a list of values
 * (one of them must be equal), or an object of comparisons that must all hold. It is a table and not an expression, so that a decision can be explained row by row.
 */
export const Condition = z.record(z.string().min(1).max(120), test);
export type Condition = z.infer<typeof Condition>;

/** Facts are found by their dotted name, then by path (`place.area`). A fact may be a list: a test holds when it holds for one element. */
export type Facts = Readonly<Record<string, unknown>>;

/**
 * Whether the condition of a pack holds, whatever the format of the pack. Never throws: a fact that is absent fails every test but `{exists: false}` and
 * `{not: …}`. Comparisons compare numbers with numbers and texts with texts (instants sort as texts).
 */
export function matches(when: ConditionTable | undefined, facts: Facts): boolean {
  if (when === undefined) return true;
  const { all, any } = partsOf(when);
  const row = (tests: readonly (readonly [string, Test])[]): boolean => tests.every(([fact, test]) => holds(test, facts, fact));
  return row(all) && (any === undefined || any.some((table) => row(Object.entries(table))));
}

/** The value of a fact, by either of its names; undefined when it is absent. Inherited properties are not facts. */
export function factOf(facts: Facts, name: string): unknown {
  const value = valueAt(facts, name);
  if (value !== undefined) return value;
  const other = otherNameOf(name);
  return other === undefined ? undefined : valueAt(facts, other);
}

function valueAt(facts: Facts, name: string): unknown {
  if (Object.hasOwn(facts, name)) return facts[name];
  let value: unknown = facts;
  for (const part of name.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<string, unknown>)[part];
  }
  return value;
}

function holds(test: Test, facts: Facts, name: string): boolean {
  return passes(test, factOf(facts, name), (fact) => factOf(facts, fact));
}

/** Whether one test holds for a value. `look` finds the facts that the test compares it with. */
export function passes(test: Test, actual: unknown, look: (fact: string) => unknown): boolean {
  if (typeof test !== 'object') return isOneOf(actual, test);
  if (Array.isArray(test))
    return Array.isArray(actual)
      ? actual.some((v) => isGiven(v) && test.includes(v as Scalar))
      : isGiven(actual) && test.includes(actual as Scalar);
  return compares(test, Array.isArray(actual) ? (actual as unknown[]).filter(isGiven) : isGiven(actual) ? [actual] : NOTHING, look);
}

const NOTHING: readonly unknown[] = [];
const isGiven = (value: unknown): boolean => value !== undefined && value !== null;
const isOneOf = (actual: unknown, value: Scalar): boolean => actual === value || (Array.isArray(actual) && actual.includes(value));

function compares(test: Comparison, values: readonly unknown[], look: (fact: string) => unknown): boolean {
  const { in: any, not, prefix, exists, fact, gt, gte, lt, lte, between } = test;
  if (exists !== undefined && exists !== values.length > 0) return false;
  if (not !== undefined) {
    const forbidden: readonly unknown[] = Array.isArray(not) ? not : [operandOf(not, look)];
    if (values.some((v) => forbidden.includes(v))) return false;
  }
  if (any !== undefined && !values.some((v) => any.includes(v as Scalar))) return false;
  if (prefix !== undefined && !values.some((v) => typeof v === 'string' && v.startsWith(prefix))) return false;
  if (fact !== undefined) {
    const other = look(fact);
    if (!values.some((v) => (Array.isArray(other) ? other.includes(v) : v === other))) return false;
  }
  const orders = (operand: Operand | undefined, right: (order: number) => boolean, of: readonly unknown[] = values): boolean =>
    operand === undefined || of.some((v) => right(orderOf(v, operandOf(operand, look))));
  const [low, high] = between ?? [];
  return (
    orders(gt, (n) => n > 0) &&
    orders(gte, (n) => n >= 0) &&
    orders(lt, (n) => n < 0) &&
    orders(lte, (n) => n <= 0) &&
    (between === undefined || values.some((v) => orders(low, (n) => n >= 0, [v]) && orders(high, (n) => n <= 0, [v])))
  );
}

/** The value of an operand: itself, or that of a fact, times a factor. */
export function operandOf(operand: Operand, look: (fact: string) => unknown): unknown {
  if (typeof operand !== 'object') return operand;
  const found = look(operand.fact);
  return operand.times !== undefined && typeof found === 'number' ? found * operand.times : found;
}

// NaN, which passes no comparison, for values of different kinds.
function orderOf(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : a > b ? 1 : 0;
  return NaN;
}
