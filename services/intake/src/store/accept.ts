import { type EventDraft } from '@gongdan/contracts';
import { type Cause, newId } from '@gongdan/kernel';
import { FIRST_EVENT_COLUMNS, firstEventCtes, firstEventOf } from '@gongdan/messaging';
import { type Database, sqlState } from '@gongdan/platform';
import { type NumberPlan } from '../domain/numbering.js';
import { INSERTED, NEW_RECORDSET, type NewTicket } from './ticket-columns.js';

/** Stands for the number in the event until the statement itself knows it; it cannot be guessed and put into a title. */
export const NUMBER_TO_COME = `@${newId()}@`;
/** The same placeholder for stored answers, which hold no text of a caller. */
export const NUMBER_IN_ANSWER = '@number@';

export interface Acceptance {
  row: NewTicket;
  plan: NumberPlan;
  gapFree: boolean;
  event: EventDraft;
  cause: Cause;
  key?: { client: string; value: string; fingerprint: string } | undefined;
  /** Stored under the key. */
  answer: Record<string, unknown>;
}

// One JSON text carries all rows: forty array parameters cost pg and Postgres more to write and to read.
// Gap-free: the counter's row lock is held to the commit, so creates of one series queue up. Running: the sequence never blocks.
const ACCEPT = `
  with asked as materialized (
    select * from json_to_recordset($1::json) as a (n int, client text, key text, fingerprint text, answer json, series text, before text, width int, after text,
      gap_free boolean, ${NEW_RECORDSET}, ${FIRST_EVENT_COLUMNS})
  ), k as (
    insert into idempotency_keys (org, client, key, fingerprint, answer) select org, client, key, fingerprint, answer from asked where key is not null order by 1, 2, 3
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
  ), ${firstEventCtes('numbered', `replace(event_data::text, '${NUMBER_TO_COME}', number)::json`)}
  select n, number from numbered`;

/**
 * Keys, numbers, tickets, events and outbox pointers in ONE statement: one round trip, one commit. Four round trips accept 39 % less
 * (docs/adr/0008). Returns the numbers in order; undefined where the key was used before (nothing is written then). No two of the list
 * may share an idempotency key.
 */
export async function acceptAll(db: Database, list: readonly Acceptance[]): Promise<(string | undefined)[]> {
  const rows = await db.rows<{ n: number; number: string }>(ACCEPT, [`[${list.map(recordOf).join(',')}]`]);
  const numbers = new Map(rows.map((r) => [r.n, r.number]));
  return list.map((_, n) => numbers.get(n));
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
