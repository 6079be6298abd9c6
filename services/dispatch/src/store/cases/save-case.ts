import { type Case, type Decided, openTasks } from '@gongdan/engine';
import { appendCtes } from '@gongdan/messaging';
import { type Pack } from '@gongdan/packs';
import { type SqlValue } from '@gongdan/platform';
import { CASE, TASK, taskValues, valuesOf } from './case-columns.js';
import { DECISION, decisionValues } from './decision-columns.js';

const LOADS = `(org text, person text, delta int, last_at timestamptz)`;

// The case is found by parameters and not by its record: for a set of unknown size Postgres plans a hash over the whole table while the table is small, and keeps the plan.
// The new assignment is inserted from a join with the count of the ended ones: assignments_open allows one open row per case, so the update comes first.
const saveCtes = (unchanged: string): string => `
saved as (
  update cases c set ${CASE.assign('n', ['org', 'ticketId', 'registeredAt'])} from ${CASE.record('$1', 'n')}
  where c.org = $8 and c.ticket_id = $9 and c.version = $2 ${unchanged}
  returning c.org, c.ticket_id, c.version, c.held, c.unit, c.holder, c.since, c.due_at
), ended as (
  update assignments a set until = s.since from saved s where $4 and a.org = s.org and a.ticket_id = s.ticket_id and a.until is null
  returning 1
), assigned as (
  insert into assignments (org, ticket_id, no, unit, person, since)
  select s.org, s.ticket_id, s.version, s.unit, s.holder, s.since from saved s, (select count(*) from ended) e
  where $4 and s.held <> 'nobody' and s.unit is not null
), decided as (
  insert into decisions (${DECISION.names}) select ${DECISION.values('d')} from ${DECISION.recordset('$3', 'd')} where exists (select 1 from saved)
), over as (
  delete from open_tasks t using saved s where t.org = s.org and t.ticket_id = s.ticket_id and t.no = any ($5::int[])
), tasks as (
  insert into open_tasks (${TASK.names}, due_at) select ${TASK.values('t')}, coalesce(s.due_at, 'infinity') from saved s, ${TASK.recordset('$6', 't')}
  on conflict (org, ticket_id, no) do update set ${TASK.assignExcluded(['org', 'ticketId', 'no', 'lead', 'openedAt', 'registeredAt'])}
), awake as (
  delete from due_tasks d using saved s where d.org = s.org and d.ticket_id = s.ticket_id and d.task in (
    select unnest($5::int[])::text union all select t."no"::text from ${TASK.recordset('$6', 't')} where t."sleepsUntil" is null
  )
), slept as (
  insert into due_tasks as d (org, ticket_id, task, point, gen, due_at)
  select s.org, s.ticket_id, t."no"::text, 'wake', t."sleeps", t."sleepsUntil" from saved s, ${TASK.recordset('$6', 't')} where t."sleepsUntil" is not null
  on conflict (org, ticket_id, task, point) do update set gen = excluded.gen, due_at = excluded.due_at, failures = 0, retry_at = null
    where d.gen <> excluded.gen or d.due_at <> excluded.due_at
), loads as (
  insert into person_loads as l (org, person, open, last_at)
  select d.org, d.person, greatest(0, d.delta), d.last_at from json_to_recordset($7::json) as d ${LOADS} where exists (select 1 from saved) order by d.person
  on conflict (org, person) do update set open = greatest(0, l.open + (
    select d.delta from json_to_recordset($7::json) as d ${LOADS} where d.person = l.person)), last_at = coalesce(excluded.last_at, l.last_at)
)`;

const RESULT = 'select count(*)::int as saved from saved';

/** Writes a decision about a case that the transaction has locked. */
export const SAVE = `with ${saveCtes('')} ${RESULT}`;

/**
 * How long before the statement the instant of its events may lie. A watermark is 250 ms behind the oldest transaction (docs/adr/0019), and none is
 * open while a decision is made that is written at once.
 */
const MOST_AGE = "interval '200 milliseconds'";

/**
 * Writes a decision about a case that was read without a lock, with its events and the Idempotency-Key, and only if nobody has written the row
 * since: `xmin` is the transaction that wrote it last. The version would not do: what other services say changes the case and not its version.
 */
export const SAVE_AT_ONCE = `with ${saveCtes(`and c.xmin = $10::xid and gongdan_now() - $11::timestamptz < ${MOST_AGE}`)}, keyed as (
  insert into action_keys (org, client, key, fingerprint, ticket_id, at) select s.org, $12, $13, $14, s.ticket_id, $11 from saved s where $13::text is not null
), ${appendCtes(15, 'exists (select 1 from saved)')} ${RESULT}`;

/** What is written: the state after the decision, why holders were chosen, and who was given a task. */
export type Written = Pick<Decided, 'state' | 'records' | 'claims'>;

/** The first nine parameters of both statements. */
export function saveParameters(pack: Pack, before: { case: Case; decided: number }, after: Written): SqlValue[] {
  const was = valuesOf(pack, before.case, before.decided);
  const is = valuesOf(pack, after.state, before.decided + after.records.length);
  const reassigned = was.unit !== is.unit || was.holder !== is.holder || was.held !== is.held;
  const [opened, open] = [openTasks(before.case), openTasks(after.state)];
  const ended = opened.filter((t) => !open.some((o) => o.no === t.no));
  // A new priority moves every task of the case within its list.
  const changed = was.priorityRank === is.priorityRank ? new Set(open.filter((t) => !opened.includes(t)).map((t) => t.no)) : undefined;
  return [
    JSON.stringify(is),
    before.case.version,
    JSON.stringify(after.records.map(decisionValues)),
    reassigned,
    ended.map((t) => t.no),
    JSON.stringify(taskValues(pack, after.state).filter((t) => changed?.has(t.no) ?? true)),
    JSON.stringify(loadChanges(before.case, after)),
    is.org,
    is.ticketId,
  ];
}

/** By how much the open tasks of each person changed. */
function loadChanges(
  before: Case,
  { state, claims }: Pick<Decided, 'state' | 'claims'>,
): { org: string; person: string; delta: number; last_at: string | null }[] {
  const deltas = new Map<string, number>();
  const add = (c: Case, by: number): void => {
    for (const { holder } of openTasks(c))
      if (holder.person !== undefined) deltas.set(holder.person, (deltas.get(holder.person) ?? 0) + by);
  };
  add(before, -1);
  add(state, 1);
  const picked = new Set(claims.map((c) => c.person));
  return [...deltas]
    .filter(([person, delta]) => delta !== 0 || picked.has(person))
    .map(([person, delta]) => ({ org: state.org, person, delta, last_at: picked.has(person) ? state.since : null }));
}
