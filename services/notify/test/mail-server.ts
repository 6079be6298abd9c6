import { type AddressInfo } from 'node:net';
import PostalMime from 'postal-mime';
import { SMTPServer } from 'smtp-server';

export interface ReceivedMail {
  from: string;
  to: string;
  subject: string;
  text: string;
  messageId: string;
  headers: Record<string, string>;
}

/**
 * What the server does with a message: accept it, answer 451 or 550, accept it and drop the connection before the reply, or hold the reply back until
 * `answer()`.
 */
export type Behaviour = 'accept' | '451' | '550' | 'drop' | 'hang';

/** A real SMTP server standing in for the provider. */
export class MailServer {
  readonly received: ReceivedMail[] = [];
  /** Behaviour for the next messages; afterwards it accepts. */
  behaviours: Behaviour[] = [];
  /** Recipients whose messages it answers with 451. */
  readonly busy = new Set<string>();
  /** Recipients it refuses, in the words of Postfix. */
  readonly unknown = new Set<string>();
  private held: (() => void)[] = [];
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

  to(address: string): ReceivedMail[] {
    return this.received.filter((m) => m.to === address);
  }

  /** Accepts the messages whose reply was held back. */
  answer(): void {
    for (const accept of this.held.splice(0)) accept();
  }

  /** Stops listening; the function returned starts it again on the same port. */
  async stopListening(): Promise<() => Promise<void>> {
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
          const behaviour = this.busy.has(to) ? '451' : (this.behaviours.shift() ?? 'accept');
          if (behaviour === '451' || behaviour === '550') {
            done(Object.assign(new Error('refused'), { responseCode: Number(behaviour) }));
            return;
          }
          const from = session.envelope.mailFrom === false ? '' : (session.envelope.mailFrom?.address ?? '');
          void PostalMime.parse(Buffer.concat(chunks)).then((m) => {
            this.received.push({
              from,
              to,
              subject: m.subject ?? '',
              text: (m.text ?? '').trimEnd(),
              messageId: m.messageId ?? '',
              headers: Object.fromEntries(m.headers.map((h) => [h.key, h.value])),
            });
            if (behaviour === 'drop')
              for (const c of (server as unknown as { connections: Set<{ _socket: { destroy(): void } }> }).connections)
                c._socket.destroy();
            else if (behaviour === 'accept') done(null, `2.1.5 <${to}> Ok: queued`);
            else this.held.push(() => done());
          });
        });
      },
    });
    server.on('error', () => undefined);
    return server;
  }
}
