import { performance } from 'node:perf_hooks';
import { type Clock, type Instant, Forbidden, iso } from '@gongdan/kernel';
import { type Database } from '../database/database.js';
import { migration } from '../database/migrations.js';
import { logger } from '../watching/logging.js';
import { wallClockMs } from './wall-clock.js';

/** `gongdan_now()` is the time that every rule in SQL uses; in production its offset is always 0 (docs/adr/0012). */
export const clockMigration = migration(
  1,
  'Clock',
  `
  create table clock_offset (only_row boolean primary key default true check (only_row), offset_ms bigint not null default 0);
  insert into clock_offset default values;
  create function gongdan_now() returns timestamptz language sql stable parallel safe as
    $$ select clock_timestamp() + (select offset_ms from clock_offset) * interval '1 millisecond' $$;
`,
);

const LOOK_EVERY_MS = 5_000;
/** A process whose wall clock is further off than this is not ready: its log lines would mislead. */
const TOLERATED_MS = 2_000;
/** How far `performance.now()` may run away from the database's clock: 200 ppm, twice what NTP corrects in a healthy machine. */
const DRIFT = 0.0002;

/**
 * The result of one reading: the database's clock minus `performance.now()` is between `low` and `high`, because the database read its clock
 * after the query was sent and before its answer arrived.
 */
interface Reading {
  low: number;
  high: number;
  /** `performance.now()` of the reading. */
  at: number;
}

/**
 * The clock of one process, which follows the database's: each reading, every five seconds, yields the distance between it and the monotonic
 * clock of the process, and `now()` interpolates. The wall clock of the process is not used (docs/adr/0027): a replica an hour ahead once
 * breached 99 of 634 promises early. Outside production the clock follows the offset its database holds, so that services and databases
 * move together: the row is authoritative, each process reads it within five seconds, and the process that set it applies it at once.
 */
export class SystemClock implements Clock {
  private offset = 0;
  /** How often this process has set the offset. */
  private shifts = 0;
  private reading: Reading | undefined;
  private latest = -Infinity;
  private wallAheadMs = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly database: Pick<Database, 'one' | 'run'>,
    readonly shiftable: boolean,
    private readonly wall: () => number = wallClockMs,
  ) {}

  /** The present instant, shifted by the offset. It never goes back, except when the offset does. */
  now(): Instant {
    this.latest = Math.max(this.latest, this.realMs() + this.offset);
    return iso(Math.floor(this.latest));
  }

  /** Epoch milliseconds of the database's clock without the offset: for what the outside world dates, such as tokens. */
  realMs(): number {
    if (!this.reading) throw new Error('the clock was read before its first reading of the database');
    return (this.reading.low + this.reading.high) / 2 + performance.now();
  }

  get offsetMs(): number {
    return this.offset;
  }

  /** Why this process should take no work because of its clocks; undefined when they agree. */
  unfit(): string | undefined {
    if (Math.abs(this.wallAheadMs) > TOLERATED_MS) {
      const [seconds, side] = [(Math.abs(this.wallAheadMs) / 1_000).toFixed(1), this.wallAheadMs > 0 ? 'ahead of' : 'behind'];
      return `the wall clock of this process is ${seconds} s ${side} the database's`;
    }
    const heldMs = this.latest - (this.realMs() + this.offset);
    return heldMs > TOLERATED_MS ? `the database's clock went back by ${(heldMs / 1_000).toFixed(1)} s` : undefined;
  }

  async start(): Promise<void> {
    // The first query also opens the connection; the second gives narrower bounds.
    await this.look();
    await this.look();
    if (!this.shiftable && this.offset !== 0)
      throw new Error('platform/clock-shifted: this database was used with a shifted clock; production mode refuses it');
    this.timer = setInterval(() => void this.look().catch(() => undefined), LOOK_EVERY_MS);
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** Sets the whole offset (not a step): setting it twice is the same as once. */
  async shift(offsetMs: number): Promise<void> {
    if (!this.shiftable) throw new Forbidden('platform/clock-fixed', {}, 'the clock of a production system cannot be shifted');
    await this.database.run('update clock_offset set offset_ms = $1', [offsetMs]);
    this.shifts += 1;
    this.setOffset(offsetMs);
  }

  /** Compares the clocks. Called every five seconds; a test may call it at once. */
  async look(): Promise<void> {
    const shifts = this.shifts;
    const before = performance.now();
    const row = await this.database.one<{ ms: number; offset_ms: number }>(
      'select (extract(epoch from clock_timestamp()) * 1000)::float8 as ms, offset_ms from clock_offset',
    );
    const after = performance.now();
    if (!row) return;
    this.read({ low: row.ms - after, high: row.ms - before, at: after });
    // An answer that was under way when this process set the offset may hold the one before.
    if (shifts === this.shifts) this.setOffset(row.offset_ms);
    // A slow answer makes the reading uncertain; only the difference beyond that uncertainty counts.
    const difference = this.wall() - (row.ms + (after - before));
    const doubt = after - before;
    this.wallAheadMs = Math.sign(difference) * Math.max(0, Math.abs(difference) - doubt);
  }

  private setOffset(offsetMs: number): void {
    // A demo may be shifted back; then instants go back with it.
    if (offsetMs !== this.offset) this.latest = -Infinity;
    this.offset = offsetMs;
  }

  /** Keeps the reading with the narrowest bounds, as long as the newest does not contradict it. */
  private read(fresh: Reading): void {
    const kept = this.reading && widened(this.reading, fresh.at);
    const contradicted = kept && (fresh.low > kept.high || fresh.high < kept.low);
    if (contradicted) logger('clock').warn('the clock of the database jumped', { byMs: Math.round(fresh.low - kept.high) });
    if (!kept || contradicted || fresh.high - fresh.low < kept.high - kept.low) this.reading = fresh;
    else this.reading = kept;
  }
}

/** The bounds of a reading after the drift that was possible since. */
function widened(reading: Reading, at: number): Reading {
  const drift = (at - reading.at) * DRIFT;
  return { low: reading.low - drift, high: reading.high + drift, at };
}
