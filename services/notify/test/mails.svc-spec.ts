import { sla } from '@gongdan/contracts';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MemoryBus } from '@gongdan/messaging';
import { type TestService } from '@gongdan/messaging/testing';
import { eventually } from '@gongdan/testing';
import { MailServer } from './mail-server.js';
import { aTicket, AT, dispatched, makeDue, messagesOf, pack, publishPack, startNotify } from './notify-service.js';

describe('mails', () => {
  let mail: MailServer;
  let s: TestService;
  let other: TestService;
  beforeAll(async () => {
    mail = await MailServer.start();
    const bus = new MemoryBus();
    s = await startNotify(mail.url, { bus });
    other = await startNotify(mail.url, { bus, database: s.database });
    await publishPack(s);
  });
  afterAll(async () => {
    await other.close();
    await s.close();
    await mail.close();
  });

  it('sends one mail per event and recipient when two replicas run and every event is delivered twice', async () => {
    const tickets = Array.from({ length: 60 }, () => aTicket());
    for (const t of tickets) {
      await s.deliver(t.draft);
      await s.deliver(dispatched(t.ticketId));
    }
    await eventually(async () => {
      expect(mail.received.filter((m) => tickets.some((t) => t.email === m.to))).toHaveLength(60);
      for (const t of tickets) expect(s.emitted(t.ticketId).map((e) => e.name)).toEqual(['notify.message-sent', 'notify.message-sent']);
    }, 100_000);
    expect(mail.to('network@starter.example')).toHaveLength(60);
    expect(new Set(mail.received.map((m) => m.messageId)).size).toBe(mail.received.length);
    const [first] = tickets;
    const received = mail.to(first?.email ?? '')[0];
    expect(received).toMatchObject({
      from: 'desk@gongdan.example',
      subject: expect.stringContaining('We have your request GD-'),
      text: expect.stringContaining('Dear 李雷'),
      headers: { 'auto-submitted': 'auto-generated' },
    });
    const views = await messagesOf(s, first?.ticketId ?? '');
    expect(views.map((v) => [v.recipient, v.state, v.attempts.length])).toEqual(
      expect.arrayContaining([
        ['reporter', 'accepted', 1],
        ['unit:network', 'accepted', 1],
      ]),
    );
    expect(views.find((v) => v.recipient === 'reporter')?.address).toBe('r***@example.org');
    expect(received?.messageId).toBe(`<${views.find((v) => v.recipient === 'reporter')?.id}@gongdan.example>`);
    expect(s.emitted(first?.ticketId).map((e) => e.data)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          recipient: 'reporter',
          channel: 'email',
          template: 'receipt',
          attempt: 1,
          receipt: expect.stringContaining('250'),
        }),
      ]),
    );
  });

  it('sends a mail once after a 451 and a refused connection', async () => {
    mail.behaviours = ['451'];
    const t = aTicket();
    await s.deliver(t.draft);
    await eventually(async () =>
      expect((await messagesOf(s, t.ticketId))[0]).toMatchObject({
        state: 'planned',
        error: expect.stringContaining('451'),
        attempts: [{ outcome: 'deferred' }],
      }),
    );
    const [waiting] = await messagesOf(s, t.ticketId);
    expect(Date.parse(waiting?.nextAttemptAt ?? '') - Date.now()).toBeGreaterThan(7_000);
    const restart = await mail.stopListening();
    await makeDue(s);
    await eventually(async () =>
      expect((await messagesOf(s, t.ticketId))[0]).toMatchObject({
        state: 'planned',
        attempts: [{ outcome: 'deferred' }, { outcome: 'deferred' }],
      }),
    );
    await restart();
    await makeDue(s);
    await eventually(async () =>
      expect((await messagesOf(s, t.ticketId))[0]).toMatchObject({ state: 'accepted', attempts: [{}, {}, { outcome: 'accepted' }] }),
    );
    expect(mail.to(t.email)).toHaveLength(1);
    await eventually(() => expect(s.emitted(t.ticketId).map((e) => e.name)).toEqual(['notify.message-sent']));
  });

  it('fails a mail and publishes message-failed when the provider answers 550', async () => {
    mail.behaviours = ['550'];
    const t = aTicket();
    await s.deliver(t.draft);
    await eventually(() =>
      expect(s.emitted(t.ticketId)).toEqual([
        expect.objectContaining({
          name: 'notify.message-failed',
          data: expect.objectContaining({ inDoubt: false, error: expect.stringContaining('550') }),
        }),
      ]),
    );
    expect((await messagesOf(s, t.ticketId))[0]).toMatchObject({ state: 'failed' });
  });

  it('removes the addresses that a provider repeats in its answers, and nothing else', async () => {
    const [unknown, taken] = [aTicket(), aTicket()];
    mail.unknown.add(unknown.email);
    await s.deliver(unknown.draft);
    await s.deliver(taken.draft);
    const error =
      "Can't send mail - all recipients were rejected: 550 5.1.1 <***>: Recipient address rejected: User *** unknown in local recipient table";
    await eventually(() =>
      expect(s.emitted(unknown.ticketId)).toEqual([expect.objectContaining({ data: expect.objectContaining({ error }) })]),
    );
    await eventually(() =>
      expect(s.emitted(taken.ticketId)).toEqual([
        expect.objectContaining({ data: expect.objectContaining({ receipt: '250 2.1.5 <***> Ok: queued' }) }),
      ]),
    );
    expect(await messagesOf(s, unknown.ticketId)).toEqual([
      expect.objectContaining({ error, attempts: [expect.objectContaining({ error })] }),
    ]);
    expect(await messagesOf(s, taken.ticketId)).toEqual([expect.objectContaining({ receipt: '250 2.1.5 <***> Ok: queued' })]);
  });

  it('leaves an at-most-once mail in doubt when the connection drops after DATA, and repeats an at-least-once mail with the same Message-ID', async () => {
    mail.behaviours = ['drop'];
    const t = aTicket();
    await s.deliver(t.draft);
    await eventually(() =>
      expect(s.emitted(t.ticketId)).toEqual([
        expect.objectContaining({ name: 'notify.message-failed', data: expect.objectContaining({ inDoubt: true }) }),
      ]),
    );
    await makeDue(s);
    expect(mail.to(t.email)).toHaveLength(1);
    mail.behaviours = ['drop'];
    const before = mail.to('network@starter.example').length;
    await s.deliver(dispatched(t.ticketId));
    await eventually(async () =>
      expect((await messagesOf(s, t.ticketId)).find((m) => m.recipient === 'unit:network')).toMatchObject({
        state: 'planned',
        attempts: [{ outcome: 'doubt' }],
      }),
    );
    await makeDue(s);
    await eventually(() => expect(mail.to('network@starter.example')).toHaveLength(before + 2));
    const [one, two] = mail.to('network@starter.example').slice(-2);
    expect(one?.messageId).toBe(two?.messageId);
  });

  it('resolves the mails of a dead worker by the policy of their template', async () => {
    const t = aTicket();
    mail.busy.add(t.email).add('network@starter.example');
    await s.deliver(t.draft);
    await s.deliver(dispatched(t.ticketId));
    await eventually(async () => expect((await messagesOf(s, t.ticketId)).map((m) => m.state)).toEqual(['planned', 'planned']));
    const before = mail.to('network@starter.example').length;
    // A worker committed `sending` and died.
    const died = await s.running.app.database.transaction(async (tx) => {
      const n = await tx.run(
        `update messages set state = 'sending', attempt = attempt + 1, owner = gen_random_uuid(), lease_until = clock_timestamp() - interval '1 second'
         where ticket_id = $1::uuid and state = 'planned'`,
        [t.ticketId],
      );
      await tx.run(`insert into message_attempts (message_id, attempt) select id, attempt from messages where ticket_id = $1::uuid`, [
        t.ticketId,
      ]);
      return n;
    });
    expect(died).toBe(2);
    mail.busy.clear();
    await eventually(async () => {
      const views = await messagesOf(s, t.ticketId);
      const ends = (recipient: string) =>
        views
          .find((m) => m.recipient === recipient)
          ?.attempts.map((a) => a.outcome)
          .slice(-2);
      expect(views.find((m) => m.recipient === 'reporter')?.state).toBe('in-doubt');
      expect(ends('reporter')).toEqual(['deferred', 'doubt']);
      expect(views.find((m) => m.recipient === 'unit:network')?.state).toBe('accepted');
      expect(ends('unit:network')).toEqual(['doubt', 'accepted']);
    }, 100_000);
    expect(mail.to(t.email)).toHaveLength(0);
    expect(mail.to('network@starter.example')).toHaveLength(before + 1);
  });

  it('sends no mail about imported history', async () => {
    const t = aTicket({ history: { job: 'j', source: 'old', closedAt: AT } });
    await s.deliver(t.draft);
    await s.deliver(dispatched(t.ticketId));
    const after = aTicket();
    await s.deliver(after.draft);
    await eventually(() => expect(mail.to(after.email)).toHaveLength(1));
    await eventually(async () =>
      expect(await s.running.app.database.rows('select 1 from known_tickets where id = $1::uuid', [t.ticketId])).toHaveLength(1),
    );
    expect(await messagesOf(s, t.ticketId)).toEqual([]);
  });

  it.each([
    ['published days after its due instant', {}],
    ['published late and marked unheard', { unheard: true as const }],
  ])('sends one mail about a breach that is %s, and names the due instant', async (_, mark) => {
    const t = aTicket();
    await s.deliver(t.draft);
    await s.deliver(dispatched(t.ticketId));
    const clock = pack.sla.clocks[0]?.key ?? '';
    const breached = (dueAt: string) =>
      sla.ClockBreached.of({ org: 'acme', ticketId: t.ticketId, occurredAt: AT, data: { clock, gen: 1, dueAt, firedAt: AT, ...mark } });
    await s.deliver(breached('2026-02-26T16:30:00.000Z'));
    await eventually(() => expect(s.emitted(t.ticketId)).toHaveLength(3));
    const alarms = (await messagesOf(s, t.ticketId)).filter((m) => m.about.event === 'sla.clock-breached');
    expect(alarms).toEqual([expect.objectContaining({ recipient: 'unit:network', state: 'accepted' })]);
    const [alarm] = mail.received.filter((m) => m.messageId.includes(alarms[0]?.id ?? 'none'));
    expect(alarm?.text).toContain('2026-02-27 00:30');
  });

  it('lists messages page by page, to people with messages:read and of their own organisation only', async () => {
    expect((await s.call('GET', '/v1/messages', { as: { roles: ['analyst'] } })).status).toBe(403);
    expect((await s.call('GET', '/v1/messages', { as: { org: 'other' } })).body).toEqual({ items: [], next: null });
    const seen = new Set<string>();
    let cursor = '';
    for (let pages = 0; pages < 100; pages++) {
      const page = (await s.call('GET', `/v1/messages?limit=40&state=accepted&channel=email${cursor}`)).body as unknown as {
        items: { id: string }[];
        next: string | null;
      };
      for (const m of page.items) seen.add(m.id);
      if (page.next === null) break;
      cursor = `&cursor=${page.next}`;
    }
    const count = await s.running.app.database.one<{ n: number }>(`select count(*) as n from messages where state = 'accepted'`);
    expect(seen.size).toBe(count?.n);
    const [id] = seen;
    expect((await s.call('GET', `/v1/messages/${id}`)).body).toMatchObject({ id, state: 'accepted' });
    expect((await s.call('GET', `/v1/messages/${id}`, { as: { org: 'other' } })).status).toBe(404);
    const metrics = (await s.call('GET', '/metrics', { as: null })).text;
    expect(metrics).toMatch(/gongdan_messages_total\{[^}]*channel="email",outcome="accepted"/);
  });
});
