import { connect, type Socket } from 'node:net';

const END_OF_HEAD = Buffer.from('\r\n\r\n');

/** One keep-alive HTTP/1.1 connection with one request at a time. A client library would use more CPU of the shared cores than the server. */
export class RawConnection {
  private received: Buffer = Buffer.alloc(0);
  /** True when the server has closed the connection, as it does with connections that were idle for long. */
  closed = false;
  private waiting: { resolve: (answer: { status: number; text: string }) => void; reject: (error: Error) => void } | undefined;

  private constructor(private readonly socket: Socket) {
    socket.setNoDelay(true);
    socket.on('data', (data) => this.take(data));
    socket.on('error', (error) => this.waiting?.reject(error));
    socket.on('close', () => {
      this.closed = true;
      this.waiting?.reject(new Error('the server closed the connection'));
    });
  }

  static open(host: string, port: number): Promise<RawConnection> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, host);
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new RawConnection(socket));
      });
    });
  }

  ask(request: Buffer): Promise<{ status: number; text: string }> {
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
      this.socket.write(request);
    });
  }

  close(): void {
    this.waiting = undefined;
    this.socket.destroy();
  }

  private take(data: Buffer): void {
    this.received = this.received.length === 0 ? data : Buffer.concat([this.received, data]);
    const head = this.received.indexOf(END_OF_HEAD);
    if (head === -1) return;
    const text = this.received.toString('latin1', 0, head);
    const length = /\r\ncontent-length: *(\d+)/i.exec(text)?.[1];
    if (length === undefined) {
      this.waiting?.reject(new Error(`the answer has no content-length: ${text}`));
      return;
    }
    const end = head + END_OF_HEAD.length + Number(length);
    if (this.received.length < end) return;
    const body = this.received.toString('utf8', head + END_OF_HEAD.length, end);
    this.received = this.received.subarray(end);
    const { waiting } = this;
    this.waiting = undefined;
    waiting?.resolve({ status: Number(text.slice(9, 12)), text: body });
  }
}
