import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { ALL_EVENTS, asyncApi, TICKETS } from '@gongdan/contracts';
import { newId } from '@gongdan/kernel';
import { EventSigner, KafkaBus } from '@gongdan/messaging';
import { parseSigningKey } from '@gongdan/platform';
import { eventually } from '@gongdan/testing';
import { type Client, eventSigningKey, freePort, PROJECT, SERVICES, shiftClock, untilQuiet } from 'gongdan';
import { Webhook } from 'standardwebhooks';
import { caughtMails, sharedClient } from './shared-stack.js';
import { slowClockPack } from './slow-clock-pack.js';

interface History {
  ticket: Record<string, unknown> & { state: string; unit: string };
  clocks: { clock: string; state: string; outcome: string | null; dueAt: string }[];
  history: { name: string; eventId: string; causationId: string | null; correlationId: string }[];
}

/** Ends a test that would hang; the files before this one may have left the services work for a while. */
const WAIT_MS = 120_000;

const complaint = {
  pack: 'starter',
  type: 'complaint',
  category: 'network.outage',
  urgency: 'high',
  impact: 'area',
  title: '整条街没有信号',
  language: 'en',
  contact: { name: '韩梅梅', phone: '13800135678', email: `han-${newId()}@example.org` },
};

describe('a ticket in five services', () => {
  let client: Client;
  beforeAll(() => {
    client = sharedClient();
  });

  const create = async (body: Record<string, unknown> = {}): Promise<{ id: string; number: string }> =>
    client.must('intake', 'POST', '/v1/tickets', { as: 'mei', body: { ...complaint, ...body } });
  const act = (id: string, as: string, action: string, body: Record<string, unknown> = {}) =>
    client.call('dispatch', 'POST', `/v1/cases/${id}/actions/${action}`, { as, body });
  const history = async (id: string): Promise<History> =>
    client.must<History>('reporting', 'GET', `/v1/tickets/${id}/history`, { as: 'ana' });
  /** The history of the ticket once it holds these events. */
  const historyWith = (id: string, ...names: string[]) =>
    eventually(async () => {
      const h = await history(id);
      expect(h.history.map((e) => e.name)).toEqual(expect.arrayContaining(names));
      return h;
    }, WAIT_MS);

  /** Checks something while the clock of the whole system is ahead; the next test finds it back in its place even when the check fails. */
  async function shiftedBy(days: number, check: () => Promise<void>): Promise<void> {
    await shiftClock(client, (offset) => offset + days * 86_400_000);
    try {
      await check();
    } finally {
      await shiftClock(client, () => 0);
    }
  }

  it('carries a ticket from registration to closing with every clock met and every mail sent once', async () => {
    const { id } = await create();
    await historyWith(id, 'dispatch.ticket-dispatched', 'sla.clock-started');
    const decisions = await client.must<{ items: { rule: string; facts: object; candidates: object[] }[] }>(
      'dispatch',
      'GET',
      `/v1/cases/${id}/decisions`,
      { as: 'zhao' },
    );
    expect(decisions.items[0]).toMatchObject({ rule: 'network', facts: expect.any(Object) });
    // Wang works in another unit, which does not see the ticket.
    expect((await act(id, 'wang', 'accept')).status).toBe(404);
    expect((await act(id, 'li', 'accept')).status).toBe(200);
    expect((await act(id, 'li', 'accept')).body).toMatchObject({ status: 409, code: 'dispatch/illegal-move' });
    await eventually(
      async () =>
        expect((await client.call('intake', 'PATCH', `/v1/tickets/${id}`, { as: 'mei', body: { title: 'too late' } })).body).toMatchObject({
          code: 'intake/already-taken',
        }),
      WAIT_MS,
    );
    expect((await act(id, 'li', 'reply', { text: 'A crew is on its way' })).status).toBe(200);
    expect((await act(id, 'li', 'resolve', { solution: 'Power restored' })).status).toBe(200);
    expect((await act(id, 'mei', 'close')).status).toBe(200);
    const done = await historyWith(id, 'dispatch.ticket-closed', 'sla.clock-stopped');
    await untilQuiet(client, 120_000, SERVICES, 5);
    expect(done.ticket).toMatchObject({ state: 'closed', unit: 'network' });
    expect((await history(id)).clocks.map((c) => `${c.clock} ${c.outcome}`).sort()).toEqual(['first-reply met', 'resolve met']);
    const mails = await eventually(async () => {
      const caught = (await caughtMails(client)).filter((m) => m.to.includes(complaint.contact.email));
      expect(caught).toHaveLength(3);
      return caught;
    }, WAIT_MS);
    expect(new Set(mails.map((m) => m.messageId)).size).toBe(3);
    // One correlation id for each request of a person: five of them made this ticket.
    // The correction is repeated until intake knows that the ticket was accepted, so the first ones may succeed.
    const events = (await history(id)).history;
    const corrections = new Set(events.filter((e) => e.name === 'intake.ticket-amended').map((e) => e.correlationId));
    const requests = new Set(events.map((e) => e.correlationId).filter((c) => !corrections.has(c)));
    expect(requests.size).toBe(5);
  });

  it('shows the public status for number and phone tail, answers a wrong tail like a missing number, and requires more digits after five wrong tails', async () => {
    const { number } = await create();
    const status = (n: string, tail: string) => client.call('intake', 'GET', `/v1/public/demo/tickets/${n}?tail=${tail}`);
    expect((await status(number, '5678')).body).toMatchObject({ number });
    const [wrong, unknown] = [await status(number, '0000'), await status('GD000', '5678')];
    const same = (a: typeof wrong) => ({ status: a.status, ...a.body, correlationId: '', instance: '' });
    expect(same(wrong)).toEqual(same(unknown));
    for (let i = 0; i < 5; i++) await status(number, '0001');
    // Wrong guesses of others do not lock the complainant out: more digits open the status.
    expect((await status(number, '5678')).body).toMatchObject({ status: 422, code: 'intake/more-digits-needed' });
    expect((await status(number, '00135678')).body).toMatchObject({ number });
  });

  it('answers for a ticket of another organisation as for one that does not exist, in every service', async () => {
    const { id } = await create();
    await historyWith(id, 'dispatch.ticket-dispatched', 'sla.clock-started');
    const outsider = { id: 'eve', org: 'evil', roles: ['admin'] };
    const routes: [(typeof SERVICES)[number], string, string, number?][] = [
      ['intake', 'GET', `/v1/tickets/${id}`],
      ['dispatch', 'GET', `/v1/cases/${id}`],
      // The ticket might be on its way: dispatch knows its id only.
      ['dispatch', 'POST', `/v1/cases/${id}/actions/accept`, 409],
      ['sla', 'GET', `/v1/tickets/${id}/clocks`],
      ['reporting', 'GET', `/v1/tickets/${id}/history`],
    ];
    for (const [service, method, path, status = 404] of routes) {
      const hidden = await client.call(service, method, path, { as: outsider, ...(method === 'POST' ? { body: {} } : {}) });
      const missing = await client.call(service, method, path.replace(id, newId()), {
        as: outsider,
        ...(method === 'POST' ? { body: {} } : {}),
      });
      expect({ service, status: hidden.status, ...hidden.body, correlationId: '', instance: '' }).toEqual({
        service,
        status,
        ...missing.body,
        correlationId: '',
        instance: '',
      });
    }
    expect((await client.must<{ items: [] }>('notify', 'GET', `/v1/messages?ticketId=${id}`, { as: outsider })).items).toEqual([]);
  });

  it('fires each warning and breach exactly once when the clock of the whole system is moved', async () => {
    const { id } = await create({ type: 'fault', category: 'home.repair' });
    await historyWith(id, 'sla.clock-started');
    await shiftedBy(20, async () => {
      await eventually(async () => {
        const h = await history(id);
        expect(h.history.filter((e) => e.name === 'sla.clock-breached')).toHaveLength(2);
        expect(h.history.filter((e) => e.name === 'sla.clock-warned')).toHaveLength(2);
      }, WAIT_MS);
    });
  });

  it('lets a clock of the run before a reopening start only the reactions that say late', async () => {
    await client.must('dispatch', 'PUT', '/v1/packs/slow-clock', { as: 'root', body: slowClockPack() });
    const body = { pack: 'slow-clock', type: 'complaint', category: 'fee', title: 'x', language: 'en', contact: complaint.contact };
    // Intake gets the pack as an event.
    const { id } = await eventually(() => client.must<{ id: string }>('intake', 'POST', '/v1/tickets', { as: 'mei', body }), WAIT_MS);
    await historyWith(id, 'sla.clock-started');
    for (const action of ['end-it', 'once-more']) expect(await act(id, 'zhao', action)).toMatchObject({ status: 200 });
    const seen = () => client.must<{ run: number; fields: object }>('dispatch', 'GET', `/v1/cases/${id}`, { as: 'zhao' });
    await shiftedBy(2, async () => {
      await eventually(async () => expect(await seen()).toMatchObject({ run: 2, fields: { late: true } }), WAIT_MS);
      expect((await seen()).fields).not.toHaveProperty('usual');
      const clocks = await client.must<{ items: object[] }>('sla', 'GET', `/v1/tickets/${id}/clocks`, { as: 'zhao' });
      expect(clocks.items).toMatchObject([{ clock: 'slow', run: 1, breachedAt: expect.any(String) }]);
    });
  });

  it('delivers to a webhook with a signature that the public library accepts', async () => {
    const received: { headers: IncomingMessage['headers']; body: string }[] = [];
    const port = await freePort(0);
    const receiver = createServer((request, response) => {
      let body = '';
      request.on('data', (d) => (body += String(d)));
      request.on('end', () => {
        received.push({ headers: request.headers, body });
        response.end('ok');
      });
    });
    await new Promise<void>((resolve) => receiver.listen(port, '127.0.0.1', resolve));
    try {
      const hook = await client.must<{ id: string; secret: string }>('notify', 'POST', '/v1/webhooks', {
        as: 'root',
        body: { url: `http://127.0.0.1:${port}/hook`, types: ['dispatch.ticket-dispatched'] },
      });
      const { id } = await create();
      await eventually(() => expect(received.filter((r) => r.body.includes(id))).toHaveLength(1), WAIT_MS);
      const one = received.find((r) => r.body.includes(id));
      expect(() => new Webhook(hook.secret).verify(one?.body ?? '', one?.headers as Record<string, string>)).not.toThrow();
      expect(() => new Webhook(hook.secret).verify(`${one?.body} `, one?.headers as Record<string, string>)).toThrow();
      expect(one?.body).not.toContain('contactSealed');
      await client.must('notify', 'DELETE', `/v1/webhooks/${hook.id}`, { as: 'root' });
    } finally {
      receiver.close();
    }
  });

  it('carries on with a ticket that invalid events name, unsigned ones and signed ones', async () => {
    const { id } = await create();
    await historyWith(id, 'dispatch.ticket-dispatched', 'sla.clock-started');
    const kafka = new KafkaBus({ brokers: [client.home.read().kafka ?? ''], clientId: 'intruder', partitions: 12 });
    const victim = newId();
    const wire = (seq: number, more: Record<string, string>, value: Buffer, ticket = victim) => ({
      key: ticket,
      value,
      headers: {
        ce_id: newId(),
        ce_source: '/gongdan/intake',
        ce_type: 'intake.ticket-withdrawn',
        ce_eventversion: '1',
        ce_subject: ticket,
        ce_org: 'demo',
        ce_sequence: String(seq),
        ce_time: '2026-01-01T00:00:00.000Z',
        ...more,
      },
    });
    const good = Buffer.from(JSON.stringify({ reason: 'forged', withdrawnAt: '2026-01-01T00:00:00.000Z' }));
    const signer = new EventSigner(parseSigningKey(eventSigningKey(client.home, 'intake')));
    await kafka.publish(TICKETS.name, [wire(2, {}, good, id)]);
    await kafka.publish(
      TICKETS.name,
      signer.sign(TICKETS.name, [
        { key: 'noise', headers: {}, value: Buffer.from(Array.from({ length: 200 }, (_, i) => (i * 37) % 256)) },
        { key: victim, headers: {}, value: null },
        wire(1, {}, good.subarray(0, 10)),
        wire(1, { ce_type: 'intake.unknown-event' }, good),
        wire(2, { ce_eventversion: '99' }, good),
        wire(3, {}, Buffer.from(JSON.stringify({ reason: 'x'.repeat(2_000_000), withdrawnAt: 'y' })), newId()),
        wire(1, {}, Buffer.from(`${'['.repeat(5_000)}${']'.repeat(5_000)}`), newId()),
        wire(1, {}, Buffer.from('{"__proto__": {"polluted": true}, "reason": 1}'), newId()),
        // A jump in the numbers of a real ticket, and another organisation.
        wire(1_000, {}, good, id),
        wire(1, { ce_org: 'evil' }, good, id),
      ]),
    );
    await kafka.close();
    // The ticket that the messages name is still processed, and so are all others.
    expect((await act(id, 'li', 'accept')).status).toBe(200);
    await historyWith(id, 'dispatch.ticket-accepted');
    const other = await create();
    await historyWith(other.id, 'dispatch.ticket-dispatched', 'sla.clock-started', 'notify.message-sent');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    // The messages lie in several partitions: dispatch may read some of them later than the ticket above.
    await eventually(async () => {
      const parked = await client.must<{ code: string; kind: string }[]>('dispatch', 'GET', '/v1/ops/parked?limit=500', { as: 'ops' });
      expect(new Set(parked.map((p) => p.kind))).toEqual(new Set(['unreadable', 'poison', 'unproven']));
      expect(parked.map((p) => p.code)).toEqual(
        expect.arrayContaining([
          'messaging/no-address',
          'messaging/not-json',
          'messaging/newer-version',
          'messaging/too-deep',
          'messaging/unsigned',
        ]),
      );
    }, WAIT_MS);
    for (const s of SERVICES) expect((await client.call(s, 'GET', '/health/ready')).status).toBe(200);
  });

  it('serves documents that equal those in the repository', async () => {
    const { describeOperations } = (await import(join(PROJECT, 'tools/docstrings.mjs'))) as {
      describeOperations(document: object, service: string): object;
    };
    const known = new Set<string>(ALL_EVENTS.map((e) => e.name));
    const consumes: Record<string, string[]> = {};
    for (const s of SERVICES) {
      const { handledEvents: names } = await client.must<{ handledEvents: string[] }>(s, 'GET', '/v1/ops/bus', { as: 'ops' });
      expect(names.filter((n) => !known.has(n))).toEqual([]);
      consumes[s] = names;
      const served = describeOperations(await client.must<Record<string, unknown>>(s, 'GET', '/openapi.json'), s);
      // `npm run docs` writes these files.
      expect(served).toEqual(JSON.parse(readFileSync(join(PROJECT, `docs/openapi/${s}.json`), 'utf8')));
      const readme = readFileSync(join(PROJECT, `services/${s}/README.md`), 'utf8');
      for (const n of names)
        expect({ service: s, event: n, inReadme: readme.includes(n) }).toEqual({ service: s, event: n, inReadme: true });
    }
    expect(JSON.parse(JSON.stringify(asyncApi({ consumes })))).toEqual(
      JSON.parse(readFileSync(join(PROJECT, 'docs/asyncapi.json'), 'utf8')),
    );
  });
});
