import { z } from 'zod';
import { attributeKey, names, slug, word } from '../fields.js';

/** The channel of every ticket that a plan registers. A pack with plans declares it, so that it has names. */
export const PLAN_CHANNEL = 'plan';
/** More occurrences a day are a measurement and not work of people. The check refuses them. */
export const MOST_TIMES = 24;
/** Characters of a ticket's title. */
export const LONGEST_TITLE = 300;

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export const ORDINALS = ['first', 'second', 'third', 'fourth', 'last'] as const;

const weekday = `(?:${WEEKDAYS.join('|')})`;
const WHEN = new RegExp(`^(?:${weekday}|last|(?:${ORDINALS.join('|')})-${weekday}|\\d{2}-\\d{2})$`);
const DATE = /^\d{4}-\d{2}-\d{2}$/;

const oneOrMore = <T extends z.ZodType>(item: T, most: number) => z.union([item, z.array(item).min(1).max(most)]);
const date = z.string().regex(DATE, 'must be a date such as 2026-03-02');
const text = z.string().min(1).max(LONGEST_TITLE);

/** What the ticket of an occurrence says. It has no contact: nobody complains. */
const plannedTicket = z.strictObject({
  type: word,
  category: word,
  item: word.optional(),
  urgency: slug.optional(),
  impact: slug.optional(),
  priority: slug.optional(),
  /** `{date}` stands for the date of the occurrence in the zone of the pack. */
  title: text,
  description: z.string().max(20_000).optional(),
  /** The unit that counts as the one that registered it. */
  unit: slug.optional(),
  place: z
    .strictObject({
      address: z.string().min(1).max(500).optional(),
      area: z.string().min(1).max(120).optional(),
      latitude: z.number().min(-90).max(90).optional(),
      longitude: z.number().min(-180).max(180).optional(),
    })
    .optional(),
  attributes: z.record(attributeKey, z.union([z.string().max(2000), z.number(), z.boolean()])).optional(),
});

/**
 * Work that recurs: at each occurrence a ticket is registered (P24, DI-17). Dates and times are those of the pack's zone. Which days: `every` with `on`, then `workingDays`
 * by the pack's calendar, then `from`, `to` and `except`.
 */
export const Plan = z.strictObject({
  key: slug,
  names,
  /** `day`, `2 weeks`, `3 months`: an interval counts from `from`. */
  every: z
    .string()
    .regex(
      /^(?:day|week|month|year|(?:[2-9]|[1-9]\d) (?:days|weeks|months|years))$/,
      'must be day, week, month, year or an interval such as 2 weeks',
    ),
  /** Of a week `mon`; of a month 1 to 28, `last` or `first-mon`; of a year `03-15`. */
  on: oneOrMore(
    z.union([
      z.number().int().min(1).max(31),
      z.string().regex(WHEN, 'must be a weekday such as mon, a day of the month such as 15, last, first-mon, or a date such as 03-15'),
    ]),
    31,
  ).optional(),
  at: oneOrMore(z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, 'must be a time such as 08:30'), 1440),
  /** A day off is left out (`only`), or the work moves to the working day after it (`next`) or before it (`previous`). */
  workingDays: z.enum(['only', 'next', 'previous']).optional(),
  from: date.optional(),
  to: date.optional(),
  /** Dates, or spans `2026-02-15..2026-02-23`, without an occurrence. */
  except: z
    .array(z.string().regex(/^\d{4}-\d{2}-\d{2}(?:\.\.\d{4}-\d{2}-\d{2})?$/, 'must be a date or a span such as 2026-02-15..2026-02-23'))
    .max(400)
    .optional(),
  ticket: plannedTicket,
});
export type Plan = z.infer<typeof Plan>;
export type PlannedTicket = Plan['ticket'];

/** The title of the ticket of an occurrence. */
export function titleOn(title: string, date: string): string {
  return title.replaceAll('{date}', date);
}
