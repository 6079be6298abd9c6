import { z } from 'zod';
import { Condition } from '../conditions/condition.js';
import { count, names, slug, zone } from '../fields.js';

const day = z.enum(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']);
const span = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)$/, "must be a span such as '09:00-12:00'");

/** The shape of `CalendarDefinition` of @gongdan/business-time, which reads it. */
const calendar = z.strictObject({
  key: slug,
  zone,
  hours: z.union([z.literal('always'), z.partialRecord(day, z.array(span).min(1))]),
  /** Public calendars whose days off and make-up days apply. */
  holidays: z.array(z.enum(['CN'])).optional(),
  /** Spans of a make-up working day; without them, those of Monday. */
  makeUpDayHours: z.array(span).min(1).optional(),
  /** Single dates: off, work (as a make-up day), or spans of their own. */
  exceptions: z.record(z.iso.date(), z.union([z.enum(['off', 'work']), z.array(span).min(1)])).optional(),
});

const limit = z.union([
  z.strictObject({ minutes: count }),
  z.strictObject({ hours: count }),
  z.strictObject({ workingDays: count }),
  z.strictObject({ days: count }),
  z.strictObject({ months: count }),
  /** The due instant that an imported ticket already had. */
  z.strictObject({ ticket: z.literal('history.dueAt') }),
]);

/** An event name, or an event under a condition over the ticket's facts and `event.*`. */
const trigger = z.union([z.string(), z.strictObject({ on: z.string(), when: Condition })]);

const warning = z.union([
  z.strictObject({ key: slug, ratio: z.number().gt(0).lt(1) }),
  z.strictObject({ key: slug, before: z.union([z.strictObject({ hours: count }), z.strictObject({ minutes: count })]) }),
]);

const clock = z.strictObject({
  key: slug,
  names,
  /** Which tickets have this clock; tested when a start event arrives. */
  when: Condition.optional(),
  limit: z.union([limit, z.array(z.strictObject({ when: Condition.optional(), limit })).min(1)]),
  /** Without a calendar every hour counts, in the zone of the pack. */
  calendar: slug.optional(),
  /** A start event is ignored while the clock runs or is paused. */
  start: z.array(trigger).min(1),
  pause: z.array(trigger).optional(),
  resume: z.array(trigger).optional(),
  stop: z.array(trigger).min(1),
  cancel: z.array(trigger).optional(),
  warnings: z.array(warning),
});

/** Calendars and clocks (pack part `sla`; SL-01 to SL-08, fixtures F1 to F20). */
export const Sla = z.strictObject({ calendars: z.array(calendar), clocks: z.array(clock) });
export type Sla = z.infer<typeof Sla>;
export type PackCalendar = z.infer<typeof calendar>;
export type ClockSpec = z.infer<typeof clock>;
