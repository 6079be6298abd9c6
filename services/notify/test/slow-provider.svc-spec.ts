import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type TestService } from '@gongdan/messaging/testing';
import { eventually } from '@gongdan/testing';
import { MailServer } from './mail-server.js';
import { aTicket, messagesOf, publishPack, startNotify } from './notify-service.js';

describe('a slow mail provider', () => {
  let mail: MailServer;
  beforeAll(async () => {
    mail = await MailServer.start();
  });
  afterAll(() => mail.close());

  /** Registers a ticket whose receipt the provider accepts without a reply. */
  async function ticketWithoutReply(s: TestService): Promise<ReturnType<typeof aTicket>> {
    await publishPack(s);
    mail.behaviours = ['hang'];
    const t = aTicket();
    await s.deliver(t.draft);
    return t;
  }

  it('a mail provider may hold its reply back after the final dot while the lease of the message is renewed', async () => {
    const s = await startNotify(mail.url);
    const t = await ticketWithoutReply(s);
    const lease = async () =>
      (
        await s.running.app.database.one<{ at: string }>(
          `select lease_until as at from messages where ticket_id = $1::uuid and state = 'sending'`,
          [t.ticketId],
        )
      )?.at ?? '';
    const first = await eventually(async () => {
      const at = await lease();
      expect(at).not.toBe('');
      return at;
    });
    const since = performance.now();
    await eventually(async () => {
      expect(performance.now() - since).toBeGreaterThan(15_500);
      expect(Date.parse(await lease())).toBeGreaterThan(Date.parse(first));
    }, 100_000);
    mail.answer();
    await eventually(async () =>
      expect(await messagesOf(s, t.ticketId)).toEqual([
        expect.objectContaining({ state: 'accepted', attempts: [expect.objectContaining({ outcome: 'accepted' })] }),
      ]),
    );
    expect(mail.to(t.email)).toHaveLength(1);
    await s.close();
  });

  it('leaves the message in doubt after MAIL_ANSWER_MS without a reply', async () => {
    const s = await startNotify(mail.url, { env: { MAIL_ANSWER_MS: '300' } });
    const t = await ticketWithoutReply(s);
    await eventually(
      () =>
        expect(s.emitted(t.ticketId)).toEqual([
          expect.objectContaining({
            name: 'notify.message-failed',
            data: expect.objectContaining({ inDoubt: true, error: expect.stringContaining('took too long') }),
          }),
        ]),
      5_000,
    );
    await s.close();
  });

  it('delays a shutdown by ten seconds at most; the message is then in doubt and the next process publishes message-failed', async () => {
    const leaving = await startNotify(mail.url);
    const t = await ticketWithoutReply(leaving);
    await eventually(() => expect(mail.to(t.email)).toHaveLength(1));
    await leaving.running.close();
    const next = await startNotify(mail.url, { database: leaving.database });
    expect(await messagesOf(next, t.ticketId)).toEqual([
      expect.objectContaining({ state: 'in-doubt', error: expect.stringContaining('shut down') }),
    ]);
    await eventually(() =>
      expect(next.emitted(t.ticketId)).toEqual([
        expect.objectContaining({ name: 'notify.message-failed', data: expect.objectContaining({ inDoubt: true }) }),
      ]),
    );
    await next.close();
    await leaving.database.drop();
  });
});
