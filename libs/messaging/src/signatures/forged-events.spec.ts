import { generateKeyPairSync } from 'node:crypto';
import { Controller, Module } from '@nestjs/common';
import { dispatch, type EventEnvelope, type EventOf, intake, PACKS, REPUBLISH, TICKETS, toWire, WATERMARKS } from '@gongdan/contracts';
import { newId } from '@gongdan/kernel';
import { migration, serviceConfig, type ServiceDefinition } from '@gongdan/platform';
import { eventually } from '@gongdan/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { askForGaps } from '../inbox/gaps.js';
import { type HandlerContext } from '../inbox/event-handler.js';
import { Watermarks } from '../inbox/watermarks.js';
import { OnEvent } from '../inbox/on-event.js';
import { type BusMessage, type OutgoingMessage } from '../kafka/bus.js';
import { runService } from '../run-service.js';
import { MemoryBus, signedBy, TestService } from '../testing.js';

const WITHDRAWN = intake.TicketWithdrawn;
const AT = '2026-03-02T09:00:00.000Z';

@Controller()
class ReasonsController {
  @OnEvent(WITHDRAWN)
  async withdrawn(e: EventOf<typeof WITHDRAWN>, { tx }: HandlerContext): Promise<void> {
    await tx.run('insert into reasons (ticket_id, reason) values ($1::uuid, $2)', [e.ticketId, e.data.reason]);
  }
}

/** Makes the service consume the topic of packs. */
@Controller()
class PacksController {
  @OnEvent(dispatch.PackPublished)
  async published(_event: EventOf<typeof dispatch.PackPublished>, _context: HandlerContext): Promise<void> {}
}

@Module({ controllers: [ReasonsController, PacksController] })
class ReasonsModule {}

const definition: ServiceDefinition = {
  name: 'sla',
  module: ReasonsModule,
  config: serviceConfig('sla', {}),
  migrations: [
    migration(
      100,
      'Reasons',
      'create table reasons (n bigint generated always as identity, ticket_id uuid not null, reason text not null)',
    ),
  ],
};

