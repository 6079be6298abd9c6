import http from 'node:http';
import { type AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';

export interface Delivery {
  id: string;
  timestamp: string;
  body: { type: string; timestamp: string; data: Record<string, unknown> };
  verified: boolean;
}

/** A receiver of webhooks that checks signatures with the official library. */
export class Receiver {
  readonly received: Delivery[] = [];
  secret = '';
  /** The next answers; afterwards it answers 204. */
  answers: { status: number; headers?: Record<string, string> }[] = [];
  /** While true, it reads requests and answers none. */
  silent = false;
  private readonly held: (() => void)[] = [];

  private constructor(private readonly server: http.Server) {}

  static async start(): Promise<Receiver> {
    const server = http.createServer();
    const receiver = new Receiver(server);
    server.on('request', (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (c: Buffer) => chunks.push(c));
      request.on('end', () => {
        receiver.take(request.headers as Record<string, string>, Buffer.concat(chunks).toString('utf8'));
        const { status, headers } = receiver.answers.shift() ?? { status: 204 };
        const answer = (): unknown => response.writeHead(status, headers).end(status === 204 ? undefined : 'internal secret');
        if (receiver.silent) receiver.held.push(answer);
        else answer();
      });
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/hook`;
  }

  recover(): void {
    this.silent = false;
    for (const answer of this.held.splice(0)) answer();
  }

  close(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((done) => this.server.close(() => done()));
  }

  private take(headers: Record<string, string>, text: string): void {
    let verified = true;
    try {
      new Webhook(this.secret).verify(text, headers);
    } catch {
      verified = false;
    }
    this.received.push({
      id: headers['webhook-id'] ?? '',
      timestamp: headers['webhook-timestamp'] ?? '',
      body: JSON.parse(text) as Delivery['body'],
      verified,
    });
  }
}
