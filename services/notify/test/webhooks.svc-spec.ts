import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type TestService } from '@gongdan/messaging/testing';
import { eventually } from '@gongdan/testing';
import { MailServer } from './mail-server.js';
import { aTicket, AT, dispatched, makeDue, publishPack, startNotify, type View } from './notify-service.js';
import { Receiver } from './receiver.js';

describe('webhooks', () => {
  let mail: MailServer;
  let s: TestService;
  let receiver: Receiver;
  let hook: string;
  beforeAll(async () => {
    mail = await MailServer.start();
    s = await startNotify(mail.url);
    await publishPack(s);
  });
  afterAll(async () => {
    await s.close();
    await mail.close();
  });
  beforeEach(async () => {
    receiver = await Receiver.start();
    const made = await s.call('POST', '/v1/webhooks', { body: { url: receiver.url, types: ['intake.*'], description: 'crm' } });
    expect(made.status).toBe(201);
    receiver.secret = String(made.body['secret']);
    hook = String(made.body['id']);
  });
  afterEach(async () => {
    await s.call('DELETE', `/v1/webhooks/${hook}`);
    await receiver.close();
  });
  const deliveries = async () => (await s.call('GET', `/v1/webhooks/${hook}/deliveries`)).body['items'] as View[];

  it('delivers the events a webhook subscribes to once, signed and without the contact', async () => {
    const t = aTicket();
    await s.deliver(t.draft);
    await s.deliver(dispatched(t.ticketId));
    await eventually(() =>
      expect(s.emitted(t.ticketId).filter((e) => (e.data as { channel: string }).channel === 'webhook')).toHaveLength(1),
    );
    expect(receiver.received).toEqual([
      expect.objectContaining({
        verified: true,
        body: expect.objectContaining({ type: 'intake.ticket_registered', data: expect.objectContaining({ ticketId: t.ticketId }) }),
      }),
    ]);
    expect(JSON.stringify(receiver.received)).not.toContain('contactSealed');
    expect(await deliveries()).toEqual([
      expect.objectContaining({ id: receiver.received[0]?.id, state: 'accepted', receipt: 'HTTP 204', recipient: `webhook:${hook}` }),
    ]);
    expect(receiver.secret).toMatch(/^whsec_/);
    expect((await s.call('GET', '/v1/webhooks')).text).not.toContain(receiver.secret);
  });

  it('repeats a delivery under the same id after an error, honours Retry-After and never shows the body of an answer', async () => {
    receiver.answers = [
      { status: 500 },
      { status: 503, headers: { 'retry-after': '3600' } },
      { status: 302, headers: { location: 'http://127.0.0.1:1/' } },
    ];
    await s.deliver(aTicket().draft);
    await eventually(async () => expect((await deliveries())[0]).toMatchObject({ state: 'planned', error: 'HTTP 500' }));
    await makeDue(s);
    await eventually(async () => expect((await deliveries())[0]).toMatchObject({ state: 'planned', error: 'HTTP 503' }));
    expect(Date.parse((await deliveries())[0]?.nextAttemptAt ?? '') - Date.now()).toBeGreaterThan(3_500_000);
    await makeDue(s);
    await eventually(async () => expect((await deliveries())[0]).toMatchObject({ state: 'planned', error: 'HTTP 302' }));
    await makeDue(s);
    await eventually(async () => expect((await deliveries())[0]).toMatchObject({ state: 'accepted' }));
    expect(new Set(receiver.received.map((d) => d.id)).size).toBe(1);
    expect(receiver.received.map((d) => d.verified)).toEqual([true, true, true, true]);
    expect(JSON.stringify(await deliveries())).not.toContain('internal secret');
  });

  it('never shows the query of a receiver that cannot be reached', async () => {
    const gone = await Receiver.start();
    const created = await s.call('POST', '/v1/webhooks', { body: { url: `${gone.url}?key=s3cret`, types: ['intake.*'] } });
    await gone.close();
    const t = aTicket();
    await s.deliver(t.draft);
    const list = () => s.call('GET', `/v1/webhooks/${String(created.body['id'])}/deliveries`);
    await eventually(async () =>
      expect((await list()).body['items']).toEqual([
        expect.objectContaining({ state: 'planned', attempts: [expect.objectContaining({ outcome: 'deferred' })] }),
      ]),
    );
    expect((await list()).text).not.toContain('s3cret');
    await s.call('DELETE', `/v1/webhooks/${String(created.body['id'])}`);
  });

  it('sends few statements while a receiver does not answer, and delivers at once when it answers again', async () => {
    receiver.silent = true;
    // Imported history plans no mails: only webhooks are at work.
    for (let n = 0; n < 10; n++) await s.deliver(aTicket({ history: { job: 'j', source: 'old', closedAt: AT } }).draft);
    const { database } = s.running.app;
    await eventually(() => expect(receiver.received).toHaveLength(4));
    const before = database.statements;
    const since = performance.now();
    await eventually(() => expect(performance.now() - since).toBeGreaterThan(2_000));
    // 25 a second at most: a machine that stalls measures a longer time.
    expect(database.statements - before).toBeLessThan((25 * (performance.now() - since)) / 1_000);
    expect(receiver.received).toHaveLength(4);
    receiver.recover();
    await eventually(() => expect(receiver.received).toHaveLength(10), 20_000);
  });

  it('disables a webhook that answers 410 and fails its planned deliveries', async () => {
    receiver.answers = [{ status: 500 }, { status: 410 }];
    const [a, b] = [aTicket(), aTicket()];
    await s.deliver(a.draft);
    await eventually(async () => expect((await deliveries())[0]).toMatchObject({ error: 'HTTP 500' }));
    await s.deliver(b.draft);
    await eventually(async () =>
      expect((await s.call('GET', `/v1/webhooks/${hook}`)).body).toMatchObject({ disabledWhy: expect.stringContaining('410') }),
    );
    await eventually(async () => expect((await deliveries()).map((d) => d.state)).toEqual(['failed', 'failed']));
    await s.deliver(aTicket().draft);
    expect((await s.call('POST', `/v1/webhooks/${hook}/test`)).status).toBe(422);
    expect(receiver.received).toHaveLength(2);
  });

  it('sends a test delivery about which no event is published', async () => {
    const asked = await s.call('POST', `/v1/webhooks/${hook}/test`);
    expect(asked.status).toBe(202);
    await eventually(() =>
      expect(receiver.received).toEqual([
        expect.objectContaining({ id: asked.body['message'], verified: true, body: expect.objectContaining({ type: 'webhook.test' }) }),
      ]),
    );
    await eventually(async () => expect((await deliveries())[0]).toMatchObject({ state: 'accepted', ticketId: null }));
  });

  it('sends a settled delivery again on request, under the same id and with a new series of attempts, and publishes its end again', async () => {
    const t = aTicket({ history: { job: 'j', source: 'old', closedAt: AT } });
    await s.deliver(t.draft);
    await eventually(async () => expect((await deliveries())[0]).toMatchObject({ state: 'accepted' }));
    const [sent] = await deliveries();
    const again = () => s.call('POST', `/v1/webhooks/${hook}/deliveries/${sent?.id}/redeliver`);
    receiver.answers = [{ status: 500 }];
    expect((await again()).status).toBe(202);
    await eventually(async () =>
      expect((await deliveries())[0]).toMatchObject({
        state: 'planned',
        receipt: null,
        attempts: [{ outcome: 'accepted' }, { outcome: 'deferred', error: 'HTTP 500' }],
      }),
    );
    expect(Date.parse((await deliveries())[0]?.nextAttemptAt ?? '') - Date.now()).toBeLessThan(6_000);
    await makeDue(s);
    await eventually(async () =>
      expect((await deliveries())[0]).toMatchObject({
        state: 'accepted',
        receipt: 'HTTP 204',
        attempts: [{}, {}, { attempt: 3, outcome: 'accepted' }],
      }),
    );
    expect(receiver.received.map((d) => [d.id, d.verified])).toEqual([
      [sent?.id, true],
      [sent?.id, true],
      [sent?.id, true],
    ]);
    expect(new Set(receiver.received.map((d) => JSON.stringify(d.body))).size).toBe(1);
    await eventually(() =>
      expect(s.emitted(t.ticketId).map((e) => [e.name, (e.data as { attempt: number }).attempt])).toEqual([
        ['notify.message-sent', 1],
        ['notify.message-sent', 3],
      ]),
    );
  });

  it('refuses to send a delivery again that is not settled, of a disabled webhook, or for a caller without the right', async () => {
    const asked = await s.call('POST', `/v1/webhooks/${hook}/test`);
    await eventually(async () => expect((await deliveries())[0]).toMatchObject({ state: 'accepted' }));
    const path = `/v1/webhooks/${hook}/deliveries/${String(asked.body['message'])}/redeliver`;
    expect((await s.call('POST', path, { as: { roles: ['supervisor'] } })).status).toBe(403);
    expect((await s.call('POST', path, { as: { org: 'other' } })).status).toBe(404);
    expect((await s.call('POST', `/v1/webhooks/${hook}/deliveries/${hook}/redeliver`)).body).toMatchObject({
      status: 404,
      code: 'notify/no-such-message',
    });
    receiver.answers = [{ status: 500 }, { status: 410 }];
    expect((await s.call('POST', path)).status).toBe(202);
    expect((await s.call('POST', path)).body).toMatchObject({ status: 409, code: 'notify/delivery-not-settled' });
    await eventually(async () => expect((await deliveries())[0]).toMatchObject({ error: 'HTTP 500' }));
    await makeDue(s);
    await eventually(async () => expect((await deliveries())[0]).toMatchObject({ state: 'failed', error: 'HTTP 410' }));
    expect((await s.call('POST', path)).body).toMatchObject({ status: 422, code: 'notify/webhook-disabled' });
  });

  it('refuses callers without the right, unknown event types and addresses that are no https URL', async () => {
    const body = { url: receiver.url, types: ['intake.*'] };
    expect((await s.call('POST', '/v1/webhooks', { body, as: { roles: ['supervisor'] } })).status).toBe(403);
    expect((await s.call('GET', `/v1/webhooks/${hook}`, { as: { org: 'other' } })).status).toBe(404);
    const bad = await s.call('POST', '/v1/webhooks', { body: { url: 'ftp://x/', types: ['notify.*', 'intake.*'] } });
    expect(bad.body).toMatchObject({ status: 422, code: 'notify/bad-webhook', errors: [{ pointer: '/types/0' }, { pointer: '/url' }] });
  });
});

