import { z } from 'zod';
import { Condition } from './condition.js';
import { names, slug } from './fields.js';

/**
 * The decision table (pack part `routing`; DI-05, DI-25): the first rule that holds names the unit. `fallback` is the unit for tickets no rule
 * speaks of and for those that rule after rule has sent back; without one they wait for a supervisor.
 */
export const Routing = z.strictObject({
  rules: z.array(z.strictObject({ key: slug, when: Condition, unit: slug, why: names.optional() })),
  fallback: slug.optional(),
});
export type Routing = z.infer<typeof Routing>;
export type RoutingRule = Routing['rules'][number];
