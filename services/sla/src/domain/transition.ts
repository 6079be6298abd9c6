import { dispatch, type EventDraft } from '@gongdan/contracts';
import { type Decision, type Instant, ms } from '@gongdan/kernel';
import { type ClockSpec, dueGiven, factOf, type Facts, type Limit, limitOf, matches, type Trigger, triggered } from '@gongdan/packs';
import { cancel, type Clock, fire, may, pause, resume, start, stop } from './clock.js';
import { burning, DUE, dueOf, type History, kindOf, type Point, pointsOf } from './promise.js';
import { type Rules } from './rules.js';
import { factsAt, runOf, type SlaTicket, type TriggerEvent } from './ticket.js';

type ClockDecision = Decision<Clock, EventDraft>;

/**
 * What one event does to one clock; undefined when it does nothing. The instant that counts is `occurredAt` of the event: a late delivery shortens
 * no promise. `now` only decides which part of an imported ticket is history.
 */
export function clockAfter(
  clock: Clock | undefined,
  spec: ClockSpec,
  rules: Rules,
  ticket: SlaTicket,
  event: TriggerEvent,
  now: Instant,
): ClockDecision | undefined {
  const at = event.occurredAt;
  const facts = factsAt(ticket, event);
  const pulls = (triggers: readonly Trigger[] | undefined): boolean => triggered(triggers, event.name, facts);
  if (clock !== undefined) {
    const counting = rules.counting(clock.kind, spec);
    const end = (move: (c: Clock) => ClockDecision): ClockDecision => afterMissedWarnings(clock, spec, rules, ticket, at, now, move);
    if (may(clock.state, 'cancelled') && pulls(spec.cancel)) return end((c) => cancel(c, at));
    if (may(clock.state, 'stopped') && pulls(spec.stop)) return end((c) => stop(c, at));
    if (may(clock.state, 'cancelled') && isEarlier(clock.run, runOf(event)) && pulls(spec.start) && matches(spec.when, facts)) {
      const begun = startOf(clock, spec, rules, facts, event);
      if (begun) {
        const ended = end((c) => cancel(c, at));
        return { state: begun.state, events: [...ended.events, ...begun.events] };
      }
    }
    if (clock.state === 'running' && pulls(spec.pause)) return end((c) => pause(c, counting, at));
    if (clock.state === 'paused') return pulls(spec.resume) ? resume(clock, counting, at) : undefined;
    if (!may(clock.state, 'running')) return undefined;
  }
  return pulls(spec.start) && matches(spec.when, facts) ? startOf(clock, spec, rules, facts, event) : undefined;
}

// Nobody hears a clock of an earlier run any more: the work of the new run would have no promise.
function isEarlier(run: number | undefined, than: number | undefined): boolean {
  return run !== undefined && than !== undefined && run < than;
}

/** The warnings and the breach that may still fire for a clock; none unless it runs. */
export function openPoints(clock: Clock, spec: ClockSpec, rules: Rules, ticket: SlaTicket, now: Instant): Point[] {
  if (clock.state !== 'running') return [];
  return pointsOf(spec, rules.counting(clock.kind, spec), clock, historyOf(ticket.facts, spec, now));
}

function startOf(before: Clock | undefined, spec: ClockSpec, rules: Rules, facts: Facts, event: TriggerEvent): ClockDecision | undefined {
  const at = event.occurredAt;
  const limit = limitOf(spec, facts);
  const calendar = rules.calendarOf(spec);
  const dueAt = limit && dueOf(limit, calendar, at, givenDue(limit, facts, calendar.zone));
  if (limit === undefined || dueAt === undefined) return undefined;
  const kind = kindOf(limit);
  const whole = burning(rules.counting(kind, spec), at, dueAt);
  const { org, ticketId } = event;
  return start(before, { org, ticketId, key: spec.key, run: runOf(event), kind, calendar: spec.calendar, dueAt, whole }, at);
}

// An instant or a date that a form holds (P14, P21, P28) or that an imported ticket brought.
function givenDue(limit: Limit, facts: Facts, zone: string): Instant | undefined {
  if (!('field' in limit)) return importedHistory(facts)?.dueAt;
  return dueGiven(factOf(facts, limit.field.fact), zone);
}

/**
 * Publishes the warnings that were due before the clock moves, then moves it. They are missing when sla was down or waited at their instant; whether sla
 * was up must not change what is published. The move itself publishes the breach.
 */
export function afterMissedWarnings(
  clock: Clock,
  spec: ClockSpec,
  rules: Rules,
  ticket: SlaTicket,
  at: Instant,
  now: Instant,
  move: (c: Clock) => ClockDecision,
): ClockDecision {
  let current = clock;
  const events: EventDraft[] = [];
  for (const point of openPoints(clock, spec, rules, ticket, now)) {
    if (point.key === DUE || ms(point.at) >= ms(at)) continue;
    const warned = fire(current, point, at);
    current = warned.state;
    events.push(...warned.events);
  }
  const moved = move(current);
  return { state: moved.state, events: [...events, ...moved.events] };
}

function historyOf(facts: Facts, spec: ClockSpec, now: Instant): History | undefined {
  const history = importedHistory(facts);
  if (history === undefined) return undefined;
  return { seenAt: now, endsAt: endsWithTheCase(spec) ? history.closedAt : undefined };
}

function importedHistory(facts: Facts): { dueAt?: Instant; closedAt?: Instant } | undefined {
  return facts['imported'] === true ? (facts['history'] as { dueAt?: Instant; closedAt?: Instant }) : undefined;
}

function endsWithTheCase(spec: ClockSpec): boolean {
  return [...spec.stop, ...(spec.cancel ?? [])].some((t) => (typeof t === 'string' ? t : t.on) === dispatch.TicketClosed.name);
}
