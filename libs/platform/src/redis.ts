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

  /** `caFile`: PEM of the authority that signed the certificate of a `rediss:` server, needed when Node does not trust it by default. */
  constructor(
    private readonly url: string | undefined,
    private readonly caFile?: string,
  ) {}

  async start(): Promise<void> {
    if (this.url === undefined) return;
    this.client = this.connect(this.url);
    this.listener = this.connect(this.url);
  }

  get available(): boolean {
    return this.client?.isReady ?? false;
  }

  /** Runs a command. Resolves to undefined while Redis is away or too slow. */
  async run<T>(work: (client: Client) => Promise<T>): Promise<T | undefined> {
    return this.client?.isReady ? withinLimit(work(this.client)) : undefined;
  }

  async subscribe(channel: string, listener: (text: string) => void): Promise<void> {
    await this.listener?.subscribe(channel, listener).catch(() => undefined);
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

/**
 * Publishes messages to the listeners of every replica. A listener gets each message once, with or without Redis: its own process delivers
 * at once, and drops what comes back from Redis with its own id. Waiting for Redis instead would deliver twice whenever Redis is late.
 */
export class Fanout {
  private readonly self = randomUUID();
  private readonly listeners = new Map<string, Set<(text: string) => void>>();

  constructor(private readonly redis: RedisConnection) {}

  publish(channel: string, text: string): void {
    this.deliver(channel, text);
    void this.redis.run((c) => c.publish(`gongdan:${channel}`, this.self + text));
  }

  /** Adds a listener. Returns the function that removes it. */
  subscribe(channel: string, listener: (text: string) => void, onLost: () => void = () => undefined): () => void {
    void onLost;
    const listeners = this.listeners.get(channel) ?? new Set();
    if (listeners.size === 0)
      void this.redis.subscribe(
        `gongdan:${channel}`,
        (text) => text.startsWith(this.self) || this.deliver(channel, text.slice(this.self.length)),
      );
    listeners.add(listener);
    this.listeners.set(channel, listeners);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) {
        this.listeners.delete(channel);
        void this.redis.unsubscribe(`gongdan:${channel}`);
      }
    };
  }

  private deliver(channel: string, text: string): void {
    for (const listener of [...(this.listeners.get(channel) ?? [])]) {
      try {
        listener(text);
      } catch (error) {
        log.warn('a listener of live updates failed', { channel, error: String(error) });
      }
    }
  }
}
