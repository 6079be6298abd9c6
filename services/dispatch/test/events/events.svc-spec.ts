import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { intake, TICKETS, toWire } from '@gongdan/contracts';
import { newId } from '@gongdan/kernel';
import { signedBy } from '@gongdan/messaging/testing';
import { eventually, StatementCounter } from '@gongdan/testing';
import { city, DispatchService } from '../dispatch-service.js';

const later = '2026-03-02T02:00:00.000Z';

describe('events of intake', () => {
  let s: DispatchService;
  beforeAll(async () => {
    s = await DispatchService.start();
  });
  afterAll(() => s.service.close());

  it('opens one case when a registration is delivered twice', async () => {
    const id = await s.ticket();
    await s.emitted(id, 'dispatched');
    expect(s.service.emitted(id)[0]).toMatchObject({
      seq: 1,
      actor: { id: 'system:dispatch' },
      data: { why: 'routed', rule: 'billing', case: { version: 1, lead: { holder: { unit: 'billing' } } } },
    });
    expect(s.service.emitted(id)[0]?.causationId).toBeDefined();
  });

  it('spends one statement on a batch of registrations beside those of the inbox', async () => {
    const statements = new StatementCounter(s.service.running.app.database);
    const registrations = s.registrations(20);
    const spent = await statements.during(() => s.service.running.server.consumer.apply(registrations));
    // BEGIN and COMMIT, marks read and moved; open the cases with their events.
    expect(spent).toBeLessThanOrEqual(4 + 1);
  });

  it('moves an untouched case to another unit when an amendment changes its category', async () => {
    const id = await s.ticket();
    await s.service.deliver(
      intake.TicketAmended.of({
        org: 'acme',
        ticketId: id,
        occurredAt: later,
        data: { category: 'network.slow', title: 'Slow', amendedAt: later },
      }),
    );
    await s.emitted(id, 'dispatched', 'dispatched');
    expect((await s.see(id)).body).toMatchObject({ unit: 'network', title: 'Slow', category: 'network.slow', hop: 2 });
  });

  it('cancels the case of a withdrawn ticket, and ignores a second withdrawal', async () => {
    const id = await s.ticket();
    const withdrawn = intake.TicketWithdrawn.of({
      org: 'acme',
      ticketId: id,
      occurredAt: later,
      data: { reason: 'solved itself', withdrawnAt: later },
    });
    await s.service.deliver(withdrawn);
    await s.emitted(id, 'dispatched', 'cancelled');
    await s.service.deliver({ ...withdrawn, id: newId() });
    expect((await s.act(id, 'wang', 'accept')).body).toMatchObject({ status: 409, case: { state: 'cancelled' } });
    expect((await s.service.call('GET', '/v1/queues/billing', { as: s.person('wang') })).body['items']).not.toEqual(
      expect.arrayContaining([expect.objectContaining({ ticketId: id })]),
    );
    await s.emitted(id, 'dispatched', 'cancelled');
  });

  it('parks a ticket of a pack that was never published and keeps processing other tickets', async () => {
    const unknownPack = newId();
    await s.registered(unknownPack, { pack: { key: 'unknown', version: 1 } });
    const other = await s.ticket();
    await s.emitted(other, 'dispatched');
    await eventually(async () => {
      const parked = await s.service.call('GET', `/v1/ops/parked?ticketId=${unknownPack}`);
      expect(JSON.stringify(parked.body)).toContain('dispatch/no-pack');
    });
  });

  it('opens 3,000 imported cases in batches, with their original instants and no assignment for closed ones', async () => {
    const total = 3_000;
    const ids = Array.from({ length: total }, () => newId());
    const draft = (ticketId: string, n: number) => {
      const closed = n % 50 !== 0;
      return intake.TicketRegistered.of({
        org: 'acme',
        ticketId,
        occurredAt: '2018-04-12T15:11:26.000Z',
        data: {
          number: `SR18-${n}`,
          pack: { key: 'city-311', version: city.pack.version },
          channel: 'phone',
          type: 'request',
          category: 'SW-Dirty Alley',
          priority: 'normal',
          title: 'SW-Dirty Alley',
          description: '12 S STOCKTON ST',
          language: 'en',
          hasEmail: false,
          externalKey: String(n),
          attributes: { agency: n % 3 === 0 ? 'Housing' : 'Solid Waste' },
          registeredAt: '2018-04-12T15:11:26.000Z',
          history: {
            job: 'j1',
            source: 'baltimore-311',
            status: closed ? 'Closed' : 'Open',
            ...(closed ? { closedAt: '2018-04-20T10:25:33.000Z' } : {}),
          },
        },
      });
    };
    const wire = ids.map((id, n) => {
      const d = draft(id, n);
      return toWire(
        { ...d, id: newId(), producer: 'intake', seq: 1, correlationId: 'import', actor: { id: 'importer' } },
        JSON.stringify(d.data),
      );
    });
    await s.service.bus.publish(TICKETS.name, signedBy('intake', TICKETS.name, wire));
    await eventually(async () => {
      const row = await s.service.running.app.database.one<{ n: number }>(
        "select count(*)::int as n from cases where pack_key = 'city-311'",
      );
      expect(row?.n).toBe(total);
    }, 100_000);
    const states = await s.service.running.app.database.rows<{ state: string; unit: string; n: number }>(
      "select state, unit, count(*)::int as n from cases where pack_key = 'city-311' group by 1, 2 order by 1, 2",
    );
    expect(states).toEqual([
      { state: 'closed', unit: 'housing', n: 980 },
      { state: 'closed', unit: 'solid-waste', n: 1960 },
      { state: 'dispatched', unit: 'housing', n: 20 },
      { state: 'dispatched', unit: 'solid-waste', n: 40 },
    ]);
    const assignments = await s.service.running.app.database.one<{ n: number }>(
      'select count(*)::int as n from assignments a join cases c using (org, ticket_id) where pack_key = $1',
      ['city-311'],
    );
    expect(assignments?.n).toBe(60);
    const one = ids[1] ?? '';
    await s.emitted(one, 'dispatched', 'closed');
    expect(s.service.emitted(one).map((e) => e.occurredAt)).toEqual(['2018-04-12T15:11:26.000Z', '2018-04-20T10:25:33.000Z']);
  }, 60_000);
});
