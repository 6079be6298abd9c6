import { Injectable } from '@nestjs/common';
import { dispatch, type EventEnvelope, type EventOf, intake } from '@gongdan/contracts';
import { type Decision, NotFound, Unavailable } from '@gongdan/kernel';
import { causedBy, Outbox, PackRegistry, type PendingEvent } from '@gongdan/messaging';
import { type Facts, limitOf, matches, type Pack, ticketFacts, triggered } from '@gongdan/packs';
import { type Tx } from '@gongdan/platform';
import { cancel, type Clock, may, type Origin, pause, resume, start, stop } from '../domain/clock.js';
import { burning, dueOf, kindOf, type Point, pointsOf } from '../domain/promise.js';
import { amended, type Rules, rulesOf } from '../domain/rules.js';
import { ClocksStore, type OwnedClock, type SlaTicket, ticketKey } from '../store/clocks.store.js';

type Registered = EventOf<typeof intake.TicketRegistered>['data'];

interface Work {
  tickets: Map<string, SlaTicket>;
  clocks: Map<string, Clock>;
  touchedTickets: Set<string>;
  /** Which clocks the batch moved, and which event moved them last. */
  touchedClocks: Map<string, Origin>;
  said: PendingEvent[];
}

const clockKey = (org: string, ticketId: string, key: string): string => `${org}|${ticketId}|${key}`;

/** Starts, pauses, resumes, stops and cancels the pack's clocks as the events of a batch tell; reads once, decides in memory, writes once. */
@Injectable()
export class KeepClocks {
  constructor(
    private readonly store: ClocksStore,
    private readonly packs: PackRegistry,
    private readonly outbox: Outbox,
  ) {}

  async run(tx: Tx, events: readonly EventEnvelope[]): Promise<void> {
    const keys = [...new Map(events.map((e) => [ticketKey(e), { org: e.org, ticketId: e.ticketId }])).values()];
    const tickets = new Map((await this.store.lockTickets(tx, keys)).map((t) => [ticketKey({ org: t.org, ticketId: t.id }), t]));
    const clocks = new Map((await this.store.clocksOf(tx, keys)).map(({ clock: c }) => [clockKey(c.org, c.ticketId, c.key), c]));
    const work: Work = { tickets, clocks, touchedTickets: new Set(), touchedClocks: new Map(), said: [] };
    const rules = new Map<string, Rules>();
    for (const e of events) {
      const pack = await this.packOf(work, e);
      const ticket = this.ticketAfter(work, e, pack);
      rules.set(ticketKey(e), rulesOf(pack));
      this.turn(work, ticket, rulesOf(pack), e);
    }
    await this.store.saveTickets(
      tx,
      [...work.touchedTickets].flatMap((k) => work.tickets.get(k) ?? []),
    );
    const changed = [...work.touchedClocks].flatMap(([k, origin]) => {
      const clock = work.clocks.get(k);
      return clock ? [{ clock, origin }] : [];
    });
    await this.store.saveClocks(tx, changed, await this.openPoints(tx, work, rules, changed));
    await this.outbox.appendAll(tx, work.said);
  }

  private async packOf(work: Work, e: EventEnvelope): Promise<Pack> {
    const ticket = work.tickets.get(ticketKey(e));
    const ref =
      e.name === intake.TicketRegistered.name
        ? (e.data as Registered).pack
        : ticket && { key: ticket.pack_key, version: ticket.pack_version };
    if (!ref) throw new NotFound('sla/no-such-ticket', { details: { ticketId: e.ticketId } });
    const pack = await this.packs.get(e.org, ref.key, ref.version);
    if (!pack) throw new Unavailable('sla/pack-not-heard-yet');
    return pack;
  }

