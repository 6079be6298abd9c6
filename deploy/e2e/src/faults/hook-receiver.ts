import { createServer, type Server } from 'node:http';
import { freePort } from 'gongdan';

/**
 * A webhook receiver that follows the Standard Webhooks protocol. It answers every seventh new delivery with 500, accepts the repetition, and
 * stores each delivery that it accepted.
 */
export class HookReceiver {
  /** Bodies by `webhook-id`; a repeated delivery must bring the same body. */
  readonly accepted = new Map<string, string>();
  readonly changed: string[] = [];
  private readonly refused = new Set<string>();
  private seen = 0;
  private constructor(
    readonly url: string,
    private readonly server: Server,
  ) {}

  static async start(): Promise<HookReceiver> {
    const port = await freePort(0);
    const server = createServer();
    const receiver = new HookReceiver(`http://127.0.0.1:${port}/storm`, server);
    server.on('request', (request, response) => {
      let body = '';
      request.on('data', (piece) => (body += String(piece)));
      request.on('end', () => response.writeHead(receiver.take(String(request.headers['webhook-id']), body)).end());
    });
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    return receiver;
  }

  private take(id: string, body: string): number {
    const known = this.accepted.get(id);
    // A second refusal would be repeated only after five minutes.
    if (known === undefined && !this.refused.has(id) && ++this.seen % 7 === 0) {
      this.refused.add(id);
      return 500;
    }
    if (known !== undefined && known !== body) this.changed.push(id);
    this.accepted.set(id, body);
    return 200;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}
