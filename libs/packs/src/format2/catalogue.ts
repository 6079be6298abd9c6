import { z } from 'zod';
import { names, slug, word } from '../fields.js';

const entry = z.strictObject({ key: word, names });

/**
 * What a ticket can be about (pack part `catalogue`). A ticket may carry any node of the category tree. `priorities` runs from the most urgent to the least. `conversions`
 * lists into which types a type may be changed; without it any change is allowed, and what is not listed is refused with 409 (P04: a consultation becomes a
 * complaint, never the reverse). `levels` reserves depths of the category tree for roles, 1 being the top (P04: only a handler sets level 4).
 */
export const Catalogue = z.strictObject({
  types: z.array(entry).min(1),
  conversions: z.record(word, z.array(word)).optional(),
  categories: z.array(z.strictObject({ key: word, names, parent: word.optional() })).min(1),
  levels: z.array(z.strictObject({ depth: z.number().int().min(1).max(20), by: z.array(slug).min(1) })).optional(),
  items: z.array(z.strictObject({ key: word, names, category: word.optional() })).optional(),
  priorities: z.array(slug).min(1),
  urgencies: z.array(slug),
  impacts: z.array(slug),
  matrix: z.record(slug, z.record(slug, slug)),
  defaultPriority: slug,
});
export type Catalogue = z.infer<typeof Catalogue>;
