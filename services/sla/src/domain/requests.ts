import { addCalendarDays, addCalendarMonths, addOpenTime, endOfWorkingDay } from '@gongdan/business-time';
import { type Answered, type dispatch, type EventDraft, type EventOf } from '@gongdan/contracts';
import { AppError, Conflict, type Decision, type Instant, iso, ms, Refused } from '@gongdan/kernel';
import { type ClockSpec, dueGiven } from '@gongdan/packs';
import { DURATION, END_OF_INSTANTS } from '@gongdan/packs/format2';
import { z } from 'zod';
import { type Clock, extend } from './clock.js';
import { burning, type Counting, pointsOf } from './promise.js';
import { type Rules } from './rules.js';
import { type SlaTicket } from './ticket.js';
import { afterMissedWarnings } from './transition.js';

export type Asked = EventOf<typeof dispatch.RequestAsked>;
export type Answer = Pick<Answered, 'state' | 'code' | 'reason'>;

/** What sla does for a request: the answer, and the clock that it moved. */
export interface Done {
  answer: Answer;
  moved?: Decision<Clock, EventDraft>;
}

/** The event holds any record; its parts come from facts, so each may be of a wrong kind. */
const Extend = z.object({
  clock: z.string(),
  by: z.string().regex(DURATION).optional(),
  until: z.union([z.iso.datetime({ offset: true }), z.iso.date()]).optional(),
});

/** Answers a request; undefined when another service is asked. `now` only decides which part of an imported ticket is history. */
export function answerTo(
  event: Asked,
  clocks: (key: string) => Clock | undefined,
  rules: Rules,
  ticket: SlaTicket,
  now: Instant,
): Done | undefined {
  const { kind, id, body } = event.data;
  if (kind === 'charge') return { answer: { state: 'refused', code: 'sla/no-ledger', reason: 'time is not accounted to parties yet' } };
  if (kind !== 'extend') return undefined;
  try {
    const asked = Extend.safeParse(body);
    if (!asked.success) throw new Refused('sla/invalid-request', {}, 'names a clock and either a length of time or an instant');
    const spec = rules.clocks.find((s) => s.key === asked.data.clock);
    if (spec === undefined) throw new Refused('sla/no-such-clock', {}, 'the pack declares no such clock');
    const moved = extended(clocks(spec.key), spec, rules, ticket, { ...asked.data, request: id }, event.occurredAt, now);
    return { answer: { state: 'done' }, moved };
  } catch (error) {
    // business-time counts a century of a calendar, and no event carries a year after 9999. The event must not fail: the events of the ticket behind it
    // would wait for it.
    if (error instanceof RangeError)
      return { answer: { state: 'refused', code: 'sla/due-too-far', reason: 'the new deadline is more than a century away' } };
    if (!(error instanceof AppError)) throw error;
    return { answer: { state: 'refused', code: error.code, reason: error.message } };
  }
}

/**
 * The clock with its due instant moved. A clock that is overdue when the process asks stays so: a later approval will restate it with the clocks issue. Warnings whose
 * instant lies ahead are published again; one that was published and would be due before the extension is not.
 */
function extended(
  clock: Clock | undefined,
  spec: ClockSpec,
  rules: Rules,
  ticket: SlaTicket,
  asked: { by?: string | undefined; until?: string | undefined; request: string },
  at: Instant,
  now: Instant,
): Decision<Clock, EventDraft> {
  if (clock?.state !== 'running') throw new Conflict('sla/clock-not-running', {}, 'the clock is not running');
  if (clock.breachedAt !== undefined || ms(at) > ms(clock.dueAt)) throw new Conflict('sla/clock-breached', {}, 'the deadline has passed');
  const counting = rules.counting(clock.kind, spec);
  const dueAt = asked.until === undefined ? later(counting, clock.dueAt, asked.by ?? '') : dueGiven(asked.until, counting.calendar.zone);
  if (dueAt === undefined) throw new Refused('sla/invalid-request', {}, 'names neither a length of time nor an instant');
  if (ms(dueAt) >= END_OF_INSTANTS) throw new RangeError(`${dueAt} lies after the year 9999`);
  if (ms(dueAt) <= ms(at)) throw new Refused('sla/due-past', {}, 'the new deadline lies in the past');
  return afterMissedWarnings(clock, spec, rules, ticket, at, now, (c) => {
    const grown = burning(counting, c.dueAt, dueAt) - burning(counting, dueAt, c.dueAt);
    const whole = c.whole === undefined ? undefined : Math.max(0, c.whole + grown);
    const run = { sinceAt: at, dueAt, whole, warned: [], breachedAt: undefined };
    const ahead = new Set(pointsOf(spec, counting, run).flatMap((p) => (ms(p.at) > ms(at) ? p.key : [])));
    return extend(c, { dueAt, whole, warned: c.warned.filter((key) => !ahead.has(key)), request: asked.request }, at);
  });
}

/** Minutes and hours are counted as the clock counts them; the due instant of working days is the midnight that ends the last one. */
function later(c: Counting, dueAt: Instant, by: string): Instant | undefined {
  const [, digits = '', unit] = DURATION.exec(by) ?? [];
  const [n, due, zone] = [Number(digits), ms(dueAt), c.calendar.zone];
  const span = n * (unit === 'h' ? 3_600_000 : 60_000);
  switch (unit) {
    case 'min':
    case 'h':
      return iso(c.kind === 'hours' ? addOpenTime(c.calendar, due, span) : due + span);
    case 'd':
      return iso(addCalendarDays(zone, due, n));
    case 'wd':
      return iso(endOfWorkingDay(c.calendar, due - 1, n));
    case 'mo':
      return iso(addCalendarMonths(zone, due, n));
    default:
      return undefined;
  }
}
