import { dispatch, type EventDraft, type EventEnvelope, intake, PACKS, TICKETS, toWire } from '@gongdan/contracts';
import { idOf, newId } from '@gongdan/kernel';
import { type BusMessage, type OutgoingMessage } from '@gongdan/messaging';
import { signedBy, TestService, type TestServiceOptions } from '@gongdan/messaging/testing';
import { type PackFormat1 as Pack } from '@gongdan/packs';
import { loadPack, packFolder } from '@gongdan/packs/files';
import { sla } from '../src/sla.module.js';

export const HOUR = 3_600_000;
export const ORG = 'acme';
export const starter = loadPack(packFolder('starter'));
export const city = loadPack(packFolder('city-311'));

type Registered = Parameters<typeof intake.TicketRegistered.of>[0]['data'];
export type CaseState = Parameters<typeof dispatch.TicketAccepted.of>[0]['data']['case']['state'];

export interface ClockItem {
  clock: string;
  state: string;
  gen: number;
  dueAt: string;
  startedAt: string;
  breachedAt: string | null;
  outcome: string | null;
}

/** Two replicas of sla on one database, with both shipped packs in force for `acme`. */
export class SlaService {
  private constructor(
    readonly service: TestService,
    readonly replica: TestService,
    /** The instant at which the service was started. */
    readonly now: string,
  ) {}

  static async start(options: TestServiceOptions = {}): Promise<SlaService> {
    const service = await TestService.start(sla, options);
    const replica = await TestService.start(sla, { ...options, bus: service.bus, database: service.database });
    const s = new SlaService(service, replica, service.running.app.clock.now());
    for (const pack of [starter, city]) await service.deliver(published(pack, ORG, s.now));
    return s;
  }

  async close(): Promise<void> {
    await this.replica.close();
    await this.service.close();
  }

  /** Stops the watermarks of intake and dispatch: sla then receives only those that `service.stateWatermark` publishes. */
  async pauseWatermarks(): Promise<void> {
    for (const one of [this.service, this.replica]) await one.pauseWatermarks();
  }

  resumeWatermarks(): void {
    for (const one of [this.service, this.replica]) one.resumeWatermarks();
  }

  /** Delivers the registration of a new ticket. */
  async register(at = this.now, over: Partial<Registered> = {}, org = ORG, ticketId = newId()): Promise<string> {
    await this.service.deliver(registration(ticketId, at, over, org));
    return ticketId;
  }

  /** Delivers the dispatch of a ticket to the unit. */
  async dispatched(ticketId: string, at: string, unit = 'network', org = ORG): Promise<void> {
    await this.service.deliver(dispatched(ticketId, at, unit, org));
  }

  /** A registered ticket of the city pack that has been dispatched: one clock, 14 days, with a warning after 80 %. */
  async cityTicket(at: string, unit?: string, id = newId()): Promise<string> {
    const ticketId = await this.register(at, CITY, ORG, id);
    await this.dispatched(ticketId, at, unit);
    return ticketId;
  }

  deliver(draft: EventDraft, more: Partial<EventEnvelope> = {}): Promise<EventEnvelope> {
    return this.service.deliver(draft, more);
  }

  suspended(ticketId: string, at: string, version = 2): Promise<EventEnvelope> {
    return this.deliver(suspension(ticketId, at, version));
  }

  resumed(ticketId: string, at: string, version = 3): Promise<EventEnvelope> {
    return this.deliver(resumption(ticketId, at, version));
  }

  replied(ticketId: string, at: string, version = 2): Promise<EventEnvelope> {
    const data = { ...caseAt('replied', version, at), text: 'done' };
    return this.deliver(dispatch.TicketReplied.of({ org: ORG, ticketId, occurredAt: at, data }));
  }

  closed(ticketId: string, at: string, version = 2): Promise<EventEnvelope> {
    return this.deliver(dispatch.TicketClosed.of({ org: ORG, ticketId, occurredAt: at, data: caseAt('closed', version, at) }));
  }

  /** Applies the registration, the dispatch and the closing of a city ticket in one batch, as after an outage. */
  async applyAtOnce(ticketId: string, at: string, closedAt: string): Promise<void> {
    const drafts = [registration(ticketId, at, CITY), dispatched(ticketId, at)];
    const closing = dispatch.TicketClosed.of({ org: ORG, ticketId, occurredAt: closedAt, data: caseAt('closed', 2, closedAt) });
    await this.service.running.server.consumer.apply([...drafts.map((d, i) => message(d, i)), message(closing, 2, 2)]);
  }

