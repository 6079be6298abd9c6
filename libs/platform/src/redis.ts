import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createClient } from 'redis';
import { backoffMs } from './time/backoff.js';
import { logger } from './watching/logging.js';

// The type is inferred from this call, because node-redis types a client by its options.
const clientFor = (url: string, ca: Buffer | undefined) =>
  createClient({
    url,
    RESP: 3,
    socket: {
      connectTimeout: 2_000,
      reconnectStrategy: (tries: number) => backoffMs(tries + 1),
      ...(ca === undefined ? {} : { tls: true, ca }),
    },
  });
type Client = ReturnType<typeof clientFor>;
const log = logger('redis');

/** Resolves to undefined when the work fails or takes longer than 100 ms: a caller must not wait for data that may be lost. */
async function withinLimit<T>(work: Promise<T>): Promise<T | undefined> {
  const late = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), 100).unref());
  return Promise.race([work, late]).catch(() => undefined);
}

/** The connection to Redis, which holds only data that may be lost. While Redis is away no call fails. */
export class RedisConnection {
  private client: Client | undefined;
  private listener: Client | undefined;
  private warned = false;
  private readonly listening: (() => void)[] = [];

  /** `caFile`: PEM of the authority that signed the certificate of a `rediss:` server, needed when Node does not trust it by default. */
  constructor(
    private readonly url: string | undefined,
    private readonly caFile?: string,
  ) {}

  async start(): Promise<void> {
    if (this.url === undefined) return;
    this.client = this.connect(this.url);
    this.listener = this.connect(this.url);
    this.listener.on('ready', () => this.listening.forEach((callback) => callback()));
  }

  get available(): boolean {
    return this.client?.isReady ?? false;
  }

  /** Runs a command. Resolves to undefined while Redis is away or too slow. */
  async run<T>(work: (client: Client) => Promise<T>): Promise<T | undefined> {
    return this.client?.isReady ? withinLimit(work(this.client)) : undefined;
  }

  /** Resolves to false when the connection was lost before Redis answered. Otherwise the subscription outlasts connections until `unsubscribe`. */
  async subscribe(channel: string, listener: (text: string) => void): Promise<boolean> {
    return (await this.listener?.subscribe(channel, listener).then(() => true, () => false)) ?? true; // prettier-ignore
  }

  /** Calls back whenever Redis can be listened to, again after each connection that was lost. */
  onListening(callback: () => void): void {
    this.listening.push(callback);
  }

  async unsubscribe(channel: string): Promise<void> {
    await this.listener?.unsubscribe(channel).catch(() => undefined);
  }

  stop(): void {
    this.client?.destroy();
    this.listener?.destroy();
  }

  private connect(url: string): Client {
    const client = clientFor(url, this.caFile === undefined ? undefined : readFileSync(this.caFile));
    client.on('error', (error: Error) => {
      if (!this.warned) log.warn('Redis is not reachable; limits and live updates are per process until it is', { error: error.message });
      this.warned = true;
    });
    client.on('ready', () => {
      if (this.warned) log.info('Redis is reachable again');
      this.warned = false;
    });
    void client.connect().catch(() => undefined);
    return client;
  }
}

const TAKE = `local n = redis.call('INCR', KEYS[1]) if n == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end return n`;
const MAX_KEYS = 10_000;

/**
 * Counts within fixed windows, shared by replicas through Redis, and per process while Redis is unavailable. A process that then holds MAX_KEYS
 * keys treats any other key as spent: an attacker who creates keys must not free a key that is being limited.
 */
export class RateLimiter {
  private readonly local = new Map<string, { n: number; until: number }>();

  constructor(private readonly redis: RedisConnection) {}

  /** Counts one. Resolves to false when `limit` was already reached in this window. */
  async take(key: string, limit: number, windowS: number): Promise<boolean> {
    const own = this.takeLocal(key, windowS);
    const shared = await this.redis.run((c) => c.eval(TAKE, { keys: [`gongdan:limit:${key}`], arguments: [String(windowS * 1_000)] }));
    return counted(own, typeof shared === 'number' ? shared : undefined) <= limit;
  }

