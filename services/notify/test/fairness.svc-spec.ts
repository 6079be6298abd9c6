import http from 'node:http';
import { type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type TestService } from '@gongdan/messaging/testing';
import { eventually } from '@gongdan/testing';
import { aTicket, AT, publishPack, startNotify } from './notify-service.js';
import { MailServer } from './mail-server.js';
import { Receiver } from './receiver.js';

/** Accepts deliveries on every address of 127.0.0.0/8 and answers none of them: each address is a receiver of its own. */
class SilentReceivers {
  /** Requests that are open now, by receiver. */
  readonly open = new Map<string, number>();
  received = 0;

  private constructor(private readonly server: http.Server) {}

  static async start(): Promise<SilentReceivers> {
    const server = http.createServer();
    const silent = new SilentReceivers(server);
    server.on('request', (request) => {
      const receiver = request.headers.host ?? '';
      silent.received += 1;
      silent.open.set(receiver, (silent.open.get(receiver) ?? 0) + 1);
      request.resume();
      request.socket.once('close', () => silent.open.set(receiver, (silent.open.get(receiver) ?? 0) - 1));
    });
    await new Promise<void>((done) => server.listen(0, '0.0.0.0', done));
    return silent;
  }

  url(n: number): string {
    return `http://127.0.1.${n}:${(this.server.address() as AddressInfo).port}/hook`;
  }

  get openNow(): number {
    return [...this.open.values()].reduce((sum, n) => sum + n, 0);
  }

  close(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((done) => this.server.close(() => done()));
  }
}

const subscribe = async (s: TestService, org: string, url: string): Promise<string> => {
  const made = await s.call('POST', '/v1/webhooks', { body: { url, types: ['intake.*'] }, as: { org } });
  expect(made.status).toBe(201);
  return String(made.body['secret']);
};
/** Imported history plans no mails: only webhooks are at work. */
const aClosedTicket = (org: string) => aTicket({ history: { job: 'j', source: 'old', closedAt: AT } }, org);

describe('fair deliveries', () => {
  let silent: SilentReceivers;
  let s: TestService;
  beforeAll(async () => {
    silent = await SilentReceivers.start();
    s = await startNotify('smtp://127.0.0.1:1', { env: { WEBHOOKS_PER_ORG: '100' } });
    await publishPack(s, 'acme');
    await publishPack(s, 'other');
  });
  afterAll(async () => {
    await s.close();
    await silent.close();
  });

  it('delivers to one organisation at once while 100 webhooks of another never answer', async () => {
    const receiver = await Receiver.start();
    receiver.secret = await subscribe(s, 'other', receiver.url);
    await Promise.all(Array.from({ length: 100 }, (_, n) => subscribe(s, 'acme', silent.url(n + 1))));
    for (let n = 0; n < 3; n++) await s.deliver(aClosedTicket('acme').draft);
    await eventually(() => expect(silent.received).toBeGreaterThanOrEqual(8));
    for (let n = 0; n < 20; n++) await s.deliver(aClosedTicket('other').draft);
    // 300 attempts of two seconds each in eight lanes would take 75 s.
    await eventually(() => expect(receiver.received).toHaveLength(20), 60_000);
    expect(silent.openNow).toBeLessThanOrEqual(20);
    await receiver.close();
  });

  it('delivers to the one receiver of an organisation that answers while its nineteen others never do', async () => {
    await publishPack(s, 'third');
    await Promise.all(Array.from({ length: 19 }, (_, n) => subscribe(s, 'third', silent.url(n + 101))));
    const receiver = await Receiver.start();
    receiver.secret = await subscribe(s, 'third', receiver.url);
    for (let n = 0; n < 3; n++) await s.deliver(aClosedTicket('third').draft);
    // Nineteen receivers take eight fast lanes for two seconds three times; then they are known to be slow.
    await eventually(() => expect(receiver.received).toHaveLength(3), 60_000);
    for (let n = 0; n < 20; n++) await s.deliver(aClosedTicket('third').draft);
    // Behind the attempts at nineteen silent receivers, of two seconds each in eight lanes, 20 events would wait for 95 s.
    await eventually(() => expect(receiver.received).toHaveLength(23), 60_000);
    await receiver.close();
  }, 90_000);
});

describe('the limit of webhooks', () => {
  it('refuses one webhook more than an organisation may have, also when many are created at once', async () => {
    const s = await startNotify('smtp://127.0.0.1:1', { env: { WEBHOOKS_PER_ORG: '3' } });
    const create = (org: string) => s.call('POST', '/v1/webhooks', { body: { url: 'http://127.0.0.1:1/', types: ['*'] }, as: { org } });
    const answers = await Promise.all(Array.from({ length: 8 }, () => create('acme')));
    expect(answers.filter((a) => a.status === 201)).toHaveLength(3);
    expect(answers.find((a) => a.status !== 201)?.body).toMatchObject({
      status: 422,
      code: 'notify/too-many-webhooks',
      detail: 'an organisation may have 3 webhooks',
    });
    expect((await create('other')).status).toBe(201);
    const id = String(answers.find((a) => a.status === 201)?.body['id']);
    await s.call('DELETE', `/v1/webhooks/${id}`);
    expect((await create('acme')).status).toBe(201);
    await s.close();
  });
});

describe('fair mails', () => {
  it('sends the mail of one organisation before the hundreds of another that were planned earlier', async () => {
    const mail = await MailServer.start();
    const s = await startNotify(mail.url, { env: { MAIL_WORKERS: '1' } });
    await publishPack(s, 'acme');
    await publishPack(s, 'other');
    mail.behaviours = ['hang'];
    for (let n = 0; n < 200; n++) await s.deliver(aTicket().draft);
    await eventually(() => expect(mail.received).toHaveLength(1));
    const other = aTicket({}, 'other');
    await s.deliver(other.draft);
    await eventually(async () =>
      expect(await s.running.app.database.rows('select 1 from messages where org = $1', ['other'])).toHaveLength(1),
    );
    mail.answer();
    await eventually(() => expect(mail.to(other.email)).toHaveLength(1));
    expect(mail.received.findIndex((m) => m.to === other.email)).toBeLessThan(5);
    await s.close();
    await mail.close();
  });
});
