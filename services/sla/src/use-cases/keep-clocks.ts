import { Injectable } from '@nestjs/common';
import { depthOf, dispatch, type EventDraft, type EventEnvelope, intake, sla } from '@gongdan/contracts';
import { type Decision, idOf, type Instant, NotFound, Unavailable } from '@gongdan/kernel';
import { causedBy, Outbox, PackRegistry, type PendingEvent, Watermarks } from '@gongdan/messaging';
import { type Pack } from '@gongdan/packs';
import { type Tx } from '@gongdan/platform';
import { followed } from '../domain/chain.js';
import { type Clock, type Origin } from '../domain/clock.js';
import { answerTo, type Asked } from '../domain/requests.js';
import { type Rules, rulesOf } from '../domain/rules.js';
import { type SlaTicket, ticketAfter, type TriggerEvent } from '../domain/ticket.js';
import { clockAfter, openPoints } from '../domain/transition.js';
import { type OwnedClock, type PointRow } from '../store/clock-columns.js';
import { clockId, ClocksStore } from '../store/clocks.store.js';

/** The tickets and clocks of a batch while its events are applied in memory. */
interface Batch {
  now: Instant;
  tickets: Map<string, SlaTicket>;
  changedTickets: Map<string, SlaTicket>;
  packs: Map<string, Pack>;
  clocks: Map<string, Clock>;
  /** The clocks that moved, with the event that moved each of them last. */
  moved: Map<string, Origin>;
  events: PendingEvent[];
}

/** Starts, pauses, resumes, stops, cancels and extends the clocks of the packs. It reads once for a batch, decides in memory and writes once. */
@Injectable()
export class KeepClocks {
  constructor(
    private readonly store: ClocksStore,
    private readonly packs: PackRegistry,
    private readonly outbox: Outbox,
    private readonly watermarks: Watermarks,
  ) {}

  async run(tx: Tx, events: readonly TriggerEvent[], now: Instant): Promise<void> {
    const batch = await this.read(tx, events, now);
    for (const event of events) await this.apply(batch, event);
    const clocks = movedClocks(batch);
    const points = clocks.flatMap((c) => this.pointsOf(batch, c.clock));
    await this.store.save(tx, { tickets: [...batch.changedTickets.values()], clocks, points });
    await this.outbox.appendAll(tx, batch.events);
  }

  private async read(tx: Tx, events: readonly TriggerEvent[], now: Instant): Promise<Batch> {
    const refs = [...new Map(events.map((e) => [ticketKey(e), { org: e.org, ticketId: e.ticketId }])).values()];
    const tickets = await this.store.lockTickets(tx, refs);
    // A ticket without a row has no clocks: a batch of registrations reads none.
    const clocks = tickets.length === 0 ? [] : await this.store.clocksOf(tx, refs);
    return {
      now,
      tickets: new Map(tickets.map((t) => [ticketKey({ org: t.org, ticketId: t.id }), t])),
      changedTickets: new Map(),
      packs: new Map(),
      clocks: new Map(clocks.map(({ clock }) => [clockId(clock), clock])),
      moved: new Map(),
      events: [],
    };
  }

  private async apply(batch: Batch, event: TriggerEvent): Promise<void> {
    const key = ticketKey(event);
    const before = batch.tickets.get(key);
    const pack = await this.packOf(before, event);
    const ticket = ticketAfter(before, event, pack);
    if (ticket === undefined) throw noSuchTicket(event);
    batch.tickets.set(key, ticket);
    if (ticket !== before) batch.changedTickets.set(key, ticket);
    batch.packs.set(key, pack);
    const rules = rulesOf(pack);
    for (const spec of rules.clocks) {
      const id = clockId({ ...event, key: spec.key });
      const decision = clockAfter(batch.clocks.get(id), spec, rules, ticket, event, batch.now);
      if (decision === undefined) continue;
      move(batch, id, decision, event);
    }
    if (event.name === dispatch.RequestAsked.name) answer(batch, event, ticket, rules);
  }

  private pointsOf(batch: Batch, clock: Clock): PointRow[] {
    const [ticket, pack] = [batch.tickets.get(ticketKey(clock)), batch.packs.get(ticketKey(clock))];
    const rules = pack && rulesOf(pack);
    const spec = rules?.clocks.find((s) => s.key === clock.key);
    if (ticket === undefined || rules === undefined || spec === undefined) return [];
    const { org, ticketId, key, gen } = clock;
    const part = this.watermarks.partitionOf(ticketId);
    return openPoints(clock, spec, rules, ticket, batch.now).map((p) => ({
      org,
      ticketId,
      clock: key,
      point: p.key,
      gen,
      dueAt: p.at,
      part,
    }));
  }

  private async packOf(ticket: SlaTicket | undefined, event: TriggerEvent): Promise<Pack> {
    const ref =
      event.name === intake.TicketRegistered.name ? event.data.pack : ticket && { key: ticket.packKey, version: ticket.packVersion };
    if (ref === undefined) throw noSuchTicket(event);
    const pack = await this.packs.get(event.org, ref.key, ref.version);
    if (pack === undefined) throw new Unavailable('sla/pack-not-here');
    return pack;
  }
}

function move(batch: Batch, id: string, { state, events }: Decision<Clock, EventDraft>, event: TriggerEvent): void {
  const { correlationId, id: causationId, traceparent } = event;
  const depth = depthOf(event);
  const cause = causedBy(event, 'sla');
  batch.clocks.set(id, state);
  batch.moved.set(id, { correlationId, causationId, traceparent, depth });
  batch.events.push(...followed(events, state, depth).map((draft) => ({ draft, cause })));
}

// The answer commits with what it says, and with the mark of the request: each is done once.
function answer(batch: Batch, event: Asked, ticket: SlaTicket, rules: Rules): void {
  const { org, ticketId, occurredAt } = event;
  const clockOf = (key: string): Clock | undefined => batch.clocks.get(clockId({ org, ticketId, key }));
  const done = answerTo(event, clockOf, rules, ticket, batch.now);
  if (done === undefined) return;
  if (done.moved !== undefined) move(batch, clockId(done.moved.state), done.moved, event);
  const depth = depthOf(event);
  const { id, kind } = event.data;
  const data = { id, kind, ...done.answer, answeredAt: batch.now, ...(depth === 0 ? {} : { cause: { depth } }) };
  const draft = sla.RequestAnswered.of({ id: idOf('answer', org, ticketId, id), org, ticketId, occurredAt, data });
  batch.events.push({ draft, cause: causedBy(event, 'sla') });
}

function movedClocks(batch: Batch): OwnedClock[] {
  return [...batch.moved].flatMap(([id, origin]) => {
    const clock = batch.clocks.get(id);
    return clock === undefined ? [] : [{ clock, origin }];
  });
}

function ticketKey(t: { org: string; ticketId: string }): string {
  return `${t.org}|${t.ticketId}`;
}

function noSuchTicket(event: EventEnvelope): NotFound {
  return new NotFound('sla/no-such-ticket', { details: { ticketId: event.ticketId } });
}
