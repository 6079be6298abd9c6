import { isZone } from '@gongdan/business-time';
import { z } from 'zod';

/** A key that appears in URLs and file names: steps, actions, units, channels, clocks, rules, templates. */
export const slug = z
  .string()
  .max(60)
  .regex(/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/, 'must be lower-case letters, digits and inner hyphens');

/** A key that may come from another system (categories, types, items): printable, without blanks at its ends. */
export const word = z
  .string()
  .min(1)
  .max(120)
  .regex(/^[^\p{Cc}\s](?:[^\p{Cc}]*[^\p{Cc}\s])?$/u, 'must be printable and not begin or end with a blank');

/** Subject of a token. */
export const personId = z
  .string()
  .min(1)
  .max(120)
  .regex(/^[^\p{Cc}\s]+$/u, 'must be printable without blanks');

export const attributeKey = z.string().regex(/^[A-Za-z][A-Za-z0-9_-]{0,59}$/, 'must be a letter, then letters, digits, _ or -, at most 60');

/** A text for people, in both languages of the platform. */
export const names = z.strictObject({ 'zh-CN': z.string().min(1).max(200), en: z.string().min(1).max(200) });
export type Names = z.infer<typeof names>;

export const language = z.enum(['zh-CN', 'en']);

export const zone = z.string().refine(isZone, 'must be an IANA time zone');

/** Fits a Postgres int. */
export const count = z.number().int().positive().max(1_000_000_000);
