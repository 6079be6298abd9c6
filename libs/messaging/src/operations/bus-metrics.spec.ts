import { Controller, Module } from '@nestjs/common';
import { type EventOf, intake, sla, TICKETS, toWire } from '@gongdan/contracts';
import { newId } from '@gongdan/kernel';
import { serviceConfig, type ServiceDefinition } from '@gongdan/platform';
import { eventually } from '@gongdan/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type HandlerContext } from '../inbox/event-handler.js';
import { OnEvent } from '../inbox/on-event.js';
import { type OutgoingMessage } from '../kafka/bus.js';
import { Outbox } from '../outbox/outbox.js';
import { MemoryBus, signedBy, TestService } from '../testing.js';

const WITHDRAWN = intake.TicketWithdrawn;
const AT = '2026-03-02T09:00:00.000Z';
const SLOW_MS = 300;
const pause = (ms: number) => new Promise<void>((wake) => setTimeout(wake, ms));

const nothing = (): void => undefined;
let release = nothing;

@Controller()
class ReasonsController {
  constructor(private readonly outbox: Outbox) {}

  @OnEvent(WITHDRAWN)
  async withdrawn({ org, ticketId, data, correlationId }: EventOf<typeof WITHDRAWN>, { tx }: HandlerContext): Promise<void> {
    if (data.reason === 'broken') throw new TypeError('a bug');
    if (data.reason === 'slow') await pause(SLOW_MS);
    if (data.reason === 'held') await new Promise<void>((resolve) => (release = resolve));
    if (data.reason !== 'publishing') return;
    const draft = sla.ClockCancelled.of({ org, ticketId, occurredAt: AT, data: { clock: 'service', gen: 1, cancelledAt: AT } });
    await this.outbox.append(tx, [draft], { correlationId, actor: { id: 'system:sla' } });
  }
}

@Module({ controllers: [ReasonsController] })
class ReasonsModule {}

const definition: ServiceDefinition = { name: 'sla', module: ReasonsModule, config: serviceConfig('sla', {}), migrations: [] };

/** A bus that acknowledges what is published about tickets after a while, or when the test allows it. */
class SlowBus extends MemoryBus {
  acknowledged: () => Promise<void> = async () => undefined;

  override async publish(topic: string, messages: readonly OutgoingMessage[]): Promise<void> {
    if (topic === TICKETS.name && messages.some((m) => m.headers['ce_source'] === '/gongdan/sla')) await this.acknowledged();
    await super.publish(topic, messages);
  }
}

