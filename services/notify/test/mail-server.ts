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

/** What the server does with the next message: take it, refuse it for now or for ever, or take it and drop the line before it says so. */
export type Mood = 'take' | 'later' | 'never' | 'drop' | 'hang';

/** A real SMTP server standing in for the provider. */
export class MailServer {
  readonly got: GotMail[] = [];
  /** Moods of the next messages; then it takes. */
  moods: Mood[] = [];
  /** Recipients it has no time for until they are taken off. */
  readonly busy = new Set<string>();
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
            this.got.push({ from, to, subject: m.subject ?? '', text: (m.text ?? '').trimEnd(), messageId: m.messageId ?? '', headers: Object.fromEntries(m.headers.map((h) => [h.key, h.value])) });
            if (mood === 'drop') for (const c of (server as unknown as { connections: Set<{ _socket: { destroy(): void } }> }).connections) c._socket.destroy();
            else if (mood === 'take') done();
          });
        });
      },
    });
    server.on('error', () => undefined);
    return server;
  }
}
