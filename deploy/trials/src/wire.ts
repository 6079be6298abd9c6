import { connect, type Socket } from 'node:net';

/** The head of a request as it is sent over the wire. */
export const head = (method: string, path: string, headers: Readonly<Record<string, string>> = {}): string =>
  `${method} ${path} HTTP/1.1\r\n${Object.entries({ host: 'x', ...headers })
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')}\r\n`;

/** Raw connections to one service, for what no HTTP client would send. */
export class Wire {
  private readonly sockets = new Set<Socket>();
  private readonly port: number;
  private readonly host: string;

  constructor(url = '') {
    const { hostname, port } = new URL(url);
    this.host = hostname;
    this.port = Number(port);
  }

  /** Connections that the service has not closed. */
  get open(): number {
    return this.sockets.size;
  }

  /** Opens a connection and sends `text`; resolves when the kernel has taken it, or when the connection closes. */
  async send(text: string): Promise<Socket> {
    const socket = connect(this.port, this.host);
    this.sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => this.sockets.delete(socket));
    await new Promise<void>((done) => {
      socket.once('close', done);
      socket.write(text, () => done());
    });
    return socket;
  }

  /** Sends `text` on many connections, 100 at a time, because the kernel refuses connections beyond its backlog. */
  async sendMany(count: number, text: (n: number) => string): Promise<Socket[]> {
    const sockets: Socket[] = [];
    for (let n = 0; n < count; n += 100)
      sockets.push(...(await Promise.all(Array.from({ length: Math.min(100, count - n) }, (_, i) => this.send(text(n + i))))));
    return sockets;
  }

  /** Resets the connection at the first byte of an answer: the other requests on it are being handled then. */
  async resetWhenAnswered(text: string): Promise<void> {
    const socket = await this.send(text);
    await new Promise((answered) => socket.once('data', answered).once('close', answered));
    socket.resetAndDestroy();
  }

  /** Resets the connection after a moment in which nothing is read: answers beyond the buffers of the kernel are queued in the service. */
  async resetUnread(text: string, afterMs: number): Promise<void> {
    const socket = await this.send(text);
    await new Promise((wake) => setTimeout(wake, afterMs));
    socket.resetAndDestroy();
  }

  close(): void {
    for (const socket of this.sockets) socket.destroy();
  }
}
