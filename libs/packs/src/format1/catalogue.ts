import { z } from 'zod';
import { names, slug, word } from '../fields.js';

const entry = z.strictObject({ key: word, names });

/**
 * What a ticket can be about (pack part `catalogue`; IN-05 category tree, IN-07 urgency × impact matrix). A ticket may carry any node of the tree.
 * `priorities` runs from the most urgent to the least.
 */
export const Catalogue = z.strictObject({
  types: z.array(entry).min(1),
  categories: z.array(z.strictObject({ key: word, names, parent: word.optional() })).min(1),
  items: z.array(z.strictObject({ key: word, names, category: word.optional() })).optional(),
  priorities: z.array(slug).min(1),
  urgencies: z.array(slug),
  impacts: z.array(slug),
  matrix: z.record(slug, z.record(slug, slug)),
  defaultPriority: slug,
});
export type Catalogue = z.infer<typeof Catalogue>;

/** The priority that the matrix gives; `defaultPriority` when urgency or impact is unknown or missing. */
export function priorityOf(catalogue: Catalogue, urgency: string | undefined, impact: string | undefined): string {
  if (urgency === undefined || impact === undefined || !Object.hasOwn(catalogue.matrix, urgency)) return catalogue.defaultPriority;
  const row = (Object.hasOwn(catalogue.matrix, urgency) ? catalogue.matrix[urgency] : undefined) ?? {};
  return (Object.hasOwn(row, impact) ? row[impact] : undefined) ?? catalogue.defaultPriority;
}

/** The category and its ancestors, nearest first; only the category itself when the catalogue does not have it. */
export function categoryPath(catalogue: Catalogue, category: string): string[] {
  const path: string[] = [];
  let at: string | undefined = category;
  while (at !== undefined && !path.includes(at)) {
    path.push(at);
    const here: string = at;
    at = catalogue.categories.find((c) => c.key === here)?.parent;
  }
  return path;
}
