import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type EventDraft, TICKETS, toWire } from '@gongdan/contracts';
import { newId } from '@gongdan/kernel';
import { eventOf } from '@gongdan/messaging';
import { MemoryBus, signedBy, TestService } from '@gongdan/messaging/testing';
import { Directories } from '@gongdan/platform';
import { eventually } from '@gongdan/testing';
import { REFETCH } from '../src/domain/live.js';
import { reporting } from '../src/reporting.module.js';
import { Listener } from './listener.js';
import { AT, dispatched, registered, returned, type Subject } from './tickets.js';

const names = { 'zh-CN': '单位', en: 'Unit' };

describe('what a live listener hears', () => {
  let s: TestService;
  const open: Listener[] = [];
  beforeAll(async () => {
    // As many records at once as Kafka delivers.
    s = await TestService.start(reporting, { bus: new MemoryBus({ maxBatch: 500 }) });
  });
  afterEach(async () => {
    for (const listener of open.splice(0)) await listener.close();
  });
  afterAll(() => s.close());

  const listen = async (as: { org: string; id?: string; roles?: string[]; units?: string[] }): Promise<Listener> => {
    const listener = await Listener.open(s, as);
    open.push(listener);
    return listener;
  };
  const handler = (org: string, unit: string) => listen({ org, id: `of-${unit}`, roles: ['handler'], units: [unit] });
  /** A ticket whose events are on the first partition, so that events published together are applied in one batch. */
  const inFirst = (org: string): Subject => {
    for (;;) {
      const ticketId = newId();
      if (s.bus.partitionOf(TICKETS.name, ticketId) === 0) return { org, ticketId };
    }
  };
  /** Publishes the registrations and dispatches in one message set. */
  const publishTogether = (drafts: readonly EventDraft[]): Promise<void> => {
    const of = (producer: 'intake' | 'dispatch') =>
      signedBy(
        producer,
        TICKETS.name,
        drafts
          .filter((d) => d.name.startsWith(producer))
          .map((d) =>
            toWire({ ...d, id: newId(), producer, seq: 1, correlationId: 'together', actor: { id: 't' } }, JSON.stringify(d.data)),
          ),
      );
    return s.bus.publish(TICKETS.name, [...of('intake'), ...of('dispatch')]);
  };

  it('does not depend on how much happens in another organisation at the same time', async () => {
    const [quiet, busy] = [newId(), newId()];
    const listener = await listen({ org: quiet, roles: ['supervisor'] });
    const other = await listen({ org: busy, roles: ['supervisor'] });
    await publishTogether([
      registered(inFirst(quiet), 'QUIET'),
      ...Array.from({ length: 150 }, (_, i) => registered(inFirst(busy), `BUSY-${i}`)),
    ]);
    await eventually(() => expect(other.numbers('ticket').length).toBeGreaterThan(0));
    await eventually(() => expect(listener.numbers('ticket')).toEqual(['QUIET']));
  });

  it('is told to fetch again when more happens in the organisation at once than is sent', async () => {
    const org = newId();
    const listener = await handler(org, 'network');
    const first = inFirst(org);
    await publishTogether([registered(first, 'MINE')]);
    await eventually(async () => expect((await s.call('GET', '/v1/search', { as: { org } })).body['items']).toHaveLength(1));
    await publishTogether([dispatched(first)]);
    await eventually(() => expect(listener.numbers('ticket')).toEqual(['MINE']));
    await publishTogether(Array.from({ length: 150 }, (_, i) => registered(inFirst(org), `MANY-${i}`)));
    await eventually(() => expect(listener.heard.map((e) => e.type)).toContain('refetch'));
    expect(listener.numbers('ticket')).toEqual(['MINE']);
  });

  it('includes that a ticket left the units of the caller, without where it went', async () => {
    const org = newId();
    const [network, billing, chief] = [
      await handler(org, 'network'),
      await handler(org, 'billing'),
      await listen({ org, roles: ['supervisor'] }),
    ];
    const one = inFirst(org);
    await s.deliver(registered(one, 'MOVES'));
    await s.deliver(dispatched(one, 1, 0, 'network'));
    await eventually(() => expect(network.numbers('ticket')).toEqual(['MOVES']));
    await s.deliver(dispatched(one, 2, 1, 'billing'));
    await eventually(() => expect(billing.numbers('ticket')).toEqual(['MOVES']));
    await eventually(() => expect(network.heard.at(-1)).toEqual({ type: 'gone', data: { ticketId: one.ticketId, number: 'MOVES' } }));
    await s.deliver(returned(one, 3, 2, 'billing'));
    await eventually(() => expect(chief.numbers('ticket')).toHaveLength(4));
    expect([network.numbers('ticket').length, network.numbers('gone').length]).toEqual([1, 1]);
  });

  it('is told to fetch again when the directory changes what the caller reaches', async () => {
    const org = newId();
    const enter = (kind: 'unit' | 'person' | 'membership', id: string, value: unknown) =>
      s.deliver(eventOf(org, { kind, id, value } as Parameters<typeof eventOf>[1], AT));
    await enter('unit', 'billing', { names });
    await enter('person', 'mo', { name: 'Mo' });
    await enter('membership', 'mo billing', { roles: ['handler'] });
    const directory = () => s.running.app.nest.get(Directories, { strict: false }).of(org);
    await eventually(async () => expect((await directory()).rolesOf('mo', 'billing', AT)).toEqual(['handler']));
    const listener = await listen({ org, id: 'mo', roles: [] });
    await enter('unit', 'network', { names });
    await enter('membership', 'mo network', { roles: ['handler'] });
    await eventually(() => expect(listener.heard).toEqual([{ type: 'refetch', data: {} }]));
  });

  it('is not what happened long ago while everything is derived again, but that it must be fetched afterwards', async () => {
    const org = newId();
    const one = inFirst(org);
    await s.deliver(registered(one, 'OLD'));
    await s.deliver(dispatched(one, 1, 0, 'network'));
    await s.deliver(dispatched(one, 2, 1, 'billing'));
    const inBilling = async () => (await s.call('GET', '/v1/search?unit=billing', { as: { org } })).body['items'];
    await eventually(async () => expect(await inBilling()).toHaveLength(1));
    const [network, chief] = [await handler(org, 'network'), await listen({ org, roles: ['supervisor'] })];
    expect((await s.call('POST', '/v1/rebuild', { body: {} })).status).toBe(202);
    await eventually(() => expect([network.heard, chief.heard]).toEqual([[REFETCH], [REFETCH]]));
    expect(await inBilling()).toHaveLength(1);
    await s.deliver(dispatched(one, 3, 2, 'network'));
    await eventually(() => expect(network.numbers('ticket')).toEqual(['OLD']));
  });

  it('gives back what a connection with several requests in a row took when it closes', async () => {
    const { hostname, port } = new URL(s.running.url);
    const token = await s.token({ id: 'pipe' });
    const socket = connect(Number(port), hostname).on('error', () => undefined);
    socket.write(`GET /v1/live HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\n\r\n`.repeat(10));
    await new Promise((answered) => socket.once('data', answered));
    await eventually(async () => {
      const eleventh = await listen({ org: 'acme', id: 'pipe' });
      expect(eleventh.answer.status).toBe(429);
    });
    socket.destroy();
    await eventually(async () => expect((await listen({ org: 'acme', id: 'pipe' })).answer.status).toBe(200));
    const ten = await Promise.all(Array.from({ length: 9 }, () => listen({ org: 'acme', id: 'pipe' })));
    expect(ten.map((l) => l.answer.status)).toEqual(Array(9).fill(200));
  });
});
