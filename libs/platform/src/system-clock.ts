import { type Clock, type Instant, Forbidden, iso } from '@gongdan/kernel';
import { type Database, migration } from './database.js';

/** `gongdan_now()` is the time every rule in SQL is judged by; in production its offset is 0 for ever (docs/adr/0012). */
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

/**
 * The clock of one process. Outside production it follows the offset its database holds, so that services and databases move together:
 * the row is the truth, each process looks at it every five seconds, and at once at what it set itself.
 */
export class SystemClock implements Clock {
  private offset = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly database: Database,
    readonly shiftable: boolean,
  ) {}

  now(): Instant {
    return iso(Date.now() + this.offset);
  }

  get offsetMs(): number {
    return this.offset;
  }

  async start(): Promise<void> {
    await this.look();
    if (!this.shiftable) {
      if (this.offset !== 0)
        throw new Error('platform/clock-shifted: this database was used with a shifted clock; production mode refuses it');
      return;
    }
    this.timer = setInterval(() => void this.look().catch(() => undefined), 5_000);
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** Sets the whole offset (not a step): setting it twice is the same as once. */
  async shift(offsetMs: number): Promise<void> {
    if (!this.shiftable) throw new Forbidden('platform/clock-fixed', {}, 'the clock of a production system cannot be shifted');
    await this.database.run('update clock_offset set offset_ms = $1', [offsetMs]);
    this.offset = offsetMs;
  }

  private async look(): Promise<void> {
    const row = await this.database.one<{ offset_ms: number }>('select offset_ms from clock_offset');
    this.offset = row?.offset_ms ?? 0;
  }
}