describe('an event without a valid signature', () => {
  let s: TestService;
  beforeAll(async () => {
    s = await TestService.start(definition);
  });
  afterAll(() => s.close());

  const db = () => s.running.app.database;
  const draftOf = (ticketId: string, reason: string) =>
    WITHDRAWN.of({ org: 'acme', ticketId, occurredAt: AT, data: { reason, withdrawnAt: AT } });
  const reasonsOf = async (ticketId: string) =>
    (await db().rows<{ reason: string }>('select reason from reasons where ticket_id = $1::uuid order by n', [ticketId])).map(
      (r) => r.reason,
    );
  const parkedOf = (ticketId: string) =>
    db().rows<{ kind: string; code: string; ticket_id: string | null }>(
      `select distinct kind, code, ticket_id from parked_events where headers ->> 'ce_subject' = $1`,
      [ticketId],
    );
  const markOf = async (ticketId: string) =>
    (await db().one<{ last_seq: number }>('select last_seq from marks where ticket_id = $1::uuid', [ticketId]))?.last_seq;

  function wire(ticketId: string, seq: number, reason: string, id = newId()): OutgoingMessage {
    const event: Omit<EventEnvelope, 'data'> = {
      id,
      name: WITHDRAWN.name,
      version: 1,
      producer: 'intake',
      org: 'acme',
      ticketId,
      seq,
      occurredAt: AT,
      correlationId: 'c',
      actor: { id: 'tester' },
    };
    return toWire(event, JSON.stringify({ reason, withdrawnAt: AT }));
  }
  const signed = (m: OutgoingMessage, by = 'intake', topic = TICKETS.name) => signedBy(by, topic, [m])[0] as OutgoingMessage;

  const forgeries: [string, string, (m: OutgoingMessage) => OutgoingMessage, string][] = [
    ['carries no signature', TICKETS.name, (m) => m, 'messaging/unsigned'],
    ['is signed by another producer', TICKETS.name, (m) => signed(m, 'dispatch'), 'messaging/bad-signature'],
    ['has another payload than was signed', TICKETS.name, (m) => ({ ...signed(m), value: Buffer.from('{}') }), 'messaging/bad-signature'],
    ['has another number than was signed', TICKETS.name, (m) => { const g = signed({ ...m, headers: { ...m.headers, ce_sequence: '9' } }); return { ...g, headers: { ...g.headers, ce_sequence: '2' } }; }, 'messaging/bad-signature'], // prettier-ignore
    ['is genuine but lies on the topic of packs', PACKS.name, (m) => signed(m), 'messaging/wrong-topic'],
  ];

  it.each(forgeries)(
    'an event without a valid signature is parked by itself when it %s, and the genuine event of its number is applied',
    async (_, topic, forge, code) => {
      const ticketId = newId();
      await s.deliver(draftOf(ticketId, 'first'));
      await eventually(async () => expect(await reasonsOf(ticketId)).toEqual(['first']));
      await s.bus.publish(topic, [forge(wire(ticketId, 2, 'forged'))]);
      await eventually(async () => expect(await parkedOf(ticketId)).toEqual([{ kind: 'unproven', code, ticket_id: null }]));
      expect(await markOf(ticketId)).toBe(1);
      expect(await db().rows('select want_seq, unproven from gaps where ticket_id = $1::uuid', [ticketId])).toEqual([
        { want_seq: 2, unproven: true },
      ]);
      await s.deliver(draftOf(ticketId, 'second'));
      await s.deliver(draftOf(ticketId, 'third'));
      await eventually(async () => expect(await reasonsOf(ticketId)).toEqual(['first', 'second', 'third']));
      expect(await db().rows('select 1 from gaps where ticket_id = $1::uuid', [ticketId])).toEqual([]);
    },
  );

  it('an event without a valid signature is parked when its number was applied long ago', async () => {
    const ticketId = newId();
    for (const reason of ['first', 'second']) await s.deliver(draftOf(ticketId, reason));
    await s.bus.publish(TICKETS.name, [wire(ticketId, 1, 'forged')]);
    await eventually(async () =>
      expect(await parkedOf(ticketId)).toEqual([{ kind: 'unproven', code: 'messaging/unsigned', ticket_id: null }]),
    );
    expect(await db().rows('select 1 from gaps where ticket_id = $1::uuid', [ticketId])).toEqual([]);
  });

  it('makes the service request the genuine event from its producer three times', async () => {
    const ticketId = newId();
    const requests: BusMessage[] = [];
    const spy = await s.bus.subscribe(`spy-${ticketId}`, {
      topics: [REPUBLISH.name],
      onBatch: async (m) => void requests.push(...m),
      onFatal: () => undefined,
    });
    await s.bus.publish(TICKETS.name, [wire(ticketId, 1, 'forged')]);
    await eventually(async () => expect(await parkedOf(ticketId)).toHaveLength(1));
    for (let times = 1; times <= 4; times++) {
      await db().run(
        `update gaps set since = since - interval '1 minute', asked_at = asked_at - interval '1 minute' where ticket_id = $1::uuid`,
        [ticketId],
      );
      expect(await askForGaps(db(), s.bus, 'sla')).toBe(times <= 3 ? 1 : 0);
    }
    await eventually(() =>
      expect(requests.map((m) => JSON.parse(m.value?.toString() ?? '') as object)).toContainEqual({
        producer: 'intake',
        org: 'acme',
        ticketId,
        fromSeq: 1,
        toSeq: 1,
      }),
    );
    expect(await db().rows('select 1 from gaps where ticket_id = $1::uuid', [ticketId])).toEqual([]);
    await spy.stop();
  });

  it('raises an alarm when it is signed and its number belongs to another event', async () => {
    const ticketId = newId();
    const genuine = await s.deliver(draftOf(ticketId, 'first'));
    await s.deliver(draftOf(ticketId, 'second'));
    await eventually(async () => expect(await reasonsOf(ticketId)).toEqual(['first', 'second']));
    const copies = (seq: number, id: string) => s.bus.publish(TICKETS.name, [signed(wire(ticketId, seq, 'other', id))]);
    await copies(1, newId());
    await copies(2, newId());
    await eventually(async () =>
      expect(await parkedOf(ticketId)).toEqual([{ kind: 'conflict', code: 'messaging/conflicting-event', ticket_id: null }]),
    );
    const conflicts = async () => db().rows(`select 1 from parked_events where headers ->> 'ce_subject' = $1`, [ticketId]);
    await eventually(async () => expect(await conflicts()).toHaveLength(4));
    await copies(1, genuine.id);
    await s.deliver(draftOf(ticketId, 'third'));
    await eventually(async () => expect(await reasonsOf(ticketId)).toEqual(['first', 'second', 'third']));
    expect(await conflicts()).toHaveLength(4);
    const metrics = await (await fetch(`${s.running.url}/metrics`)).text();
    expect(metrics).toMatch(/gongdan_events_total\{outcome="conflicting",service="sla"\} [1-9]/);
    expect(metrics).toMatch(/gongdan_events_total\{outcome="unproven",service="sla"\} [1-9]/);
  });

  it('an event without a valid signature is ignored when it is a watermark of a producer', async () => {
    const watermarks = () => s.running.app.nest.get(Watermarks).appliedPartitions(['intake']);
    await s.pauseWatermarks();
    const ticketId = newId();
    await s.deliver(draftOf(ticketId, 'first'));
    await eventually(async () => expect(await reasonsOf(ticketId)).toEqual(['first']));
    await eventually(async () => {
      // Statements are read from the first call of `appliedPartitions()` on.
      await watermarks();
      await s.stateWatermark('intake', '2026-03-02T09:00:00.000Z');
      expect(new Set((await watermarks()).map((p) => p.until))).toEqual(new Set(['2026-03-02T09:00:00.000Z']));
    });
    const value = Buffer.from(JSON.stringify({ producer: 'intake', until: '2026-03-02T12:00:00.000Z', ends: [0, 0, 0] }));
    const forged = { key: 'intake', headers: { ce_source: '/gongdan/intake' }, value };
    await s.bus.publish(WATERMARKS.name, [forged, ...signedBy('dispatch', WATERMARKS.name, [forged])]);
    await s.stateWatermark('dispatch', '2026-03-02T10:00:00.000Z');
    await eventually(async () =>
      expect((await s.running.app.nest.get(Watermarks).appliedPartitions(['dispatch']))[0]?.until).toBe('2026-03-02T10:00:00.000Z'),
    );
    expect(new Set((await watermarks()).map((p) => p.until))).toEqual(new Set(['2026-03-02T09:00:00.000Z']));
    s.resumeWatermarks();
  });

  it('an event without a valid signature is parked and has no effect when it is a request to publish again', async () => {
    const ticketId = newId();
    await db().run(
      `insert into ticket_event (org, ticket_id, seq, event_id, name, version, occurred_at, correlation_id, actor_id, data)
       values ('acme', $1::uuid, 1, $2::uuid, 'sla.clock-started', 1, $3, 'c', 'sla', '{}')`,
      [ticketId, newId(), AT],
    );
    const request = {
      key: ticketId,
      headers: { ce_source: '/gongdan/intake' },
      value: Buffer.from(JSON.stringify({ producer: 'sla', org: 'acme', ticketId, fromSeq: 1, toSeq: 1 })),
    };
    await s.bus.publish(REPUBLISH.name, [request]);
    await eventually(async () =>
      expect(await db().rows('select code from parked_events where topic = $1 limit 1', [REPUBLISH.name])).toEqual([
        { code: 'messaging/unsigned' },
      ]),
    );
    const published: string[] = [];
    const spy = await s.bus.subscribe(`spy-${ticketId}`, {
      topics: [TICKETS.name],
      onBatch: async (m) => void published.push(...m.flatMap((x) => (x.key === ticketId ? [x.headers['ce_source'] ?? ''] : []))),
      onFatal: () => undefined,
    });
    expect(published).toEqual([]);
    await s.bus.publish(REPUBLISH.name, signedBy('intake', REPUBLISH.name, [request]));
    await eventually(() => expect(published).toContain('/gongdan/sla'));
    await spy.stop();
  });
});

it('a service does not start when no configured key verifies what it signs', async () => {
  const pair = () => generateKeyPairSync('ed25519');
  const env = {
    GONGDAN_MODE: 'test',
    KAFKA_BROKERS: 'none:1',
    SLA_DB_URL: 'postgres://none:1/none',
    AUTH_JWKS: 'file:///dev/null',
    AUTH_ISSUER: 'x',
    AUTH_AUDIENCE: 'x',
    SEAL_KEY: Buffer.alloc(32, 7).toString('base64'),
    EVENT_SIGNING_KEY: `a:${pair().privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64')}`,
    EVENT_VERIFY_KEYS: `sla/a:${pair().publicKey.export({ type: 'spki', format: 'der' }).toString('base64')}`,
  };
  await expect(runService(definition, { env, bus: new MemoryBus() })).rejects.toThrow(/EVENT_VERIFY_KEYS does not hold sla\/a/);
});
