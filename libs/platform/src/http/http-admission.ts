import { type Socket } from 'node:net';
import { TooMany, Unavailable } from '@gongdan/kernel';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { isFile } from './json-body.js';

/** How many requests may hold a place at the same time: all together, those of one organisation, those of one caller. */
export interface PoolLimits {
  total: number;
  org: number;
  caller: number;
}

export interface HttpLimits {
  /** Requests that one process handles at the same time. Beyond it, a request is refused with 503 before its body is read. */
  work: PoolLimits;
  /** Uploads of files have a pool of their own, because one may take minutes. */
  files: PoolLimits;
  /** Live streams have a pool of their own, because each costs a socket and hardly any CPU. */
  live: PoolLimits;
  /** Unanswered requests on one connection. */
  pipelined: number;
  /** A body that is not a file must be complete after this time. */
  bodyMs: number;
  /** The period over which the rate of an upload, and of a client that reads an answer, is measured. */
  slowMs: number;
  /** A client that sends a file or reads an answer more slowly than this is disconnected. */
  leastBytesPerS: number;
}

export const HTTP_LIMITS: HttpLimits = {
  work: { total: 1_000, org: 500, caller: 250 },
  files: { total: 64, org: 32, caller: 8 },
  live: { total: 10_000, org: 5_000, caller: 50 },
  pipelined: 16,
  bodyMs: 30_000,
  slowMs: 30_000,
  leastBytesPerS: 1_000,
};

/** Places that requests hold, counted per organisation and caller, so that none of them can take all. */
class Pool {
  private readonly held = new Map<string, number>();
  private count = 0;
  private fullSince: number | undefined;

  constructor(private readonly limits: PoolLimits) {}

  get size(): number {
    return this.count;
  }

  /** How long the pool has had no free place, in milliseconds. */
  fullForMs(): number {
    return this.fullSince === undefined ? 0 : performance.now() - this.fullSince;
  }

  /** Takes a place. @throws Unavailable when no place is free. */
  enter(): void {
    if (this.count >= this.limits.total) throw new Unavailable('platform/overloaded', {}, 'all places of this process are taken');
    this.count += 1;
    if (this.count >= this.limits.total) this.fullSince = performance.now();
  }

  /** Counts a place against its organisation (absent on public routes) and its caller. @throws TooMany when they hold their share already. */
  assign(org: string | undefined, caller: string): string[] {
    const shares: [string, number][] = [[`caller ${caller}`, this.limits.caller]];
    if (org !== undefined) shares.push([`org ${org}`, this.limits.org]);
    for (const [holder, limit] of shares)
      if ((this.held.get(holder) ?? 0) >= limit)
        throw new TooMany('platform/too-many-at-once', { details: { retryAfterS: 1 } }, `at most ${limit} requests at the same time`);
    for (const [holder] of shares) this.held.set(holder, (this.held.get(holder) ?? 0) + 1);
    return shares.map(([holder]) => holder);
  }

  leave(holders: readonly string[]): void {
    this.count -= 1;
    if (this.count < this.limits.total) this.fullSince = undefined;
    for (const holder of holders) {
      const left = (this.held.get(holder) ?? 1) - 1;
      if (left > 0) this.held.set(holder, left);
      else this.held.delete(holder);
    }
  }
}

export type PoolName = 'work' | 'files' | 'live';

interface Mark {
  at: number;
  bytes: number;
}

interface Place {
  request: FastifyRequest;
  reply: FastifyReply;
  pool: PoolName | undefined;
  holders: string[];
  uploadFrom?: Mark;
}

/** A connection with the requests on it that have no delivered answer yet. */
interface Connection {
  places: Set<Place>;
  /** The newest request of the connection, the only one whose body can be incomplete; undefined when it is complete and answered. */
  newest: Place | undefined;
  answeredAt: number | undefined;
  unreadFrom: Mark | undefined;
}

/**
 * Decides which requests a process takes, and lets none of them hold its place for ever. A place is released when its answer is delivered
 * or when its connection closes: a pipelined answer that waits for the one before it never emits `close` when the client resets the
 * connection, so the `close` of the answer alone is not enough.
 */
export class Admission {
  private readonly pools: Record<PoolName, Pool>;
  private readonly places = new WeakMap<FastifyRequest, Place>();
  private readonly connections = new Map<Socket, Connection>();
  private readonly sweeper: NodeJS.Timeout;

  constructor(
    private readonly limits: HttpLimits,
    private readonly onTooSlow: (request: FastifyRequest, reply: FastifyReply) => void,
  ) {
    this.pools = { work: new Pool(limits.work), files: new Pool(limits.files), live: new Pool(limits.live) };
    this.sweeper = setInterval(() => this.sweep(performance.now()), Math.min(limits.bodyMs, limits.slowMs, 1_000));
    this.sweeper.unref();
  }

  stop(): void {
    clearInterval(this.sweeper);
  }

  /** Requests that are being handled, without the live streams, which do not end by themselves. */
  busy(): number {
    return this.pools.work.size + this.pools.files.size;
  }

  /** How long requests have been refused because no place is free, in milliseconds. */
  overloadedMs(): number {
    return this.pools.work.fullForMs();
  }

