import { TICKETS, WATERMARKS } from '@gongdan/contracts';
import { iso, ms } from '@gongdan/kernel';
import { PeriodicPublisher, type PublisherOptions } from './periodic-publisher.js';
import { TRACKS_TRANSACTIONS, TransactionsUntracked } from './transaction-tracking.js';

const EVERY_MS = 500;
/**
 * The process that takes an instant interpolates the database's clock (docs/adr/0027) and may be a little behind it: a watermark stays this far
 * behind, so that no event with an earlier instant follows it. Nothing takes an instant before its transaction begins (docs/adr/0024).
 */
const MARGIN_MS = 250;

/**
 * `until`: no transaction that is open now, and no row of the outbox, is older. The two queries are statements of their own in this order: a
 * transaction that ends between them has its rows in the outbox, or they were acknowledged. One statement would read the outbox as it was
 * before it read the transactions, and miss one that committed between. Only sessions of the service's own role are visible.
 * `enable_seqscan = off`, because Postgres caches the plan of the second query: a sequential scan chosen while the outbox was empty would read
 * the whole outbox each time after the broker has been away for an hour.
 */
export const PRODUCER_WATERMARK = `
  create or replace function producer_watermark() returns table (taken_at timestamptz, until timestamptz, offset_ms bigint) language plpgsql volatile
  set enable_seqscan = off as $$
  declare
    taken timestamptz := clock_timestamp();
    open_since timestamptz;
    unsent_since timestamptz;
  begin
    -- A transaction without an id has written nothing. After two minutes it will write no event either (database.ts: a statement may take
    -- 60 s, a pause 15 s): a backup that runs for hours must not hold the watermark.
    select min(xact_start) into open_since from pg_stat_activity
     where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()
       and (backend_xid is not null or xact_start > taken - interval '2 minutes');
    select min(queued_at) into unsent_since from outbox;
    return query select taken, least(taken, open_since, unsent_since), (select c.offset_ms from clock_offset c);
  end $$;
`;

/**
 * Publishes a statement every 500 ms, also when nothing happens: everything that this producer recorded before an instant has been acknowledged by
 * Kafka and stands before these positions. A consumer that has applied up to a position has applied everything until that instant, and may decide
 * about what was due before (docs/adr/0019).
 */
export class WatermarkPublisher extends PeriodicPublisher {
  private shift: { offsetMs: number; before: number; at: number } | undefined;

  constructor(options: PublisherOptions) {
    super(options, EVERY_MS);
  }

  /** Computes one watermark and publishes it. */
  async publish(): Promise<boolean> {
    const { database, bus, producer, signer } = this.options;
    const row = await database.one<{ taken_at: string; until: string; offset_ms: number; tracking: boolean }>(
      `select *, ${TRACKS_TRANSACTIONS} as tracking from producer_watermark()`,
    );
    if (!row) return false;
    if (!row.tracking) throw new TransactionsUntracked();
    const until = this.shifted(ms(row.until) - MARGIN_MS, ms(row.taken_at), row.offset_ms);
    // Read after `until` was computed: what was acknowledged by then stands before these ends.
    const ends = await bus.ends(TICKETS.name);
    const statement = {
      key: producer,
      headers: { 'content-type': 'application/json', ce_source: `/gongdan/${producer}` },
      value: Buffer.from(JSON.stringify({ producer, until: iso(until), ends })),
    };
    await bus.publish(WATERMARKS.name, signer?.sign(WATERMARKS.name, [statement]) ?? [statement]);
    return false;
  }

  // Events carry the shifted time of a demonstration. What was recorded before a shift carries instants of the old offset.
  private shifted(until: number, taken: number, offsetMs: number): number {
    this.shift ??= { offsetMs, before: offsetMs, at: -Infinity };
    if (this.shift.offsetMs !== offsetMs) this.shift = { offsetMs, before: this.shift.offsetMs, at: taken };
    return until + (until < this.shift.at ? Math.min(this.shift.before, offsetMs) : offsetMs);
  }
}
