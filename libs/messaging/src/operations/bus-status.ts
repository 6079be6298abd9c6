import { type GroupLag } from '../kafka/bus.js';
import { type BusHandle } from './bus-link.js';
import { type Database, type Row } from '@gongdan/platform';

interface CountRow extends Row {
  outbox: number;
  outbox_oldest_s: number | null;
  parked: number;
  parked_oldest_s: number | null;
  waiting: number;
  gaps: number;
  gap_oldest_s: number | null;
}

/** What an operator asks first when an event did not arrive. */
export interface BusStatus {
  service: string;
  joined: boolean;
  /** Names of the events it hears. */
  heard: string[];
  /** Null while the broker is away: the rest is asked of Postgres and stays true. */
  lag: GroupLag[] | null;
  lagTotal: number | null;
  outbox: { rows: number; oldestSeconds: number };
  parked: { rows: number; oldestSeconds: number };
  gaps: { rows: number; waiting: number; oldestSeconds: number };
  /** Per producer: until when the last events of its streams were compared with what was applied here, and how many streams missed theirs so far. */
  heads: { producer: string; until: string; missing: number }[];
  leases: { owner: string; parts: number; epochMax: number; expiresInSeconds: number }[];
}

// The age of the outbox is that of its first rows by id; ticket_event tells when they were recorded.
const COUNTS = `
  select (select count(*) from outbox) as outbox,
         (select extract(epoch from clock_timestamp() - min(e.recorded_at))::float8 from (select * from outbox order by id limit 50) o join ticket_event e using (org, ticket_id, seq)) as outbox_oldest_s,
         (select count(*) from parked_events) as parked,
         (select extract(epoch from clock_timestamp() - min(parked_at))::float8 from parked_events) as parked_oldest_s,
         (select count(*) from waiting_events) as waiting,
         (select count(*) from gaps) as gaps,
         (select extract(epoch from clock_timestamp() - min(since))::float8 from gaps) as gap_oldest_s`;

/** Of an absent broker kafkajs asks again for half a minute: an operator and a scrape want their answer before. */
const LAG_WITHIN_MS = 3_000;

export async function lagOf({ bus, server }: BusHandle): Promise<Pick<BusStatus, 'lag' | 'lagTotal'>> {
  const asked = bus.lag(`gongdan-${server.self}`, server.topics).catch(() => null);
  const late = new Promise<null>((resolve) => void setTimeout(resolve, LAG_WITHIN_MS, null).unref());
  const lag = await Promise.race([asked, late]);
  return { lag, lagTotal: lag && lag.reduce((sum, l) => sum + l.lag, 0) };
}

export async function busCounts(
  database: Database,
): Promise<Omit<BusStatus, 'service' | 'joined' | 'heard' | 'lag' | 'lagTotal' | 'heads' | 'leases'>> {
  const row = await database.one<CountRow>(COUNTS);
  return {
    outbox: { rows: row?.outbox ?? 0, oldestSeconds: row?.outbox_oldest_s ?? 0 },
    parked: { rows: row?.parked ?? 0, oldestSeconds: row?.parked_oldest_s ?? 0 },
    gaps: { rows: row?.gaps ?? 0, waiting: row?.waiting ?? 0, oldestSeconds: row?.gap_oldest_s ?? 0 },
  };
}

export async function comparedHeads(database: Database): Promise<BusStatus['heads']> {
  return database.rows<BusStatus['heads'][number] & Row>(
    'select producer, max(until) as until, sum(missing)::int as missing from heads_checked group by producer order by producer',
  );
}

export async function leaseOwners(database: Database): Promise<BusStatus['leases']> {
  return database.rows<BusStatus['leases'][number] & Row>(
    `select coalesce(owner::text, 'nobody') as owner, count(*)::int as parts, max(epoch) as "epochMax",
            greatest(0, coalesce(extract(epoch from min(until) filter (where until > '-infinity') - clock_timestamp()), 0))::float8 as "expiresInSeconds"
     from outbox_leases group by owner order by parts desc`,
  );
}
