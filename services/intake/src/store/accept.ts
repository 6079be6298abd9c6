import { type EventDraft } from '@gongdan/contracts';
import { type Cause, type Instant, newId } from '@gongdan/kernel';
import { FIRST_EVENT_COLUMNS, firstEventCtes, firstEventOf } from '@gongdan/messaging';
import { type Database, sqlState } from '@gongdan/platform';
import { type NumberPlan } from '../domain/numbering.js';
import { INSERTED, NEW_RECORDSET_UNDATED, type NewTicket } from './ticket-columns.js';

/** Stands for the number in the event until the statement itself knows it; it cannot be guessed and put into a title. */
export const NUMBER_TO_COME = `@${newId()}@`;
/** Stands for the instant of the registration in the event and in the answer, likewise. */
export const INSTANT_TO_COME = `@${newId()}@`;
/** Stands for the number in stored answers, which hold no text of a caller. */
export const NUMBER_IN_ANSWER = '@number@';

export interface Acceptance {
  row: Omit<NewTicket, 'registered_at'>;
  plan: NumberPlan;
  gapFree: boolean;
  event: EventDraft;
  cause: Cause;
  key?: { client: string; value: string; fingerprint: string } | undefined;
  /** Stored under the key. */
  answer: Record<string, unknown>;
}

/** What only the statement knows. */
export interface Accepted {
  number: string;
  registeredAt: Instant;
}

// One JSON text carries all rows: forty array parameters cost pg and Postgres more to write and to read.
// Gap-free: the counter's row lock is held to the commit, so creates of one series queue up. Running: the sequence never blocks.
// The instant is the start of the statement, on the clock of gongdan_now(): a watermark never passes the start of an open transaction, so none can
// have passed this instant, however long the ticket waited for the statement (docs/adr/0024).
const ACCEPT = `
  with moment as materialized (
    select at, to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as instant
    from (select date_trunc('milliseconds', transaction_timestamp() + offset_ms * interval '1 millisecond') as at from clock_offset) m
  ), asked as materialized (
    select a.*, m.at as registered_at, m.instant
    from json_to_recordset($1::json) as a (n int, client text, key text, fingerprint text, answer json, series text, before text, width int, after text,
      gap_free boolean, ${NEW_RECORDSET_UNDATED}, ${FIRST_EVENT_COLUMNS}), moment m
  ), k as (
    insert into idempotency_keys (org, client, key, fingerprint, answer)
    select org, client, key, fingerprint, replace(answer::text, '${INSTANT_TO_COME}', instant)::json from asked where key is not null order by 1, 2, 3
    on conflict do nothing returning org, client, key
  ), fresh as (
    select * from asked a where a.key is null or exists (select from k where k.org = a.org and k.client = a.client and k.key = a.key)
  ), counted as (
    insert into number_counters as c (org, series, last) select org, series, count(*) from fresh where gap_free group by 1, 2 order by 1, 2
    on conflict (org, series) do update set last = c.last + excluded.last returning c.org, c.series, c.last
  ), placed as (
    select f.*, case when f.gap_free then c.last - count(*) over (partition by f.org, f.series, f.gap_free) + row_number() over (partition by f.org, f.series, f.gap_free order by f.n)
                     else gongdan_next_number(f.org, f.series) end as count
    from fresh f left join counted c on f.gap_free and c.org = f.org and c.series = f.series order by f.n
  ), numbered as materialized (
    select *, before || lpad(count::text, greatest(width, length(count::text)), '0') || after as number from placed
  ), t as (
    insert into tickets (${INSERTED}) select ${INSERTED} from numbered order by n
  ), ${firstEventCtes('numbered', 'registered_at', `replace(replace(event_data::text, '${NUMBER_TO_COME}', number), '${INSTANT_TO_COME}', instant)::json`)}
  select n, number, registered_at as "registeredAt" from numbered`;

/**
 * Keys, numbers, tickets, events and outbox pointers in ONE statement: one round trip, one commit. Four round trips accept 39 % less
 * (docs/adr/0008). Returns numbers and instants in order; undefined where the key was used before (nothing is written then). No two of the list
 * may share an idempotency key.
 */
export async function acceptAll(db: Database, list: readonly Acceptance[]): Promise<(Accepted | undefined)[]> {
  const rows = await db.rows<Accepted & { n: number }>(ACCEPT, [`[${list.map(recordOf).join(',')}]`]);
  const accepted = new Map(rows.map(({ n, number, registeredAt }) => [n, { number, registeredAt }]));
  return list.map((_, n) => accepted.get(n));
}

// The four parts are joined as text: one object of sixty properties, spread together, cost more than all of its JSON.
function recordOf(a: Acceptance, n: number): string {
  const { plan, key } = a;
  const counted = { n, series: plan.series, before: plan.before, width: plan.width, after: plan.after, gap_free: a.gapFree };
  const keyed = key ? { client: key.client, key: key.value, fingerprint: key.fingerprint, answer: a.answer } : {};
  return `{${[a.row, counted, keyed, firstEventOf(a.event, a.cause)]
    .map(propertiesOf)
    .filter((text) => text !== '')
    .join(',')}}`;
}

const propertiesOf = (part: object): string => JSON.stringify(part).slice(1, -1);

/** Name of the unique index that an insert violated. */
export function violatedIndex(error: unknown): string | undefined {
  return sqlState(error) === '23505' ? (error as { constraint?: string }).constraint : undefined;
}
