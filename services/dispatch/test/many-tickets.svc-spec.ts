import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { intake } from '@gongdan/contracts';
import { idOf, newId } from '@gongdan/kernel';
import { type TestAnswer } from '@gongdan/messaging/testing';
import { eventually } from '@gongdan/testing';
import { DispatchService } from './dispatch-service.js';
import { type PackJson, processPack, publish } from './own-packs.js';

const KEY = 'cascading-faults';
const AT = '2026-03-02T02:00:00.000Z';

/** P30, whose fault also remembers that not every incident could be closed. */
function pack(): PackJson {
  const { pack: about, process, ...parts } = processPack('p30-fault-and-incidents').json;
  const reactions = {
    refused: {
      on: 'dispatch.request-answered',
      when: { 'event.state': 'refused' },
      do: [{ set: { leftOpen: { fact: 'event.refused' } } }],
    },
  };
  return { ...parts, pack: { ...about, key: KEY }, process: { ...process, reactions } };
}

describe('an action on many tickets', () => {
  let s: DispatchService;
  beforeAll(async () => {
    s = await DispatchService.start();
    await publish(s.service, pack(), { 'service-desk': undefined, 'second-line': undefined });
  });
  afterAll(() => s.service.close());

  const ticket = (type: string) => s.ticket({ pack: { key: KEY, version: 1 }, type, category: 'payment', priority: 'high' });
  const handler = (unit: string) => ({ id: `at-${unit}`, roles: ['handler'], units: [unit] });
  const act = (id: string, action: string, unit: string, body?: object): Promise<TestAnswer> =>
    s.service.call('POST', `/v1/cases/${id}/actions/${action}`, { as: handler(unit), ...(body === undefined ? {} : { body }) });
  const see = async (id: string) => (await s.see(id, { roles: ['supervisor'] })).body;
  const eventsOf = (id: string, name: string) => s.service.emitted(id).filter((e) => e.name === name);
  const progress = async (id: string, as: object = handler('service-desk'), query = '') =>
    s.service.call('GET', `/v1/bulk/${id}${query}`, { as: as as never });

  async function link(incident: string, fault: string): Promise<void> {
    const about = { link: idOf('link', incident, fault), kind: 'incident', linkedAt: AT };
    const sides = [
      { ticketId: incident, end: 'from', as: 'incident-of', other: { id: fault, number: 'F' } },
      { ticketId: fault, end: 'to', as: 'incident', other: { id: incident, number: 'I' } },
    ] as const;
    for (const { ticketId, ...side } of sides)
      await s.service.deliver(intake.TicketLinked.of({ org: 'acme', ticketId, occurredAt: AT, data: { ...about, ...side } }));
  }

  async function fault(incidents: readonly string[]): Promise<string> {
    const id = await ticket('fault');
    for (const one of incidents) await link(one, id);
    await act(id, 'take', 'second-line');
    return id;
  }

  const endFault = (id: string) =>
    act(id, 'end-fault', 'second-line', { solution: 'replaced', text: 'the switch is replaced', withIncidents: true });

  describe('by a cascade (P30)', () => {
    it('does it once on each linked ticket in the name of whoever ended the fault, and tells the fault', async () => {
      const [a, b] = [await ticket('incident'), await ticket('incident')];
      const id = await fault([a, b]);
      expect((await endFault(id)).status).toBe(200);
      for (const one of [a, b]) await eventually(async () => expect(await see(one)).toMatchObject({ phase: 'closed', state: 'closed' }));
      await eventually(() =>
        expect(eventsOf(id, 'dispatch.request-answered')).toMatchObject([
          { data: { kind: 'cascade', state: 'done', done: 2, refused: 0 } },
        ]),
      );
      const closed = s.service.emitted(a).at(-1);
      expect(closed).toMatchObject({
        actor: { id: 'at-second-line' },
        data: { cause: { kind: 'cascade', key: 'close-by-fault', depth: 1 } },
      });
      const asked = eventsOf(id, 'dispatch.request-asked')[0] as { data: { id: string } };
      expect((await progress(asked.data.id, { roles: ['supervisor'] })).body).toMatchObject({ kind: 'cascade', waiting: 0, done: 2 });
    });

    it('reports who refused to the fault, where the process can react', async () => {
      const [open, over] = [await ticket('incident'), await ticket('incident')];
      await act(over, 'take', 'service-desk');
      await act(over, 'solve', 'service-desk', { solution: 'ok' });
      await act(over, 'close', 'service-desk');
      const id = await fault([open, over]);
      await endFault(id);
      await eventually(() =>
        expect(eventsOf(id, 'dispatch.request-answered')).toMatchObject([
          {
            data: {
              state: 'refused',
              code: 'dispatch/tickets-refused',
              done: 1,
              refused: 1,
              refusals: [{ ticket: over, code: expect.stringMatching(/^dispatch\//) }],
            },
          },
        ]),
      );
      await eventually(async () => expect(await see(id)).toMatchObject({ fields: { leftOpen: 1 } }));
    });

    it('reaches a ticket that is linked later, and answers a fault without linked tickets', async () => {
      const id = await fault([]);
      await endFault(id);
      await eventually(() => expect(eventsOf(id, 'dispatch.request-answered')).toMatchObject([{ data: { state: 'done', done: 0 } }]));
      const late = await ticket('incident');
      await link(late, id);
      await eventually(async () => expect(await see(late)).toMatchObject({ phase: 'closed' }));
      expect(eventsOf(id, 'dispatch.request-answered')).toHaveLength(1);
    });
  });

  describe('by a bulk action', () => {
    const bulk = (body: object, key?: string) =>
      s.service.call('POST', '/v1/bulk', {
        as: handler('service-desk'),
        body: { action: 'take', ...body },
        ...(key === undefined ? {} : { headers: { 'idempotency-key': key } }),
      });

    it('is accepted at once, done on each ticket, and its results are read page by page in the order of the request', async () => {
      const tickets = [await ticket('incident'), await ticket('incident'), newId(), await ticket('fault')];
      const accepted = await bulk({ tickets: [...tickets, tickets[0]] });
      expect(accepted).toMatchObject({ status: 202, body: { tickets: 4 } });
      const id = accepted.body['id'] as string;
      await eventually(async () => expect((await progress(id)).body).toMatchObject({ waiting: 0, done: 2, refused: 2 }));
      const results: unknown[] = [];
      for (let next: unknown = ''; next !== null;) {
        const page = (await progress(id, undefined, `?limit=3${next === '' ? '' : `&cursor=${String(next)}`}`)).body;
        results.push(...(page['results'] as unknown[]));
        next = page['next'];
      }
      expect(results).toMatchObject([
        { ticketId: tickets[0], state: 'done', events: ['dispatch.ticket-accepted'] },
        { ticketId: tickets[1], state: 'done' },
        { ticketId: tickets[2], state: 'refused', code: 'dispatch/no-case' },
        { ticketId: tickets[3], state: 'refused', code: 'dispatch/no-case' },
      ]);
      expect(await see(tickets[0] as string)).toMatchObject({ holder: 'at-service-desk' });
    });

    it('counts a ticket once in whatever writing', async () => {
      const id = await ticket('incident');
      expect((await bulk({ tickets: [id, id.toUpperCase()] })).body).toMatchObject({ tickets: 1 });
    });

    it('is done once for an Idempotency-Key, which no other request may use', async () => {
      const tickets = [await ticket('incident')];
      const first = await bulk({ tickets }, 'monday');
      const again = await bulk({ tickets }, 'monday');
      expect(again).toMatchObject({ status: 202, body: { id: first.body['id'] } });
      expect(await bulk({ tickets, action: 'solve' }, 'monday')).toMatchObject({
        status: 422,
        body: { code: 'dispatch/idempotency-key-reused' },
      });
      await eventually(async () => expect((await progress(first.body['id'] as string)).body).toMatchObject({ done: 1 }));
      expect(eventsOf(tickets[0] as string, 'dispatch.ticket-accepted')).toHaveLength(1);
    });

    it('is not shown to others, except to those who see the whole organisation', async () => {
      const id = (await bulk({ tickets: [await ticket('incident')] })).body['id'] as string;
      expect((await progress(id, handler('second-line'))).status).toBe(404);
      expect((await progress(id, { roles: ['supervisor'] })).status).toBe(200);
      expect((await progress('nothing')).status).toBe(404);
    });
  });
});
