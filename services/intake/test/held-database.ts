import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A way to Postgres that a test can hold (what the service sends waits, as when its host stands still) or cut (as when Postgres is away). */
export class HeldDatabase {
  private held = '';
  private holding = false;
  private isCut = false;
  /** Connections that were refused because the way is cut. */
  refused = 0;
  private readonly clients = new Map<Socket, { server: Socket; waiting: Buffer[] }>();

  private constructor(
    private readonly listener: Server,
    readonly url: string,
  ) {}

  static async before(databaseUrl: string): Promise<HeldDatabase> {
    const target = new URL(databaseUrl);
    const listener = createServer();
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    const url = new URL(databaseUrl);
    url.port = String((listener.address() as AddressInfo).port);
    const way = new HeldDatabase(listener, url.toString());
    listener.on('connection', (client: Socket) => way.join(client, connect(Number(target.port), target.hostname)));
    return way;
  }

  hold(): void {
    this.holding = true;
  }

  /** What is held back, as text: parameters of a statement are legible in it. */
  get text(): string {
    return this.held;
  }

  release(): void {
    this.holding = false;
    this.held = '';
    for (const { server, waiting } of this.clients.values()) for (const bytes of waiting.splice(0)) server.write(bytes);
  }

  /** Ends every connection and accepts none until `mend`. */
  cut(): void {
    this.isCut = true;
    for (const [client, { server }] of this.clients) for (const end of [client, server]) end.destroy();
  }

  mend(): void {
    this.isCut = false;
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((closed) => this.listener.close(closed));
  }

  private join(client: Socket, server: Socket): void {
    if (this.isCut) this.refused += 1;
    if (this.isCut) return void [client, server].map((end) => end.on('error', () => undefined).destroy());
    const waiting: Buffer[] = [];
    this.clients.set(client, { server, waiting });
    client.on('data', (bytes: Buffer) => {
      if (!this.holding) return void server.write(bytes);
      waiting.push(bytes);
      this.held += bytes.toString('utf8');
    });
    server.pipe(client);
    for (const end of [client, server]) end.on('error', () => undefined).on('close', () => void [client.destroy(), server.destroy()]);
    client.on('close', () => this.clients.delete(client));
  }
}