  /** What sla has published about the ticket: `clock-warned resolve eighty-percent`. */
  published(ticketId: string): string[] {
    return this.service.emitted(ticketId).map((e) => {
      const { clock, threshold } = e.data as { clock: string; threshold?: string };
      return [e.name.slice('sla.'.length), clock, ...(threshold === undefined ? [] : [threshold])].join(' ');
    });
  }

  /** The data of the events with that name. */
  dataOf(ticketId: string, name: string): Record<string, unknown>[] {
    const named = this.service.emitted(ticketId).filter((e) => e.name === `sla.${name}`);
    return named.map((e) => e.data as Record<string, unknown>);
  }

  async clocksOf(ticketId: string, org = ORG): Promise<ClockItem[]> {
    const answer = await this.service.call('GET', `/v1/tickets/${ticketId}/clocks`, { as: { org } });
    return (answer.body['items'] ?? []) as ClockItem[];
  }

  /** Moves the clock of both replicas and of their database. */
  async shift(offsetMs: number): Promise<void> {
    const answer = await this.service.call('PUT', '/v1/clock', { body: { offsetMs } });
    if (answer.status !== 200) throw new Error(`the clock was not shifted: ${answer.text}`);
  }
}

export const CITY: Partial<Registered> = { pack: { key: 'city-311', version: city.pack.version }, priority: 'ordinary', category: 'noise' };

export function caseAt(state: CaseState, version: number, at: string, unit = 'network') {
  return { case: dispatch.caseOfOneTask({ step: state, state, unit, version }), at };
}

export function registration(ticketId: string, at: string, over: Partial<Registered> = {}, org = ORG): EventDraft {
  const data: Registered = {
    number: `N-${ticketId.slice(-6)}`,
    pack: { key: 'starter', version: starter.pack.version },
    channel: 'phone',
    type: 'complaint',
    category: 'network',
    priority: 'urgent',
    title: 'x',
    description: '',
    language: 'en',
    hasEmail: false,
    registeredAt: at,
    ...over,
  };
  return intake.TicketRegistered.of({ org, ticketId, occurredAt: at, data });
}

export function dispatched(
  ticketId: string,
  at: string,
  unit = 'network',
  org = ORG,
  more: { why?: 'routed' | 'returned' | 'reopened'; hop?: number } = {},
): EventDraft {
  const hop = more.hop ?? 1;
  const data = { ...caseAt('dispatched', hop, at, unit), decision: newId(), rule: 'r', why: more.why ?? ('routed' as const), hop };
  return dispatch.TicketDispatched.of({ org, ticketId, occurredAt: at, data });
}

export function suspension(ticketId: string, at: string, version = 2): EventDraft {
  const data = { ...caseAt('suspended', version, at), reasonClass: 'customer' as const, reason: 'away' };
  return dispatch.TicketSuspended.of({ org: ORG, ticketId, occurredAt: at, data });
}

export function resumption(ticketId: string, at: string, version = 3): EventDraft {
  return dispatch.TicketResumed.of({ org: ORG, ticketId, occurredAt: at, data: caseAt('accepted', version, at) });
}

export function published(pack: Pack, org: string, at: string): EventDraft {
  const { key, version } = pack.pack;
  return dispatch.PackPublished.of({
    org,
    ticketId: idOf(org, key),
    occurredAt: at,
    data: { key, version, digest: 'x', pack: { ...pack } },
  });
}

/** An event as it comes from Kafka, for `consumer.apply`. */
export function message(draft: EventDraft, position: number, seq = 1): BusMessage {
  const producer = draft.name.startsWith('intake.') ? ('intake' as const) : ('dispatch' as const);
  const event = { ...draft, id: newId(), producer, seq, correlationId: 'c', actor: { id: 'tester' } };
  const topic = draft.name === dispatch.PackPublished.name ? PACKS.name : TICKETS.name;
  const [signed] = signedBy(producer, topic, [toWire(event, JSON.stringify(draft.data))]) as [OutgoingMessage];
  return { ...signed, topic, partition: 0, position: String(position) };
}
