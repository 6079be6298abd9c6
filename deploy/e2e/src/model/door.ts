import { Agent, request } from 'node:http';

export interface Reply {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: Record<string, unknown>;
}

/** The replicas of dispatch as a balancer would use them that does not look at their health: a request to a dead or paused one is lost. */
export class Doors {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 300 });

  constructor(
    private readonly urls: readonly string[],
    private readonly random: () => number,
    private readonly timeoutMs = 8_000,
  ) {}

  /** Rejects when the connection breaks or no answer comes in time. */
  call(method: string, path: string, token: string, body?: unknown, headers: Record<string, string> = {}): Promise<Reply> {
    const url = new URL(path, this.urls[Math.floor(this.random() * this.urls.length)]);
    const text = body === undefined ? undefined : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const sent = request(
        url,
        {
          method,
          agent: this.agent,
          timeout: this.timeoutMs,
          headers: {
            authorization: `Bearer ${token}`,
            ...(text === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
            ...headers,
          },
        },
        (answer) => {
          const parts: Buffer[] = [];
          answer.on('data', (part: Buffer) => parts.push(part));
          answer.once('error', reject);
          answer.once('end', () => {
            const whole = Buffer.concat(parts).toString('utf8');
            try {
              resolve({
                status: answer.statusCode ?? 0,
                headers: answer.headers,
                body: whole === '' ? {} : (JSON.parse(whole) as Reply['body']),
              });
            } catch (error) {
              reject(error as Error);
            }
          });
        },
      );
      sent.once('error', reject).once('timeout', () => sent.destroy(new Error('no answer in time')));
      sent.end(text);
    });
  }

  close(): void {
    this.agent.destroy();
  }
}
