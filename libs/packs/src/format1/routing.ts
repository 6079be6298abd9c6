import { z } from 'zod';
import { Condition } from '../conditions/condition.js';
import { names, slug } from '../fields.js';

/**
 * The decision table (pack part `routing`; DI-05, DI-25): the first rule whose condition holds names the unit. `fallback` is the unit of tickets for which no rule
 * holds and of those that all matching units returned; without a fallback they wait for a supervisor.
 */
export const Routing = z.strictObject({
  rules: z.array(z.strictObject({ key: slug, when: Condition, unit: slug, why: names.optional() })),
  fallback: slug.optional(),
});
export type Routing = z.infer<typeof Routing>;
