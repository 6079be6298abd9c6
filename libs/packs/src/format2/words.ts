import { dayOf } from '@gongdan/business-time';
import { dispatch } from '@gongdan/contracts';
import { z } from 'zod';
import { attributeKey, slug } from '../fields.js';

/** Name of a form field or of a column of a table field. */
export const fieldKey = attributeKey;

/** The dotted name of a fact (facts.ts), for example `fields.amount`. */
export const factName = z
  .string()
  .max(200)
  .regex(/^[A-Za-z][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*$/, 'must be a fact such as class.type or fields.amount');

/** A value that is looked up when it is needed. */
export const factRef = z.strictObject({ fact: factName });
export type FactRef = z.infer<typeof factRef>;

export const scalar = z.union([z.string().max(2000), z.number(), z.boolean()]);
/** A value that is looked up, of a number times a factor (compensation of at most three times the postage, P16). */
export const factTimes = z.strictObject({ fact: factName, times: z.number().optional() });
export type Scalar = z.infer<typeof scalar>;

/**
 * A length of time: `30min`, `4h`, `3d` (calendar days), `2wd` (working days), `1mo` (calendar months). At most 3999 working days, which a calendar
 * with one working day a week can count (it stops after a century), and 999 months.
 */
export const DURATION = /^(?!\d{5,}wd|[4-9]\d{3}wd|\d{4,}mo)([1-9]\d{0,5})(min|h|d|wd|mo)$/;
export const duration = z.string().regex(DURATION, 'must be a length of time such as 30min, 4h, 3d, 2wd or 1mo');

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2})$/;

/** The end of the year 9999: later instants have more digits than events and Postgres read. */
export const END_OF_INSTANTS = 253_402_300_800_000;

/** Whether the text is an instant with an offset. `Date.parse` alone takes 30 February for 2 March. */
export function isInstant(text: string): boolean {
  const at = INSTANT.test(text) && dayOf(text.slice(0, 10)) !== undefined ? Date.parse(text) : NaN;
  return at >= 0 && at < END_OF_INSTANTS;
}

/** One value or a list of them; reads as a list with `listOf`. */
export function oneOrMore<T extends z.ZodType>(item: T): z.ZodUnion<[T, z.ZodArray<T>]> {
  return z.union([item, z.array(item).min(1)]);
}
export function listOf<T>(value: T | readonly T[] | undefined): readonly T[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? (value as readonly T[]) : [value as T];
}

/** Whom a case waits for when its time is not the unit's. */
export const { PARTIES } = dispatch;
export type Party = (typeof PARTIES)[number];

export { slug };
