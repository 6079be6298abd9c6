import { z } from 'zod';
import { factName, factTimes, scalar } from './words.js';

const operand = z.union([scalar, factTimes]);

const comparison = z
  .strictObject({
    in: z.array(scalar).min(1).optional(),
    not: z.union([operand, z.array(scalar).min(1)]).optional(),
    prefix: z.string().min(1).max(200).optional(),
    gt: operand.optional(),
    gte: operand.optional(),
    lt: operand.optional(),
    lte: operand.optional(),
    /** From the first to the second value, both included. */
    between: z.tuple([operand, operand]).optional(),
    exists: z.boolean().optional(),
    /** Equal to the value of another fact. */
    fact: factName.optional(),
  })
  .refine((c) => Object.keys(c).length > 0, 'must compare with at least one of in, not, prefix, gt, gte, lt, lte, between, exists, fact');

const test = z.union([scalar, z.array(scalar).min(1), comparison]);
const row = z.record(factName, test);

/**
 * A condition is a table `{fact: test}` whose tests must all hold; `{}` always holds. A test is a value, a list of values of which one must be equal, or
 * comparisons that must all hold. `any` lists tables of which one must hold. There is no expression language, so that every decision can be explained row
 * by row. A fact that is absent fails every test but `{exists: false}` and `{not: …}`. Durations (`since.*`) are compared with texts such as `1wd`.
 */
export const Condition = z.object({ any: z.array(row).min(1).optional() }).catchall(test) as unknown as z.ZodType<ConditionTable>;

export type Test = z.infer<typeof test>;
export type Comparison = z.infer<typeof comparison>;
export type Operand = z.infer<typeof operand>;
export type ConditionRow = Readonly<Record<string, Test>>;
export interface ConditionTable {
  readonly [fact: string]: Test | readonly ConditionRow[] | undefined;
}

/** The tests of a condition without its `any`, and the tables of `any`. */
export function partsOf(condition: ConditionTable): { all: [string, Test][]; any: readonly ConditionRow[] | undefined } {
  const all: [string, Test][] = [];
  for (const [fact, value] of Object.entries(condition)) if (fact !== 'any') all.push([fact, value as Test]);
  return { all, any: condition['any'] as readonly ConditionRow[] | undefined };
}

/** The facts with which a test compares. */
export function operandsOf(test: Test): string[] {
  if (typeof test !== 'object' || Array.isArray(test)) return [];
  const { not, gt, gte, lt, lte, between, fact } = test;
  const operands = [not, gt, gte, lt, lte, ...(between ?? [])];
  return [...operands.flatMap((o) => (typeof o === 'object' && !Array.isArray(o) ? [o.fact] : [])), ...(fact === undefined ? [] : [fact])];
}
