import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import PostalMime from 'postal-mime';
import { SMTPServer } from 'smtp-server';

export interface CaughtMail {
  n: number;
  at: string;
  messageId: string;
  from: string;
  to: string[];
  subject: string;
  text: string;
}

/** A real SMTP server that stores every mail and shows it on a web page. It never sends any mail on. */
export class MailCatcher {
  readonly mails: CaughtMail[] = [];
  private rejectNext = 0;

  private constructor(
    private readonly smtp: SMTPServer,
    private readonly http: Server,
    readonly url: string,
    readonly smtpUrl: string,
  ) {}

  static async start(file: string, smtpPort: number, httpPort: number): Promise<MailCatcher> {
    let catcher: MailCatcher | undefined;
    const smtp = new SMTPServer({
      authOptional: true,
      disabledCommands: ['AUTH', 'STARTTLS'],
      size: 5_000_000,
      logger: false,
      onData(stream, session, callback) {
        const parts: Buffer[] = [];
        stream.on('data', (part: Buffer) => parts.push(part));
        stream.on('end', () => {
          if (!catcher || catcher.rejectsNext()) {
            callback(Object.assign(new Error('try again later'), { responseCode: 451 }));
            return;
          }
          const to = session.envelope.rcptTo.map((r) => r.address);
          catcher.store(Buffer.concat(parts), to, file).then(
            () => callback(),
            (error: Error) => callback(error),
          );
        });
      },
    });
    smtp.on('error', () => undefined);
    await new Promise<void>((resolve, reject) => {
      smtp.once('error', reject);
      smtp.listen(smtpPort, '127.0.0.1', () => resolve());
    });
    const http = createServer((request, response) => {
      // A request that cannot be read must not end this process, in which the whole stack runs.
      catcher?.answer(request, response).catch(() => {
        if (!response.headersSent) response.writeHead(400, { 'content-type': 'text/plain; charset=utf-8' });
        response.end('the request cannot be read');
      });
    });
    await new Promise<void>((resolve, reject) => {
      http.once('error', reject);
      http.listen(httpPort, '127.0.0.1', () => resolve());
    });
    catcher = new MailCatcher(smtp, http, `http://127.0.0.1:${httpPort}`, `smtp://127.0.0.1:${smtpPort}`);
    catcher.mails.push(...storedMails(file));
    return catcher;
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve) => this.smtp.close(() => resolve()));
    this.http.closeAllConnections();
    await new Promise<void>((resolve) => this.http.close(() => resolve()));
  }

  private rejectsNext(): boolean {
    if (this.rejectNext === 0) return false;
    this.rejectNext -= 1;
    return true;
  }

  private async store(raw: Buffer, to: string[], file: string): Promise<void> {
    const mail = await PostalMime.parse(raw);
    const caught: CaughtMail = {
      n: this.mails.length + 1,
      at: new Date().toISOString(),
      messageId: mail.messageId ?? '',
      from: mail.from?.address ?? '',
      to,
      subject: mail.subject ?? '',
      text: mail.text ?? '',
    };
    this.mails.push(caught);
    appendFileSync(file, `${JSON.stringify(caught)}\n`);
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.url);
    const send = (status: number, type: string, body: string): void => {
      response.writeHead(status, {
        'content-type': `${type}; charset=utf-8`,
        'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
        'x-content-type-options': 'nosniff',
      });
      response.end(body);
    };
    if (url.pathname === '/api/messages') {
      const [to, subject] = [url.searchParams.get('to'), url.searchParams.get('subject')];
      send(
        200,
        'application/json',
        JSON.stringify(this.mails.filter((m) => (to === null || m.to.includes(to)) && (subject === null || m.subject.includes(subject)))),
      );
    } else if (url.pathname === '/api/behaviour' && request.method === 'POST') {
      let body = '';
      for await (const part of request) body += String(part);
      const { rejectNext = 0 } = JSON.parse(body || '{}') as { rejectNext?: unknown };
      if (typeof rejectNext !== 'number' || !Number.isSafeInteger(rejectNext) || rejectNext < 0)
        throw new Error('rejectNext must be a count');
      this.rejectNext = rejectNext;
      send(200, 'application/json', JSON.stringify({ rejectNext: this.rejectNext }));
    } else if (/^\/mail\/\d+$/.test(url.pathname)) {
      const mail = this.mails[Number(url.pathname.slice(6)) - 1];
      if (mail)
        send(
          200,
          'text/html',
          page(
            mail.subject,
            `<p><a href="/">← all</a></p><h1>${escape(mail.subject)}</h1><p>${escape(mail.from)} → ${escape(mail.to.join(', '))}<br>${mail.at}<br><code>${escape(mail.messageId)}</code></p><pre>${escape(mail.text)}</pre>`,
          ),
        );
      else send(404, 'text/plain', 'no such mail');
    } else if (url.pathname === '/') {
      const rows = [...this.mails].reverse().slice(0, 500).map((m) => `<tr><td>${m.at.slice(0, 19)}</td><td>${escape(m.to.join(', '))}</td><td><a href="/mail/${m.n}">${escape(m.subject) || '(no subject)'}</a></td></tr>`); // prettier-ignore
      send(200, 'text/html', page('Caught mail', `<h1>Caught mail (${this.mails.length})</h1><table>${rows.join('')}</table>`));
    } else send(404, 'text/plain', 'no such page');
  }
}

/** Reads the mails of earlier runs. After a kill -9 the last line may be incomplete; it is removed, because the next line would be appended to it. */
function storedMails(file: string): CaughtMail[] {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  if (whole !== text) writeFileSync(file, whole);
  return whole.split('\n').filter(Boolean).map((line) => JSON.parse(line) as CaughtMail); // prettier-ignore
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

function page(title: string, body: string): string {
  return `<!doctype html><meta charset="utf-8"><title>${escape(title)}</title><style>body{font:15px/1.5 system-ui;max-width:60rem;margin:2rem auto;padding:0 1rem}td{padding:.2rem 1rem .2rem 0}pre{white-space:pre-wrap;background:#f4f4f4;padding:1rem}</style>${body}`;
}
