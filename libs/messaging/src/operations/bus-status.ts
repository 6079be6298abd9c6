import { type Database, type Row } from '@gongdan/platform';
import { type BusHandle } from './bus-link.js';
import { type BusStatus } from './bus-shapes.js';

interface CountRow extends Row {
  outbox: number;
  outbox_oldest_s: number | null;
  parked: number;
  parked_oldest_s: number | null;
  waiting: number;
  gaps: number;
  gap_oldest_s: number | null;
}

type Counts = Pick<BusStatus, 'outbox' | 'parked' | 'gaps'>;

// The first rows by id are the oldest; ticket_event has the instants at which their events were recorded.
const COUNTS = `
  select (select count(*) from outbox) as outbox,
         (select extract(epoch from clock_timestamp() - min(e.recorded_at))::float8 from (select * from outbox order by id limit 50) o join ticket_event e using (org, ticket_id, seq)) as outbox_oldest_s,
         (select count(*) from parked_events) as parked,
         (select extract(epoch from clock_timestamp() - min(parked_at))::float8 from parked_events) as parked_oldest_s,
         (select count(*) from waiting_events) as waiting,
         (select count(*) from gaps) as gaps,
         (select extract(epoch from clock_timestamp() - min(since))::float8 from gaps) as gap_oldest_s`;

/** kafkajs retries for half a minute while the broker is away; an operator and a scrape of the metrics need an answer sooner. */
const LAG_WITHIN_MS = 3_000;

/** How far the group is behind; nulls when the broker does not answer in time. */
export async function lagOf({ bus, server }: BusHandle): Promise<Pick<BusStatus, 'lag' | 'lagTotal'>> {
  const lagged = bus.lag(`gongdan-${server.self}`, server.topics).catch(() => null);
  const late = new Promise<null>((resolve) => void setTimeout(resolve, LAG_WITHIN_MS, null).unref());
  const lag = await Promise.race([lagged, late]);
  return { lag, lagTotal: lag && lag.reduce((sum, l) => sum + l.lag, 0) };
}

/** Counts and ages of the tables of the bus, from Postgres alone. */
export async function busCounts(database: Database): Promise<Counts> {
  const row = await database.one<CountRow>(COUNTS);
  return {
    outbox: { rows: row?.outbox ?? 0, oldestSeconds: row?.outbox_oldest_s ?? 0 },
    parked: { rows: row?.parked ?? 0, oldestSeconds: row?.parked_oldest_s ?? 0 },
    gaps: { rows: row?.gaps ?? 0, waiting: row?.waiting ?? 0, oldestSeconds: row?.gap_oldest_s ?? 0 },
  };
}

/** Until when the heads of the streams were compared (docs/adr/0020). */
export async function comparedHeads(database: Database): Promise<BusStatus['heads']> {
  return database.rows<BusStatus['heads'][number] & Row>(
    'select producer, max(until) as until, sum(missing)::int as missing from heads_checked group by producer order by producer',
  );
}

/** Who holds the leases of the outbox partitions. */
export async function leaseOwners(database: Database): Promise<BusStatus['leases']> {
  return database.rows<BusStatus['leases'][number] & Row>(
    `select coalesce(owner::text, 'nobody') as owner, count(*)::int as parts, max(epoch) as "epochMax",
            greatest(0, coalesce(extract(epoch from min(until) filter (where until > '-infinity') - clock_timestamp()), 0))::float8 as "expiresInSeconds"
     from outbox_leases group by owner order by parts desc`,
  );
}