  /** How many were counted in this window; Infinity for a key that cannot be stored while Redis is unavailable. */
  async count(key: string): Promise<number> {
    const own = this.live(key)?.n ?? (this.hasRoom() ? 0 : undefined);
    const shared = await this.redis.run((c) => c.get(`gongdan:limit:${key}`));
    return counted(own, shared === undefined ? undefined : Number(shared ?? 0));
  }

  private takeLocal(key: string, windowS: number): number | undefined {
    const entry = this.live(key);
    if (entry) return (entry.n += 1);
    if (!this.local.has(key) && !this.hasRoom()) return undefined;
    this.local.set(key, { n: 1, until: performance.now() + windowS * 1_000 });
    return 1;
  }

  private live(key: string): { n: number; until: number } | undefined {
    const entry = this.local.get(key);
    return entry && entry.until > performance.now() ? entry : undefined;
  }

  private hasRoom(): boolean {
    const now = performance.now();
    if (this.local.size >= MAX_KEYS) for (const [key, entry] of this.local) if (entry.until <= now) this.local.delete(key);
    return this.local.size < MAX_KEYS;
  }
}

/** Combines the counts of this process (undefined for a key that cannot be stored) and of Redis (undefined while it is unavailable). */
const counted = (own: number | undefined, shared: number | undefined): number =>
  own === undefined && shared === undefined ? Infinity : Math.max(own ?? 0, shared ?? 0);

interface FanoutListener {
  take: (text: string) => void;
  onLost: () => void;
}

interface FanoutChannel {
  listeners: Set<FanoutListener>;
  /** False when Redis was lost while it was asked. */
  subscribed: Promise<boolean>;
}

/**
 * Publishes messages to the listeners of every replica. A listener gets each message once, with or without Redis: its own process delivers
 * at once, and drops what comes back from Redis with its own id. Waiting for Redis instead would deliver twice whenever Redis is late.
 */
export class Fanout {
  private readonly self = randomUUID();
  private readonly channels = new Map<string, FanoutChannel>();

  constructor(private readonly redis: RedisConnection) {
    redis.onListening(() => void this.listenAgain());
  }

  publish(channel: string, text: string): void {
    this.deliver(channel, text);
    void this.redis.run((c) => c.publish(`gongdan:${channel}`, this.self + text));
  }

  /** Adds a listener. `onLost`: Redis was away, and messages of other replicas may be lost. Returns the function that removes the listener. */
  subscribe(channel: string, take: (text: string) => void, onLost: () => void = () => undefined): () => void {
    const listener = { take, onLost };
    const known = this.channels.get(channel);
    if (known) known.listeners.add(listener);
    else this.channels.set(channel, { listeners: new Set([listener]), subscribed: this.listen(channel) });
    return () => {
      const listeners = this.channels.get(channel)?.listeners;
      if (!listeners?.delete(listener) || listeners.size > 0) return;
      this.channels.delete(channel);
      void this.redis.unsubscribe(`gongdan:${channel}`);
    };
  }

  private listen(channel: string): Promise<boolean> {
    return this.redis.subscribe(
      `gongdan:${channel}`,
      (text) => text.startsWith(this.self) || this.deliver(channel, text.slice(this.self.length)),
    );
  }

  // The client renews a subscription that Redis had confirmed, before it says that it is ready.
  private async listenAgain(): Promise<void> {
    for (const [channel, state] of this.channels) {
      if (!(await state.subscribed) && this.channels.get(channel) === state) state.subscribed = this.listen(channel);
      if (await state.subscribed) this.each(channel, ({ onLost }) => onLost());
    }
  }

  private deliver(channel: string, text: string): void {
    this.each(channel, ({ take }) => take(text));
  }

  private each(channel: string, work: (listener: FanoutListener) => void): void {
    for (const listener of [...(this.channels.get(channel)?.listeners ?? [])]) {
      try {
        work(listener);
      } catch (error) {
        log.warn('a listener of live updates failed', { channel, error: String(error) });
      }
    }
  }
}