  private ticketAfter(work: Work, e: EventEnvelope, pack: Pack): SlaTicket {
    const key = ticketKey(e);
    let ticket = work.tickets.get(key);
    if (e.name === intake.TicketRegistered.name) {
      const d = e.data as Registered;
      ticket = {
        org: e.org,
        id: e.ticketId,
        pack_key: d.pack.key,
        pack_version: d.pack.version,
        unit: null,
        number: d.number,
        facts: { ...ticketFacts(pack.catalogue, d) },
      };
    } else if (!ticket) {
      throw new NotFound('sla/no-such-ticket', { details: { ticketId: e.ticketId } });
    } else if (e.name === intake.TicketAmended.name) {
      // Running promises keep their limit: a correction is not a new promise (SL-10 comes with policies).
      ticket = { ...ticket, facts: amended(ticket.facts, e.data as EventOf<typeof intake.TicketAmended>['data'], pack.catalogue) };
    } else {
      const kase = (e.data as { case?: { unit?: string } }).case;
      const unit = kase?.unit ?? null;
      // Unroutable, it has no unit any more.
      if (kase === undefined || unit === ticket.unit) return ticket;
      ticket = { ...ticket, unit };
    }
    work.tickets.set(key, ticket);
    work.touchedTickets.add(key);
    return ticket;
  }

  private async openPoints(
    tx: Tx,
    work: Work,
    rules: ReadonlyMap<string, Rules>,
    changed: readonly OwnedClock[],
  ): Promise<(Point & { clock: Clock })[]> {
    const factsOf = (c: Clock): Facts => work.tickets.get(ticketKey(c))?.facts ?? {};
    const seenAt = changed.some((o) => factsOf(o.clock)['imported'] === true) ? await this.store.now(tx) : undefined;
    return changed.flatMap(({ clock }) => {
      const of = rules.get(ticketKey(clock));
      const spec = of?.clocks.find((s) => s.key === clock.key);
      if (!of || !spec || clock.state !== 'running') return [];
      const facts = factsOf(clock);
      const history =
        facts['imported'] === true && seenAt !== undefined
          ? { seenAt, endsAt: endsWithTheCase(spec) ? (facts['history'] as Registered['history'])?.closedAt : undefined }
          : undefined;
      return pointsOf(spec, of.counting(clock.kind, spec), clock, history).map((p) => ({ ...p, clock }));
    });
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

  private decide(
    current: Clock | undefined,
    spec: Rules['clocks'][number],
    rules: Rules,
    ticket: SlaTicket,
    facts: Facts,
    e: EventEnvelope,
  ): Decision<Clock, PendingEvent['draft']> | undefined {
    // The instant that counts is the event's own: a late delivery must not cost anybody time.
    const at = e.occurredAt;
    const pulls = (triggers: Parameters<typeof triggered>[0]): boolean => triggered(triggers, e.name, facts);
    if (current && may(current.state, 'cancelled') && pulls(spec.cancel)) return cancel(current, at);
    if (current && may(current.state, 'stopped') && pulls(spec.stop)) return stop(current, at);
    if (current && current.state === 'running' && pulls(spec.pause)) return pause(current, rules.counting(current.kind, spec), at);
    if (current && current.state === 'paused' && pulls(spec.resume)) return resume(current, rules.counting(current.kind, spec), at);
    if ((current && !may(current.state, 'running')) || current?.state === 'paused' || !pulls(spec.start) || !matches(spec.when, facts))
      return undefined;
    const limit = limitOf(spec, facts);
    const history = ticket.facts['history'] as { dueAt?: string } | undefined;
    const dueAt = limit && dueOf(limit, rules.calendarOf(spec), at, history?.dueAt);
    if (!limit || dueAt === undefined) return undefined;
    const whole = burning(rules.counting(kindOf(limit), spec), at, dueAt);
    return start(
      current,
      { org: e.org, ticketId: e.ticketId, key: spec.key, kind: kindOf(limit), calendar: spec.calendar, dueAt, whole },
      at,
    );
  }
}

function endsWithTheCase(spec: Rules['clocks'][number]): boolean {
  return [...spec.stop, ...(spec.cancel ?? [])].some((t) => (typeof t === 'string' ? t : t.on) === dispatch.TicketClosed.name);
}