  /**
   * Registers a request before anything else is known about it. Probes take no place: they must be answered by a full process.
   * @returns whether to continue; a request behind too many unanswered ones of its connection gets no answer, because the connection closes.
   * @throws TooMany for the first request beyond the limit of its connection; Unavailable when no place is free.
   */
  open(request: FastifyRequest, reply: FastifyReply, probe: boolean): boolean {
    const place: Place = { request, reply, pool: undefined, holders: [] };
    this.places.set(request, place);
    const connection = this.connectionOf(request.raw.socket, place);
    reply.raw.once('close', () => this.release(connection, place));
    const ahead = connection.places.size - 1;
    if (ahead > this.limits.pipelined) return false;
    if (ahead === this.limits.pipelined) {
      reply.header('connection', 'close');
      throw new TooMany('platform/too-many-pipelined', {}, `at most ${this.limits.pipelined} unanswered requests per connection`);
    }
    if (!probe) this.enter(place, 'work');
    return true;
  }

  /** Counts the request against its organisation and caller, in the pool that fits its kind. */
  assign(request: FastifyRequest, pool: PoolName, org: string | undefined, caller: string): void {
    const place = this.places.get(request);
    if (place?.pool === undefined) return;
    if (place.pool !== pool) {
      this.leave(place);
      this.enter(place, pool);
    }
    place.holders = this.pools[pool].assign(org, caller);
  }

  private enter(place: Place, pool: PoolName): void {
    this.pools[pool].enter();
    place.pool = pool;
  }

  private leave(place: Place): void {
    if (place.pool !== undefined) this.pools[place.pool].leave(place.holders);
    place.pool = undefined;
    place.holders = [];
  }

  private release(connection: Connection, place: Place): void {
    connection.places.delete(place);
    if (connection.newest === place) {
      connection.answeredAt = performance.now();
      // An idle connection must not keep the request in memory, whose body may have a megabyte.
      if (place.request.raw.complete) connection.newest = undefined;
    }
    this.leave(place);
  }

  private connectionOf(socket: Socket, place: Place): Connection {
    let connection = this.connections.get(socket);
    if (connection === undefined) {
      const opened: Connection = { places: new Set(), newest: place, answeredAt: undefined, unreadFrom: undefined };
      connection = opened;
      this.connections.set(socket, opened);
      socket.once('close', () => {
        this.connections.delete(socket);
        for (const left of opened.places) this.release(opened, left);
      });
    }
    connection.places.add(place);
    connection.newest = place;
    connection.answeredAt = undefined;
    return connection;
  }

  private sweep(now: number): void {
    for (const [socket, connection] of this.connections) {
      if (this.readsTooSlowly(socket, connection, now) || this.sendsOnAfterItsAnswer(connection, now)) socket.destroy();
      else if (connection.newest) this.checkBody(socket, connection.newest, now);
    }
  }

  /** A live listener is too slow when it has not caught up for a whole period: what it has not read waits in our memory. */
  private readsTooSlowly(socket: Socket, connection: Connection, now: number): boolean {
    const { unread, delivered } = writtenTo(socket);
    const from = connection.unreadFrom;
    if (unread === 0 || from === undefined) {
      connection.unreadFrom = unread === 0 ? undefined : { at: now, bytes: delivered };
      return false;
    }
    if (now - from.at < this.limits.slowMs) return false;
    if (connection.newest?.pool === 'live') return true;
    connection.unreadFrom = { at: now, bytes: delivered };
    return this.isTooSlow(from, now, delivered);
  }

  /** The answer came before the body was complete. The client may send the rest, but not for ever: it holds no place any more. */
  private sendsOnAfterItsAnswer(connection: Connection, now: number): boolean {
    return (
      connection.answeredAt !== undefined &&
      connection.newest?.request.raw.complete === false &&
      now - connection.answeredAt >= this.limits.bodyMs
    );
  }

  private checkBody(socket: Socket, place: Place, now: number): void {
    const { request, reply } = place;
    if (request.raw.complete || reply.sent) return;
    if (!isFile(request)) {
      if (reply.elapsedTime >= this.limits.bodyMs) this.onTooSlow(request, reply);
      return;
    }
    // While bytes wait here unread, our own handler is slow, not the client.
    const from = request.raw.readableLength > 0 ? undefined : place.uploadFrom;
    if (from === undefined) place.uploadFrom = { at: now, bytes: socket.bytesRead };
    else if (now - from.at >= this.limits.slowMs) {
      if (this.isTooSlow(from, now, socket.bytesRead)) this.onTooSlow(request, reply);
      place.uploadFrom = { at: now, bytes: socket.bytesRead };
    }
  }

  private isTooSlow(from: Mark, now: number, bytes: number): boolean {
    return bytes - from.bytes < (this.limits.leastBytesPerS * (now - from.at)) / 1_000;
  }
}

/**
 * Bytes that wait for the client, and bytes that the kernel has taken. `socket.bytesWritten` counts waiting bytes too, and `writableLength`
 * does not change while one large chunk is sent; the handle is not documented, but Node's own socket timeout reads the same figures.
 */
function writtenTo(socket: Socket): { unread: number; delivered: number } {
  const handle = (socket as unknown as { _handle?: { bytesWritten?: number; writeQueueSize?: number } | null })._handle;
  const queued = handle?.writeQueueSize ?? 0;
  return { unread: socket.writableLength + queued, delivered: (handle?.bytesWritten ?? 0) - queued };
}
