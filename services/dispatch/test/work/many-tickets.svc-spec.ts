import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '@gongdan/kernel';
import { eventually } from '@gongdan/testing';
import { FaultDesk } from '../fault-desk.js';

describe('an action on many tickets', () => {
  let desk: FaultDesk;
  beforeAll(async () => {
    desk = await FaultDesk.start('bulk-faults');
  });
  afterAll(() => desk.close());

  const bulk = (body: object, key?: string) =>
    desk.s.service.call('POST', '/v1/bulk', {
      as: desk.handler('service-desk'),
      body: { action: 'take', ...body },
      ...(key === undefined ? {} : { headers: { 'idempotency-key': key } }),
    });

  it('is accepted at once, done on each ticket, and its results are read page by page in the order of the request', async () => {
    const tickets = [await desk.ticket('incident'), await desk.ticket('incident'), newId(), await desk.ticket('fault')];
    const accepted = await bulk({ tickets: [...tickets, tickets[0]] });
    expect(accepted).toMatchObject({ status: 202, body: { tickets: 4 } });
    const id = accepted.body['id'] as string;
    await eventually(async () => expect((await desk.progress(id)).body).toMatchObject({ waiting: 0, done: 2, refused: 2 }));
    const results: unknown[] = [];
    for (let next: unknown = ''; next !== null;) {
      const page = (await desk.progress(id, undefined, `?limit=3${next === '' ? '' : `&cursor=${String(next)}`}`)).body;
      results.push(...(page['results'] as unknown[]));
      next = page['next'];
    }
    expect(results).toMatchObject([
      { ticketId: tickets[0], state: 'done', events: ['dispatch.ticket-accepted'] },
      { ticketId: tickets[1], state: 'done' },
      { ticketId: tickets[2], state: 'refused', code: 'dispatch/no-case' },
      { ticketId: tickets[3], state: 'refused', code: 'dispatch/no-case' },
    ]);
    expect(await desk.see(tickets[0] as string)).toMatchObject({ holder: 'at-service-desk' });
  });

  it('counts a ticket once in whatever writing', async () => {
    const id = await desk.ticket('incident');
    expect((await bulk({ tickets: [id, id.toUpperCase()] })).body).toMatchObject({ tickets: 1 });
  });

  it('is done once for an Idempotency-Key, which no other request may use', async () => {
    const tickets = [await desk.ticket('incident')];
    const first = await bulk({ tickets }, 'monday');
    const again = await bulk({ tickets }, 'monday');
    expect(again).toMatchObject({ status: 202, body: { id: first.body['id'] } });
    expect(await bulk({ tickets, action: 'solve' }, 'monday')).toMatchObject({
      status: 422,
      body: { code: 'dispatch/idempotency-key-reused' },
    });
    await eventually(async () => expect((await desk.progress(first.body['id'] as string)).body).toMatchObject({ done: 1 }));
    await eventually(() => expect(desk.eventsOf(tickets[0] as string, 'dispatch.ticket-accepted')).toHaveLength(1));
  });

  it('is not shown to others, except to those who see the whole organisation', async () => {
    const id = (await bulk({ tickets: [await desk.ticket('incident')] })).body['id'] as string;
    expect((await desk.progress(id, desk.handler('second-line'))).status).toBe(404);
    expect((await desk.progress(id, { roles: ['supervisor'] })).status).toBe(200);
    expect((await desk.progress('nothing')).status).toBe(404);
  });

  it('is done with the rights that the caller has when the turn of the ticket comes', async () => {
    const tickets = [
      await desk.ticket('incident'),
      await desk.ticket('incident'),
      await desk.ticket('incident'),
      await desk.ticket('incident'),
    ];
    const put = (path: string, body: object) => desk.s.service.call('PUT', `/v1/directory/${path}`, { body });
    await put('people/moving', { name: 'Moving' });
    await put('memberships/moving?unit=service-desk', { roles: ['handler'] });
    const moving = { id: 'moving', roles: [], units: [] };
    let id = '';
    await desk.whileLocked(
      tickets.slice(0, 3),
      async () => {
        const accepted = await desk.s.service.call('POST', '/v1/bulk', {
          as: moving,
          body: { action: 'note', tickets, input: { text: 'x' } },
        });
        id = String(accepted.body['id']);
      },
      async () => {
        expect((await put('memberships/moving?unit=second-line', { roles: ['handler'] })).status).toBe(201);
        expect((await desk.s.service.call('DELETE', '/v1/directory/memberships/moving?unit=service-desk')).status).toBe(204);
      },
    );
    await eventually(async () => expect((await desk.progress(id, moving)).body).toMatchObject({ waiting: 0 }));
    expect(((await desk.progress(id, moving)).body['results'] as object[])[3]).toMatchObject({
      state: 'refused',
      code: 'dispatch/no-case',
    });
  });

  it('lets a short one pass a long one that was asked for before', async () => {
    const tickets = await Promise.all(Array.from({ length: 5 }, () => desk.ticket('incident')));
    const [last = '', short = ''] = tickets.slice(3);
    const long = [...tickets.slice(0, 3), ...Array.from({ length: 400 }, () => newId()), last];
    const ask = (of: string[]) => bulk({ action: 'note', input: { text: 'x' }, tickets: of });
    await desk.whileLocked(
      tickets.slice(0, 3),
      () => ask(long),
      () => ask([short]),
    );
    const noted = () =>
      desk.s.service.running.app.database.rows<{ id: string }>(
        `select ticket_id as id from ticket_event where name = 'dispatch.ticket-noted' and ticket_id = any ($1::uuid[]) order by recorded_at`,
        [[last, short]],
      );
    await eventually(async () => expect(await noted()).toHaveLength(2));
    expect((await noted()).map((e) => e.id)).toEqual([short, last]);
  });
});