describe('webhooks in production', () => {
  let s: TestService;
  beforeAll(async () => {
    s = await startNotify('smtp://127.0.0.1:1', { env: { WEBHOOK_ALLOW_PRIVATE: 'false' } });
    await publishPack(s);
  });
  afterAll(() => s.close());

  it('refuses an address that does not lead to the public internet when a webhook is created', async () => {
    for (const url of [
      'http://example.org/',
      'https://127.0.0.1/',
      'https://localhost/',
      'https://[::ffff:a00:1]/',
      'https://no-such-name.invalid/',
    ]) {
      expect((await s.call('POST', '/v1/webhooks', { body: { url, types: ['*'] } })).body).toMatchObject({
        status: 422,
        errors: [{ pointer: '/url' }],
      });
    }
  });

  it('refuses such an address again when a delivery is sent', async () => {
    const receiver = await Receiver.start();
    const created = await s.call('POST', '/v1/webhooks', { body: { url: 'https://93.184.216.34/', types: ['intake.*'] } });
    expect(created.status).toBe(201);
    await s.running.app.database.run('update webhooks set url = $1', [receiver.url]);
    const t = aTicket();
    await s.deliver(t.draft);
    const list = async () => (await s.call('GET', `/v1/webhooks/${String(created.body['id'])}/deliveries`)).body['items'] as View[];
    await eventually(async () => expect((await list())[0]).toMatchObject({ state: 'failed', error: 'the address must be https' }));
    expect(receiver.received).toEqual([]);
    await receiver.close();
  });
});
