/**
 * A *lane* is the place of one delivery attempt in this process. Attempts start in one of the fast lanes. An attempt that has no answer after
 * `slowAfterMs` moves to a slow lane, so a receiver that never answers keeps a fast lane for two seconds and not for fifteen. A *receiver* is
 * one host and port of one organisation, however many webhooks point to it; it is slow while its last attempt took longer than that.
 */
export interface LaneLimits {
  fast: number;
  fastPerOrg: number;
  /** With more attempts in slow lanes, the longest one is ended: of the organisation that has too many, or of the one that has most. */
  slow: number;
  slowPerOrg: number;
  /** Attempts of one organisation at slow receivers: its other receivers are served first and keep the rest of its lanes. */
  slowReceiversPerOrg: number;
  /** Attempts at one receiver, of all replicas together. */
  perReceiver: number;
  slowAfterMs: number;
}

/**
 * 16 attempts at once deliver 300 webhooks a second to receivers that answer in 50 ms; a slow lane costs a socket and some 20 kB. Twenty
 * organisations whose receivers never answer fill the slow lanes; with more of them, attempts end before their 15 s have passed.
 */
export const WEBHOOK_LANES: LaneLimits = {
  fast: 16,
  fastPerOrg: 8,
  slow: 240,
  slowPerOrg: 12,
  slowReceiversPerOrg: 6,
  perReceiver: 4,
  slowAfterMs: 2_000,
};

/** A mail provider may take ten minutes to answer (RFC 5321) and is the same for all organisations, so more lanes would not help. */
export const mailLanes = (workers: number): LaneLimits => ({
  fast: workers,
  fastPerOrg: workers,
  slow: 0,
  slowPerOrg: 0,
  slowReceiversPerOrg: workers,
  perReceiver: workers,
  slowAfterMs: Infinity,
});

/** Attempts of one organisation in this process, and its turn. */
export interface OrgLoad {
  org: string;
  fast: number;
  atSlowReceivers: number;
  /** Counts up with every attempt of any organisation: the lowest number has waited longest for its turn. */
  lastTurn: number;
}

export interface Receiver {
  org: string;
  receiver: string;
}

interface Lane extends Receiver {
  id: string;
  startedAt: number;
}

/** Slow receivers and organisations that are remembered: the lists go to the database with every claim. */
const REMEMBERED = 1_000;

const keyOf = (r: Receiver): string => `${r.org}|${r.receiver}`;

/** The lanes of one process. Times are milliseconds of any clock that never goes back, given by the caller. */
export class Lanes {
  private readonly lanes = new Map<string, Lane>();
  /** Receivers whose last attempt took longer than `slowAfterMs`. The oldest are forgotten first. */
  private readonly slowBefore = new Set<string>();
  private readonly lastTurns = new Map<string, number>();
  private turns = 0;

  constructor(private readonly limits: LaneLimits) {}

  start(id: string, receiver: Receiver, now: number): void {
    this.lanes.set(id, { id, org: receiver.org, receiver: receiver.receiver, startedAt: now });
    this.lastTurns.delete(receiver.org);
    this.lastTurns.set(receiver.org, ++this.turns);
    forgetOldest(this.lastTurns, REMEMBERED);
  }

  end(id: string, now: number): void {
    const lane = this.lanes.get(id);
    if (!lane) return;
    this.lanes.delete(id);
    this.slowBefore.delete(keyOf(lane));
    if (this.isSlow(lane, now)) this.slowBefore.add(keyOf(lane));
    forgetOldest(this.slowBefore, REMEMBERED);
  }

  /** Fast lanes without an attempt. */
  free(now: number): number {
    return Math.max(0, this.limits.fast - [...this.lanes.values()].filter((lane) => !this.isSlow(lane, now)).length);
  }

  load(now: number): OrgLoad[] {
    const slow = this.slowKeys(now);
    const loads = new Map([...this.lastTurns].map(([org, lastTurn]) => [org, { org, fast: 0, atSlowReceivers: 0, lastTurn }]));
    for (const lane of this.lanes.values()) {
      const load = loads.get(lane.org);
      if (load && !this.isSlow(lane, now)) load.fast += 1;
      if (load && slow.has(keyOf(lane))) load.atSlowReceivers += 1;
    }
    return [...loads.values()];
  }

  /** Receivers that get one attempt at a time. */
  slowReceivers(now: number): Receiver[] {
    return [...this.slowKeys(now)].map((key) => {
      const bar = key.indexOf('|');
      return { org: key.slice(0, bar), receiver: key.slice(bar + 1) };
    });
  }

  /** Attempts to end now, because their organisation, or all together, have too many in slow lanes. */
  excess(now: number): string[] {
    const slow = [...this.lanes.values()].filter((lane) => this.isSlow(lane, now)).sort((a, b) => a.startedAt - b.startedAt);
    const counts = new Map<string, number>();
    for (const { org } of slow) counts.set(org, (counts.get(org) ?? 0) + 1);
    const ended: string[] = [];
    for (let left = slow.length; ; left--) {
      const most = Math.max(0, ...counts.values());
      if (left <= this.limits.slow && most <= this.limits.slowPerOrg) return ended;
      const [longest] = slow.splice(slow.findIndex((lane) => counts.get(lane.org) === most), 1); // prettier-ignore
      if (!longest) return ended;
      counts.set(longest.org, most - 1);
      ended.push(longest.id);
    }
  }

  /** Milliseconds until the next attempt leaves a fast lane for a slow one; undefined when none will. */
  nextSlow(now: number): number | undefined {
    if (this.limits.slowAfterMs === Infinity) return undefined;
    const waits = [...this.lanes.values()].map((lane) => lane.startedAt + this.limits.slowAfterMs - now).filter((wait) => wait > 0);
    return waits.length === 0 ? undefined : Math.min(...waits);
  }

  private isSlow(lane: Lane, now: number): boolean {
    return now - lane.startedAt >= this.limits.slowAfterMs;
  }

  private slowKeys(now: number): Set<string> {
    const keys = new Set(this.slowBefore);
    for (const lane of this.lanes.values()) if (this.isSlow(lane, now)) keys.add(keyOf(lane));
    return keys;
  }
}

function forgetOldest(keys: Set<string> | Map<string, unknown>, most: number): void {
  if (keys.size <= most) return;
  for (const oldest of keys.keys()) {
    keys.delete(oldest);
    return;
  }
}
