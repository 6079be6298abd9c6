import { Injectable } from '@nestjs/common';
import { type EventEnvelope, type EventOf, intake } from '@gongdan/contracts';
import { type Decision, NotFound, Unavailable } from '@gongdan/kernel';
import { causedBy, Outbox, PackShelf, type Said } from '@gongdan/messaging';
import { type Facts, limitOf, matches, ticketFacts, triggered } from '@gongdan/packs';
import { SystemClock, type Tx } from '@gongdan/platform';
import { cancel, type Clock, may, type Origin, pause, resume, start, stop } from '../domain/clock.js';
import { dueOf, kindOf, type Point, pointsOf } from '../domain/promise.js';
import { type Rules, rulesOf } from '../domain/rules.js';
import { ClocksStore, type SlaTicket, ticketKey } from '../store/clocks.store.js';

interface Work {
  tickets: Map<string, SlaTicket>;
  clocks: Map<string, Clock>;
  touchedTickets: Set<string>;
  /** Which clocks the batch moved, and which event moved them last. */
  touchedClocks: Map<string, Origin>;
  said: Said[];
}

const clockKey = (org: string, ticketId: string, key: string): string => `${org}|${ticketId}|${key}`;

/** Starts, pauses, resumes, stops and cancels the pack's clocks as the events of a batch tell; reads once, decides in memory, writes once. */
@Injectable()
export class KeepClocks {
  constructor(
    private readonly store: ClocksStore,
    private readonly packs: PackShelf,
    private readonly outbox: Outbox,
    private readonly clock: SystemClock,
  ) {}

  async run(tx: Tx, events: readonly EventEnvelope[]): Promise<void> {
    const keys = [...new Map(events.map((e) => [ticketKey(e), { org: e.org, ticketId: e.ticketId }])).values()];
    const tickets = new Map((await this.store.lockTickets(tx, keys)).map((t) => [ticketKey({ org: t.org, ticketId: t.id }), t]));
    const clocks = new Map((await this.store.clocksOf(tx, keys)).map(({ clock: c }) => [clockKey(c.org, c.ticketId, c.key), c]));
    const work: Work = { tickets, clocks, touchedTickets: new Set(), touchedClocks: new Map(), said: [] };
    const rules = new Map<string, Rules>();
    for (const e of events) {
      const ticket = this.ticketAfter(work, e, await this.factsOf(e));
      const pack = await this.packs.get(ticket.org, ticket.pack_key, ticket.pack_version);
      if (!pack) throw new Unavailable('sla/pack-not-heard-yet');
      rules.set(ticketKey(e), rulesOf(pack));
      this.turn(work, ticket, rulesOf(pack), e);
    }
    await this.store.saveTickets(tx, [...work.touchedTickets].flatMap((k) => work.tickets.get(k) ?? []));
    const changed = [...work.touchedClocks].flatMap(([k, origin]) => {
      const clock = work.clocks.get(k);
      return clock ? [{ clock, origin }] : [];
    });
    await this.store.saveClocks(
      tx,
      changed,
      changed.flatMap(({ clock }) => this.openPoints(clock, rules.get(ticketKey(clock)))),
    );
    await this.outbox.appendAll(tx, work.said);
  }

  private async factsOf(e: EventEnvelope): Promise<Facts | undefined> {
    if (e.name !== intake.TicketRegistered.name) return undefined;
    const d = e.data as EventOf<typeof intake.TicketRegistered>['data'];
    const pack = await this.packs.get(e.org, d.pack.key, d.pack.version);
    if (!pack) throw new Unavailable('sla/pack-not-heard-yet');
    return ticketFacts(pack.catalogue, d);
  }

