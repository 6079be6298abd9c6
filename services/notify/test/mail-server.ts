import { type AddressInfo } from 'node:net';
import PostalMime from 'postal-mime';
import { SMTPServer } from 'smtp-server';

export interface GotMail {
  from: string;
  to: string;
  subject: string;
  text: string;
  messageId: string;
  headers: Record<string, string>;
}

/** What the server does with the next message: take it, refuse it for now or for ever, take it and drop the line before it says so, or say nothing until told. */
export type Mood = 'take' | 'later' | 'never' | 'drop' | 'hang';

/** A real SMTP server standing in for the provider. */
export class MailServer {
  readonly got: GotMail[] = [];
  /** Moods of the next messages; then it takes. */
  moods: Mood[] = [];
  /** Recipients it has no time for until they are taken off. */
  readonly busy = new Set<string>();
  /** Recipients it does not know, and says so the way Postfix does. */
  readonly unknown = new Set<string>();
  private hung: (() => void)[] = [];
  private server: SMTPServer;

  private constructor() {
    this.server = this.make();
  }

  static async start(): Promise<MailServer> {
    const server = new MailServer();
    await server.listen(0);
    return server;
  }

  get url(): string {
    return `smtp://127.0.0.1:${this.port}`;
  }

  get port(): number {
    return (this.server.server.address() as AddressInfo).port;
  }

  to(address: string): GotMail[] {
    return this.got.filter((m) => m.to === address);
  }

  /** Says yes to what hangs. */
  answer(): void {
    for (const yes of this.hung.splice(0)) yes();
  }

  /** Stops listening; the port stays known. */
  async away(): Promise<() => Promise<void>> {
    const { port } = this;
    await this.close();
    return async () => {
      this.server = this.make();
      await this.listen(port);
    };
  }

  close(): Promise<void> {
    return new Promise((done) => this.server.close(() => done()));
  }

  private listen(port: number): Promise<void> {
    return new Promise((done) => this.server.listen(port, '127.0.0.1', () => done()));
  }

  private make(): SMTPServer {
    const server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS', 'AUTH'],
      logger: false,
      closeTimeout: 500,
      onRcptTo: ({ address }, _session, done) => {
        const refusal = `5.1.1 <${address}>: Recipient address rejected: User ${address.split('@')[0]} unknown in local recipient table`;
        done(this.unknown.has(address) ? Object.assign(new Error(refusal), { responseCode: 550 }) : null);
      },
      onData: (stream, session, done) => {
        const chunks: Buffer[] = [];
        stream.on('data', (c: Buffer) => chunks.push(c));
        stream.on('end', () => {
          const to = session.envelope.rcptTo[0]?.address ?? '';
          const mood = this.busy.has(to) ? 'later' : (this.moods.shift() ?? 'take');
          if (mood === 'later' || mood === 'never') {
            done(Object.assign(new Error(mood), { responseCode: mood === 'later' ? 451 : 550 }));
            return;
          }
          const from = session.envelope.mailFrom === false ? '' : (session.envelope.mailFrom?.address ?? '');
          void PostalMime.parse(Buffer.concat(chunks)).then((m) => {
            this.got.push({
              from,
              to,
              subject: m.subject ?? '',
              text: (m.text ?? '').trimEnd(),
              messageId: m.messageId ?? '',
              headers: Object.fromEntries(m.headers.map((h) => [h.key, h.value])),
            });
            if (mood === 'drop')
              for (const c of (server as unknown as { connections: Set<{ _socket: { destroy(): void } }> }).connections)
                c._socket.destroy();
            else if (mood === 'take') done(null, `2.1.5 <${to}> Ok: queued`);
            else this.hung.push(() => done());
          });
        });
      },
    });
    server.on('error', () => undefined);
    return server;
  }
}
