import { z } from 'zod';
import { count, names, slug } from '../fields.js';
import { Sla as Sla1 } from '../format1/sla.js';
import { Condition } from './condition.js';
import { factRef } from './words.js';

const [calendars, clocks] = [Sla1.shape.calendars, Sla1.shape.clocks.element];
const limit = z.union([clocks.shape.limit.options[0], z.strictObject({ field: factRef }), z.strictObject({ today: z.literal(true) })]);
const trigger = z.union([z.string(), z.strictObject({ on: z.string(), when: Condition })]);

/** As in format 1, and so many calendar days before the end. */
const warning = z.union([...clocks.shape.warnings.element.options, z.strictObject({ key: slug, before: z.strictObject({ days: count }) })]);

const clock = z.strictObject({
  key: slug,
  names,
  when: Condition.optional(),
  /** A length of time, the instant that a fact holds (`field`: P14, P21, P28), or the end of the day on which the clock starts (`today`: P32, P36); by rows where it depends on the ticket. */
  limit: z.union([limit, z.array(z.strictObject({ when: Condition.optional(), limit })).min(1)]),
  calendar: slug.optional(),
  start: z.array(trigger).min(1),
  pause: z.array(trigger).optional(),
  resume: z.array(trigger).optional(),
  stop: z.array(trigger).min(1),
  cancel: z.array(trigger).optional(),
  warnings: z.array(warning),
});

/** Calendars and clocks (pack part `sla`). */
export const Sla = z.strictObject({ calendars, clocks: z.array(clock) });
export type Sla = z.infer<typeof Sla>;
