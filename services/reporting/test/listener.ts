import { type TestPerson, type TestService } from '@gongdan/messaging/testing';

export interface HeardEvent {
  type: string;
  data: Record<string, unknown>;
}

/** A client of `GET /v1/live` that keeps what it hears. */
export class Listener {
  readonly heard: HeardEvent[] = [];
  /** Resolves when the service or the client has ended the answer. */
  readonly ended: Promise<void>;

  private constructor(
    readonly answer: Response,
    private readonly abort: AbortController,
  ) {
    this.ended = this.read();
  }

  static async open(s: TestService, as: TestPerson): Promise<Listener> {
    const abort = new AbortController();
    const headers = { authorization: `Bearer ${await s.token(as)}` };
    return new Listener(await fetch(`${s.running.url}/v1/live`, { headers, signal: abort.signal }), abort);
  }

  /** Numbers of the tickets of the events of that type, in order. */
  numbers(type: string): unknown[] {
    return this.heard.filter((e) => e.type === type).map((e) => e.data['number']);
  }

  async close(): Promise<void> {
    this.abort.abort();
    await this.ended;
  }

  private async read(): Promise<void> {
    const decoder = new TextDecoder();
    let rest = '';
    try {
      for await (const part of this.answer.body as ReadableStream<Uint8Array>) {
        rest += decoder.decode(part, { stream: true });
        const blocks = rest.split('\n\n');
        rest = blocks.pop() ?? '';
        for (const block of blocks) this.take(block);
      }
    } catch {
      // The client closed the connection.
    }
  }

  private take(block: string): void {
    const field = (name: string): string | undefined => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
    const [type, data] = [field('event'), field('data')];
    if (type !== undefined && data !== undefined) this.heard.push({ type, data: JSON.parse(data) as Record<string, unknown> });
  }
}