  private ticketAfter(work: Work, e: EventEnvelope, registeredFacts: Facts | undefined): SlaTicket {
    const key = ticketKey(e);
    let ticket = work.tickets.get(key);
    if (registeredFacts) {
      const d = e.data as EventOf<typeof intake.TicketRegistered>['data'];
      ticket = { org: e.org, id: e.ticketId, pack_key: d.pack.key, pack_version: d.pack.version, unit: null, number: d.number, facts: { ...registeredFacts } };
    } else if (!ticket) {
      throw new NotFound('sla/no-such-ticket', { details: { ticketId: e.ticketId } });
    } else if (e.name === intake.TicketAmended.name) {
      const d = e.data as EventOf<typeof intake.TicketAmended>['data'];
      // Running promises keep their limit: a correction is not a new promise (SL-10 comes with policies).
      ticket = { ...ticket, facts: { ...ticket.facts, ...(d.category === undefined ? {} : { category: d.category }), ...(d.priority === undefined ? {} : { priority: d.priority }) } };
    } else {
      const unit = (e.data as { case?: { unit?: string } }).case?.unit;
      if (unit === undefined || unit === ticket.unit) return ticket;
      ticket = { ...ticket, unit };
    }
    work.tickets.set(key, ticket);
    work.touchedTickets.add(key);
    return ticket;
  }

  private turn(work: Work, ticket: SlaTicket, rules: Rules, e: EventEnvelope): void {
    const facts: Facts = { ...ticket.facts, event: e.data, case: (e.data as { case?: unknown }).case };
    for (const spec of rules.clocks) {
      const key = clockKey(e.org, e.ticketId, spec.key);
      const current = work.clocks.get(key);
      const decision = this.decide(current, spec, rules, ticket, facts, e);
      if (!decision) continue;
      work.clocks.set(key, decision.state);
      work.touchedClocks.set(key, { correlationId: e.correlationId, causationId: e.id, traceparent: e.traceparent });
      const cause = causedBy(e, 'sla');
      work.said.push(...decision.events.map((draft) => ({ draft, cause })));
    }
  }

  private decide(current: Clock | undefined, spec: Rules['clocks'][number], rules: Rules, ticket: SlaTicket, facts: Facts, e: EventEnvelope): Decision<Clock, Said['draft']> | undefined {
    // The instant that counts is the event's own: a late delivery must not cost anybody time.
    const at = e.occurredAt;
    const pulls = (triggers: Parameters<typeof triggered>[0]): boolean => triggered(triggers, e.name, facts);
    if (current && may(current.state, 'cancelled') && pulls(spec.cancel)) return cancel(current, at);
    if (current && may(current.state, 'stopped') && pulls(spec.stop)) return stop(current, at);
    if (current && current.state === 'running' && pulls(spec.pause)) return pause(current, rules.counting(current.kind, spec), at);
    if (current && current.state === 'paused' && pulls(spec.resume)) return resume(current, rules.counting(current.kind, spec), at);
    if ((current && !may(current.state, 'running')) || current?.state === 'paused' || !pulls(spec.start) || !matches(spec.when, facts)) return undefined;
    const limit = limitOf(spec, facts);
    const history = ticket.facts['history'] as { dueAt?: string } | undefined;
    const dueAt = limit && dueOf(limit, rules.calendarOf(spec), at, history?.dueAt);
    if (!limit || dueAt === undefined) return undefined;
    return start(current, { org: e.org, ticketId: e.ticketId, key: spec.key, kind: kindOf(limit), calendar: spec.calendar, dueAt }, at);
  }

  private openPoints(c: Clock, rules: Rules | undefined): (Point & { clock: Clock })[] {
    const spec = rules?.clocks.find((s) => s.key === c.key);
    if (!rules || !spec || c.state !== 'running') return [];
    const now = this.clock.now();
    return (
      pointsOf(spec, rules.counting(c.kind, spec), c.sinceAt, c.dueAt)
        // A broken promise is declared once; a warning that was due before we heard of the clock (history) warns nobody.
        .filter((p) => (p.key === 'due' ? c.breachedAt === undefined : p.at > c.sinceAt && (p.at > now || !isHistory(c, now))))
        .map((p) => ({ ...p, clock: c }))
    );
  }
}

const DAY = 86_400_000;

/** Started over a day before we heard of it: an import, not an outage of ours. */
function isHistory(c: Clock, now: string): boolean {
  return Date.parse(now) - Date.parse(c.startedAt) > DAY && c.kind === 'fixed';
}
