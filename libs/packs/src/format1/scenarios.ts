import { z } from 'zod';
import { Condition } from '../conditions/condition.js';
import { names, personId, slug, word } from '../fields.js';

const registration = z.strictObject({
  channel: slug.optional(),
  type: word,
  category: word,
  urgency: slug.optional(),
  impact: slug.optional(),
  title: z.string().min(1),
  description: z.string().optional(),
  place: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
  contact: z.record(z.string(), z.string()).optional(),
  attributes: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
  unit: slug.optional(),
});

const move = z.union([
  z.strictObject({ as: personId, register: registration }),
  z.strictObject({ as: personId, do: slug, with: z.record(z.string(), z.string()).optional(), refused: z.string().optional() }),
  z.strictObject({ wait: z.string().regex(/^P(?:\d+D)?(?:T(?:\d+H)?(?:\d+M)?)?$/, 'must be an ISO 8601 duration such as PT3H') }),
]);

const expectation = z.union([
  z.strictObject({
    case: z.strictObject({ step: slug.optional(), state: z.string().optional(), unit: slug.optional(), holder: personId.optional() }),
  }),
  z.strictObject({ event: z.string(), when: Condition.optional(), times: z.number().int().nonnegative() }),
  z.strictObject({ clock: slug, dueAt: z.iso.datetime({ offset: true }) }),
  z.strictObject({ mail: slug, to: z.string(), times: z.number().int().nonnegative() }),
]);

/** The pack's own acceptance tests, run through the public HTTP API with a movable clock (pack part `scenarios`). */
export const Scenarios = z.array(
  z.strictObject({
    key: slug,
    names,
    given: z.strictObject({ now: z.iso.datetime({ offset: true }) }),
    when: z.array(move).min(1),
    then: z.array(expectation).min(1),
  }),
);
export type Scenarios = z.infer<typeof Scenarios>;
export type Scenario = Scenarios[number];