/** What the metrics of the bus say, compared with what docs/metrics.md says about them. */
describe('the metrics of the bus', () => {
  const bus = new SlowBus({ twice: false });
  let s: TestService;
  let before: Map<string, number>;
  beforeAll(async () => {
    s = await TestService.start(definition, { bus });
  });
  afterEach(() => {
    bus.acknowledged = async () => undefined;
    release();
  });
  afterAll(() => s.close());

  const draftOf = (ticketId: string, reason: string) =>
    WITHDRAWN.of({ org: 'acme', ticketId, occurredAt: AT, data: { reason, withdrawnAt: AT } });

  async function scrape(): Promise<Map<string, number>> {
    const { text } = await s.call('GET', '/metrics', { as: null });
    const samples = text.split('\n').filter((line) => line.startsWith('gongdan_'));
    return new Map(samples.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]));
  }
  const nameOf = (metric: string, labels: string) => `${metric}{${labels === '' ? '' : `${labels},`}service="sla"}`;
  /** By how much a counter grew since `before`. */
  const grown = async (metric: string, labels = '') => {
    const name = nameOf(metric, labels);
    return ((await scrape()).get(name) ?? 0) - (before.get(name) ?? 0);
  };
  const gauge = async (what: string) => (await scrape()).get(nameOf('gongdan_bus', `what="${what}"`));
  /** All outcomes that grew. */
  const outcomes = async (): Promise<Record<string, number>> => {
    const names = ['applied', 'duplicate', 'ignored', 'waiting', 'parked', 'unproven', 'conflicting'];
    const now = await scrape();
    const all = names.map((name) => {
      const sample = nameOf('gongdan_events_total', `outcome="${name}"`);
      return [name, (now.get(sample) ?? 0) - (before.get(sample) ?? 0)] as const;
    });
    return Object.fromEntries(all.filter(([, n]) => n !== 0));
  };

  it('gongdan_apply_seconds holds one batch with the time of its handlers', async () => {
    before = await scrape();
    await s.deliver(draftOf(newId(), 'slow'));
    await eventually(async () => expect(await outcomes()).toEqual({ applied: 1 }));
    expect(await grown('gongdan_apply_seconds_count')).toBe(1);
    expect(await grown('gongdan_apply_seconds_sum')).toBeGreaterThanOrEqual(SLOW_MS / 1_000 - 0.002);
    expect(await grown('gongdan_apply_seconds_sum')).toBeLessThan(5);
    expect(await grown('gongdan_apply_seconds_bucket', 'le="0.25"')).toBe(0);
    expect(await grown('gongdan_apply_seconds_bucket', 'le="+Inf"')).toBe(1);
  });

  it('gongdan_relay_seconds holds one batch with the time until its acknowledgement, and the event counts as published', async () => {
    before = await scrape();
    bus.acknowledged = () => pause(SLOW_MS);
    await s.deliver(draftOf(newId(), 'publishing'));
    await eventually(async () => expect(await grown('gongdan_events_published_total')).toBe(1));
    expect(await grown('gongdan_relay_seconds_count')).toBe(1);
    expect(await grown('gongdan_relay_seconds_sum')).toBeGreaterThanOrEqual(SLOW_MS / 1_000 - 0.002);
    expect(await grown('gongdan_relay_seconds_sum')).toBeLessThan(5);
    expect(await grown('gongdan_relay_seconds_bucket', 'le="0.25"')).toBe(0);
  });

  it('gongdan_events_total counts a record under what became of it', async () => {
    const ticketId = newId();
    before = await scrape();
    const event = await s.deliver(draftOf(ticketId, 'first'));
    await eventually(async () => expect(await outcomes()).toEqual({ applied: 1 }));
    await s.deliver(draftOf(ticketId, 'first'), { seq: 1, id: event.id });
    await eventually(async () => expect(await outcomes()).toEqual({ applied: 1, duplicate: 1 }));
    await s.deliver(draftOf(ticketId, 'other'), { seq: 1 });
    await eventually(async () => expect(await outcomes()).toEqual({ applied: 1, duplicate: 1, parked: 1, conflicting: 1 }));
    before = await scrape();
    const forged = toWire({ ...event, id: newId(), seq: 2 }, JSON.stringify(event.data));
    await bus.publish(TICKETS.name, [forged]);
    await eventually(async () => expect(await outcomes()).toEqual({ parked: 1, unproven: 1 }));
    before = await scrape();
    const strange = toWire({ ...event, id: newId(), seq: 2, name: 'intake.not-known-here' }, '{}');
    await bus.publish(TICKETS.name, signedBy('intake', TICKETS.name, [strange]));
    await eventually(async () => expect(await outcomes()).toEqual({ ignored: 1 }));
    before = await scrape();
    await s.deliver(draftOf(ticketId, 'fourth'), { seq: 4 });
    await eventually(async () => expect(await outcomes()).toEqual({ waiting: 1 }));
  });

  it('counts a record whose handler fails, and one behind it, once each as parked', async () => {
    const ticketId = newId();
    before = await scrape();
    const rows = (await gauge('parked_rows')) ?? 0;
    await s.deliver(draftOf(ticketId, 'broken'));
    await eventually(async () => expect(await outcomes()).toEqual({ parked: 1 }));
    await s.deliver(draftOf(ticketId, 'behind it'));
    await eventually(async () => expect(await outcomes()).toEqual({ parked: 2 }));
    expect((await gauge('parked_rows')) ?? 0).toBe(rows + 2);
    expect(await gauge('parked_oldest_seconds')).toBeGreaterThan(0);
  });

  it('gongdan_bus shows the outbox and its age while the broker does not acknowledge', async () => {
    let acknowledge = (): void => undefined;
    const held = new Promise<void>((resolve) => (acknowledge = resolve));
    bus.acknowledged = () => held;
    await s.deliver(draftOf(newId(), 'publishing'));
    await eventually(async () => expect(await gauge('outbox_rows')).toBe(1));
    await eventually(async () => expect(await gauge('outbox_oldest_seconds')).toBeGreaterThan(1));
    expect(await gauge('outbox_oldest_seconds')).toBeLessThan(30);
    acknowledge();
    await eventually(async () => expect([await gauge('outbox_rows'), await gauge('outbox_oldest_seconds')]).toEqual([0, 0]));
  });

  it('gongdan_bus shows the messages that a handler keeps waiting as lag, and the age of a gap', async () => {
    expect(await gauge('gap_oldest_seconds')).toBeGreaterThan(0);
    await eventually(async () => expect(await gauge('lag')).toBe(0));
    await s.deliver(draftOf(newId(), 'held'));
    await eventually(async () => expect(await gauge('lag')).toBe(1));
    // The message counts as lag before its handler waits.
    await eventually(() => expect(release).not.toBe(nothing));
    release();
    await eventually(async () => expect(await gauge('lag')).toBe(0));
  });
});
