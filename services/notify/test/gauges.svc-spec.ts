import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type TestService } from '@gongdan/messaging/testing';
import { eventually } from '@gongdan/testing';
import { MailServer } from './mail-server.js';
import { aTicket, makeDue, publishPack, startNotify } from './notify-service.js';

describe('gauges of messages', () => {
  let mail: MailServer;
  let s: TestService;
  beforeAll(async () => {
    mail = await MailServer.start();
    s = await startNotify(mail.url, { env: { MAIL_WORKERS: '1' } });
    await publishPack(s);
  });
  afterAll(async () => {
    await s.close();
    await mail.close();
  });

  async function gauge(name: string, labels: string): Promise<number> {
    const { text } = await s.call('GET', '/metrics', { as: null });
    return Number(new RegExp(`^${name}\\{[^}]*${labels}[^}]*\\} (.+)$`, 'm').exec(text)?.[1]);
  }
  const messages = (state: string) => gauge('gongdan_messages', `channel="email",state="${state}"`);
  const oldest = () => gauge('gongdan_messages_oldest_unsent_seconds', 'channel="email"');

  it('counts messages per state and shows the age of the oldest mail that is not sent', async () => {
    expect([await messages('planned'), await messages('sending'), await messages('failed'), await oldest()]).toEqual([0, 0, 0, 0]);
    mail.behaviours = ['hang', '451', '550'];
    for (let n = 0; n < 3; n++) await s.deliver(aTicket().draft);
    await eventually(async () => expect([await messages('planned'), await messages('sending')]).toEqual([2, 1]));
    await s.running.app.database.run(`update messages set planned_at = planned_at - interval '1 hour' where state = 'sending'`);
    await eventually(async () => expect(await oldest()).toBeGreaterThanOrEqual(3_600));
    expect(await oldest()).toBeLessThan(3_660);
    await eventually(() => expect(mail.received).toHaveLength(1));
    mail.answer();
    await eventually(async () =>
      expect([await messages('planned'), await messages('sending'), await messages('failed')]).toEqual([1, 0, 1]),
    );
    await eventually(async () => expect(await oldest()).toBeLessThan(60));
    await makeDue(s);
    await eventually(async () => expect([await messages('planned'), await oldest()]).toEqual([0, 0]));
  });
});
