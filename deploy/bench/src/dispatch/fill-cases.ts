import type pg from 'pg';

export const CASES = 5_000_000;
/** One case in five is open; of these, three in five wait in a queue and two in five are held by a person. */
const OPEN_OF = 5;
export const PEOPLE = 2_000;
/** Bytes of one case as the engine stores it. */
const BODY_BYTES = 1_024;

/**
 * Fills the tables of dispatch with cases as five years of a large organisation leave them: the newest are open. Units and priorities are drawn unevenly, the
 * first unit has half of the queue. It is bound to the schema; the lists are read through their routes.
 */
export async function fillCases(
  c: pg.Client,
  { org, units, packVersion }: { org: string; units: readonly string[]; packVersion: number },
): Promise<void> {
  await c.query('set synchronous_commit = off');
  const STEP = 500_000;
  for (let from = 0; from < CASES; from += STEP) await c.query(INSERT, [org, packVersion, units, from, from + STEP - 1, CASES]);
  await c.query('reset synchronous_commit');
  // In a running system autovacuum has done this.
  await c.query('vacuum analyze cases');
  await c.query('vacuum analyze open_tasks');
  await c.query('checkpoint');
}

// `h` is an even hash of the row's number, so that the same cases are made each time and neighbours differ. The case itself, which no list reads, is a text of
// the usual size: it makes the table as large as it will be.
const INSERT = `
  with made as materialized (
    select i, h, uuidv7(-((($6::bigint - i) * 30) || ' seconds')::interval) as id, date_trunc('milliseconds', now()) - ($6::bigint - i) * interval '30 seconds' as at,
      (case when h % 20 = 0 then 0 when h % 5 = 0 then 1 else 2 end)::smallint as rank,
      case when i < $6::bigint - $6::bigint / ${OPEN_OF} then 'nobody' when h % 5 < 3 then 'queue' else 'person' end as held,
      ($3::text[])[1 + case when h % 2 = 0 then 0 else (h / 2) % cardinality($3::text[]) end] as unit,
      'person-' || (h / 8) % ${PEOPLE} as person
    from (select i, abs(hashint8(i)::bigint) as h from generate_series($4::bigint, $5::bigint) as i) numbered
  ), opened as (
    insert into open_tasks (org, ticket_id, no, lead, step, unit, person, opened_at, sleeps, version, priority_rank, registered_at, due_at)
    select $1, id, 1, true, case held when 'queue' then 'dispatched' else 'handling' end, unit, case held when 'person' then person end, at, 0, 2, rank, at,
      case when h % 16 < 4 then 'infinity' else at + (h % 14) * interval '1 day' end
    from made where held <> 'nobody'
  )
  insert into cases (org, ticket_id, number, title, pack_key, pack_version, phase, step, state, held, unit, holder, version, run, hop, returns, reopens, done,
                     excluded, ticket, decided, priority_rank, registered_at, since, closed_at, body)
  select $1, id, 'GD' || lpad(i::text, 12, '0'), 'No connection in the evening 晚间断网 ' || i, 'starter', $2,
    case held when 'nobody' then 'closed' else 'open' end,
    case held when 'queue' then 'dispatched' when 'person' then 'handling' else 'closed' end,
    case held when 'queue' then 'dispatched' when 'person' then 'accepted' else 'closed' end,
    held, unit, case held when 'person' then person end, 2, 1, 1, 0, 0, '{"accept": 1}', '{}',
    jsonb_build_object('type', 'fault', 'category', 'network.outage', 'channel', 'phone', 'priority', (array['urgent', 'major', 'minor'])[1 + rank],
      'place', jsonb_build_object('address', '12 Garden Road, Building 3, Room 402', 'area', 'north'), 'hasEmail', false),
    1, rank, at, at + interval '10 minutes', case held when 'nobody' then at + interval '2 days' end,
    jsonb_build_object('text', repeat(md5(i::text), ${BODY_BYTES / 32}))
  from made`;
