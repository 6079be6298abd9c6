import { z } from 'zod';
import { otherNameOf } from './fact-names.js';

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
type Test = z.infer<typeof test>;
type Scalar = z.infer<typeof scalar>;

/** Facts are found by their dotted name, then by path (`place.area`). A fact may be a list: a test holds when it holds for one element. */
export type Facts = Readonly<Record<string, unknown>>;

/**
 * Whether every test of the condition holds. Never throws: a fact that is absent fails every test but `{exists: false}` and `{not: …}`.
 * `gte` and `lte` compare numbers with numbers and text with text (instants sort as text).
 */
export function matches(when: Condition | undefined, facts: Facts): boolean {
  if (when === undefined) return true;
  return Object.entries(when).every(([fact, wanted]) => holds(wanted, factOf(facts, fact)));
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

function holds(wanted: Test, actual: unknown): boolean {
  const values = (Array.isArray(actual) ? (actual as unknown[]) : [actual]).filter((v) => v !== undefined && v !== null);
  if (Array.isArray(wanted)) return values.some((v) => wanted.includes(v as Scalar));
  if (typeof wanted !== 'object') return values.includes(wanted);
  const { in: any, not, prefix, gte, lte, exists } = wanted;
  if (exists !== undefined && exists !== values.length > 0) return false;
  if (not !== undefined && values.some((v) => (Array.isArray(not) ? not.includes(v as Scalar) : v === not))) return false;
  if (any !== undefined && !values.some((v) => any.includes(v as Scalar))) return false;
  if (prefix !== undefined && !values.some((v) => typeof v === 'string' && v.startsWith(prefix))) return false;
  if (gte !== undefined && !values.some((v) => typeof v === typeof gte && (v as number | string) >= gte)) return false;
  if (lte !== undefined && !values.some((v) => typeof v === typeof lte && (v as number | string) <= lte)) return false;
  return true;
}
