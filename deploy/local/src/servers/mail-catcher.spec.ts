import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createTransport, type Transporter } from 'nodemailer';
import { type CaughtMail, MailCatcher } from './mail-catcher.js';
import { freePort } from '../home/ports.js';

let folder: string;
let file: string;
let catcher: MailCatcher;
let mailer: Transporter;

async function open(): Promise<void> {
  catcher = await MailCatcher.start(file, await freePort(0), await freePort(0));
  mailer = createTransport(catcher.smtpUrl);
}

async function close(): Promise<void> {
  mailer.close();
  await catcher.stop();
}

const send = (mail: { to?: string; subject?: string; text?: string; html?: string; messageId?: string }) =>
  mailer.sendMail({
    from: 'desk@gongdan.local',
    to: 'wang@example.com',
    subject: 'Ticket 7',
    text: 'It is done.',
    ...mail,
  }) as Promise<unknown>;
const list = async (query = ''): Promise<CaughtMail[]> =>
  (await (await fetch(`${catcher.url}/api/messages${query}`)).json()) as CaughtMail[];
const rejectNext = (n: number) => fetch(`${catcher.url}/api/behaviour`, { method: 'POST', body: JSON.stringify({ rejectNext: n }) });

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gongdan-mail-'));
});
beforeEach(async () => {
  file = join(folder, `${performance.now()}.jsonl`);
  await open();
});
afterEach(close);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('MailCatcher', () => {
  it('stores recipient, subject, text and Message-ID of a mail', async () => {
    await send({ subject: '工单已办结', text: '您好', messageId: '<one@gongdan.local>' });
    const [mail, ...rest] = await list();
    expect(rest).toEqual([]);
    expect(mail).toMatchObject({
      n: 1,
      messageId: '<one@gongdan.local>',
      from: 'desk@gongdan.local',
      to: ['wang@example.com'],
      subject: '工单已办结',
    });
    expect(mail?.text.trim()).toBe('您好');
  });

  it('finds mails by recipient and by a part of the subject', async () => {
    await send({ to: 'a@example.com', subject: 'Ticket 1: taken' });
    await send({ to: 'b@example.com', subject: 'Ticket 1: done' });
    await send({ to: 'b@example.com', subject: 'Ticket 2: done' });
    expect((await list('?to=b@example.com')).map((m) => m.subject)).toEqual(['Ticket 1: done', 'Ticket 2: done']);
    expect((await list('?to=b@example.com&subject=Ticket%201')).map((m) => m.n)).toEqual([2]);
    expect(await list('?to=nobody@example.com')).toEqual([]);
  });

  it('shows a mail with markup on a page as text', async () => {
    const hostile = `<script>alert("x")</script><img src=x onerror='y'>`;
    await send({ subject: hostile, text: `${hostile}</pre>` });
    for (const path of ['/', '/mail/1']) {
      const page = await fetch(`${catcher.url}${path}`);
      const html = await page.text();
      expect(page.headers.get('content-type')).toContain('text/html');
      expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(html).not.toMatch(/<script|<img/);
      expect(html).toContain('&#60;script&#62;alert(&#34;x&#34;)');
    }
    expect((await fetch(`${catcher.url}/mail/2`)).status).toBe(404);
    expect((await fetch(`${catcher.url}/nowhere`)).status).toBe(404);
  });

  it('answers 451 to as many mails as it is set to, then accepts mail again', async () => {
    expect((await rejectNext(2)).status).toBe(200);
    await expect(send({})).rejects.toMatchObject({ responseCode: 451 });
    await expect(send({})).rejects.toMatchObject({ responseCode: 451 });
    expect(await list()).toEqual([]);
    await send({});
    expect(await list()).toHaveLength(1);
  });

  it('the mail catcher has all mails after it was stopped and started', async () => {
    await send({ subject: 'first' });
    await close();
    await open();
    await send({ subject: 'second' });
    expect((await list()).map((m) => [m.n, m.subject])).toEqual([[1, 'first'], [2, 'second']]); // prettier-ignore
    expect(readFileSync(file, 'utf8').trim().split('\n')).toHaveLength(2);
  });

  it('answers 400 to addresses and bodies it cannot read, and keeps accepting mail', async () => {
    const status = await new Promise((resolve, reject) =>
      get(`${catcher.url}`, { path: '//' }, (answer) => resolve(answer.resume().statusCode)).once('error', reject),
    );
    expect(status).toBe(400);
    for (const body of ['{', 'null', '{"rejectNext":"many"}', '{"rejectNext":-1}', '{"rejectNext":1.5}']) {
      expect((await fetch(`${catcher.url}/api/behaviour`, { method: 'POST', body })).status).toBe(400);
    }
    await send({});
    expect(await list()).toHaveLength(1);
  });

  it('drops only the last line of its file when a kill left it incomplete', async () => {
    await send({ subject: 'whole' });
    await close();
    appendFileSync(file, '{"n":2,"at":"20');
    await open();
    await send({ subject: 'next' });
    await close();
    await open();
    expect((await list()).map((m) => m.subject)).toEqual(['whole', 'next']);
  });
});
