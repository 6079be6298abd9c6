import { TooMany } from '@gongdan/kernel';
import { type RedisConnection } from '../redis.js';

export interface RateSettings {
  /** Requests per second of one caller, averaged over a window; 0 means no limit. */
  callerPerS: number;
  /** Requests per second of all callers of one organisation together; 0 means no limit. */
  orgPerS: number;
}

export const WINDOW_S = 10;
const SYNC_MS = 500;
const MAX_KEYS = 10_000;

/** Adds what each key spent here and returns, per key, what all replicas spent and how long the window still lasts. */
const ADD = `
local out = {}
for i, key in ipairs(KEYS) do
  local n = redis.call('INCRBY', key, ARGV[i + 1])
  if n == tonumber(ARGV[i + 1]) then redis.call('PEXPIRE', key, ARGV[1]) end
  out[2 * i - 1] = n
  out[2 * i] = redis.call('PTTL', key)
end
return out`;

interface Window {
  /** Spent by all replicas, as of the last answer of Redis. */
  shared: number;
  /** Spent here and being sent to Redis. */
  sending: number;
  /** Spent here and not sent yet. */
  unsent: number;
  until: number;
}

interface Share {
  name: 'caller' | 'org';
  key: string;
  limit: number;
}

/**
 * Limits the requests of each caller and each organisation within windows of ten seconds, so that one of them cannot slow the others. A
 * request is counted in memory; every 500 ms the counts are exchanged with the other replicas through Redis. Rejected: one round trip to
 * Redis per request. The price is that all replicas together may let the requests of half a second too many pass. While Redis is away each
 * process applies the limits alone.
 */
export class RateLimits {
  private readonly windows = new Map<string, Window>();
  private readonly timer: NodeJS.Timeout;
  private syncing = false;
  readonly policy: string;

  constructor(
    private readonly redis: RedisConnection,
    private readonly service: string,
    private readonly settings: RateSettings,
  ) {
    this.policy = this.sharesOf('', '')
      .map((s) => `"${s.name}";q=${s.limit};w=${WINDOW_S}`)
      .join(', ');
    this.timer = setInterval(() => void this.sync(), SYNC_MS);
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /**
   * Counts one request; one that is refused is not counted.
   * @returns the value of the `RateLimit` header (draft-ietf-httpapi-ratelimit-headers): what is left (r) for how many seconds (t).
   * @throws TooMany when the caller or its organisation has spent its limit; `details.retryAfterS` is the rest of the window.
   */
  spend(org: string, caller: string, onRefused: (header: string) => void = () => undefined): string {
    const now = performance.now();
    const shares = this.sharesOf(org, caller).map((share) => ({ ...share, window: this.windowOf(share.key, now) }));
    const spent = shares.find(({ window, limit }) => totalOf(window) >= limit);
    if (spent === undefined) for (const { window } of shares) window.unsent += 1;
    const header = shares
      .map(({ name, limit, window }) => `"${name}";r=${Math.max(0, limit - totalOf(window))};t=${secondsTo(window.until, now)}`)
      .join(', ');
    if (spent === undefined) return header;
    onRefused(header);
    const whose = spent.name === 'caller' ? 'one caller' : 'one organisation';
    throw new TooMany(
      'platform/too-many-requests',
      { details: { retryAfterS: secondsTo(spent.window.until, now) } },
      `${whose} may send ${spent.limit} requests in ${WINDOW_S} s`,
    );
  }

  private sharesOf(org: string, caller: string): Share[] {
    const { callerPerS, orgPerS } = this.settings;
    return [
      ...(callerPerS > 0 ? [{ name: 'caller' as const, key: `caller:${org}/${caller}`, limit: callerPerS * WINDOW_S }] : []),
      ...(orgPerS > 0 ? [{ name: 'org' as const, key: `org:${org}`, limit: orgPerS * WINDOW_S }] : []),
    ];
  }

  private windowOf(key: string, now: number): Window {
    const known = this.windows.get(key);
    if (known && known.until > now) return known;
    // Only valid tokens make keys. When MAX_KEYS windows exist, further keys share one window, so that no caller escapes its limit by creating keys.
    const place = known || this.windows.size < MAX_KEYS ? key : 'rest';
    const shared = place === key ? undefined : this.windows.get(place);
    if (shared && shared.until > now) return shared;
    const window: Window = { shared: 0, sending: 0, unsent: 0, until: now + WINDOW_S * 1_000 };
    this.windows.set(place, window);
    return window;
  }

  private async sync(): Promise<void> {
    if (this.syncing) return;
    this.syncing = true;
    const now = performance.now();
    for (const [key, window] of this.windows) if (window.until <= now) this.windows.delete(key);
    const active = [...this.windows].filter(([, window]) => window.unsent > 0);
    for (const [, window] of active) {
      window.sending = window.unsent;
      window.unsent = 0;
    }
    if (active.length > 0) await this.exchange(active);
    this.syncing = false;
  }

  private async exchange(active: [string, Window][]): Promise<void> {
    const answer = await this.redis.run((c) =>
      c.eval(ADD, {
        keys: active.map(([key]) => `gongdan:rate:${this.service}:${key}`),
        arguments: [String(WINDOW_S * 1_000), ...active.map(([, window]) => String(window.sending))],
      }),
    );
    const figures = Array.isArray(answer) ? (answer as number[]) : undefined;
    active.forEach(([, window], i) => {
      const [total, leftMs] = [figures?.[2 * i], figures?.[2 * i + 1]];
      // Without an answer, what was being sent stays counted here.
      window.shared = total ?? window.shared + window.sending;
      window.sending = 0;
      if (leftMs !== undefined && leftMs > 0) window.until = performance.now() + leftMs;
    });
  }
}

const totalOf = (window: Window): number => window.shared + window.sending + window.unsent;
const secondsTo = (until: number, now: number): number => Math.max(1, Math.ceil((until - now) / 1_000));
