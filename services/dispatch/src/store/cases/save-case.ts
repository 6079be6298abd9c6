import { type Case, type Decided, openTasks } from '@gongdan/engine';
import { appendCtes, appendParameters, type PendingEvent } from '@gongdan/messaging';
import { type Instant } from '@gongdan/kernel';
import { type Pack } from '@gongdan/packs';
import { type SqlValue } from '@gongdan/platform';
import { CASE, type CaseValues, TASK, taskValues, valuesOf } from './case-columns.js';
import { DECISION, decisionValues } from '../decisions/decision-columns.js';

/**
 * What a decision may have to write beside the row of the case. Each part costs Postgres the start of its plan even when it writes nothing, and most decisions need few of
 * them. `rare`: the ticket's text, class, pack or run changes, or a task falls asleep or wakes; parts that are rare together are one, so that few statements are prepared.
 */
const PARTS = ['assigned', 'decided', 'over', 'tasks', 'rare', 'loads', 'keyed', 'atOnce'] as const;
type Part = (typeof PARTS)[number];

/** Columns that few decisions change. */
const SCALARS = ['number', 'title', 'packKey', 'packVersion', 'returns', 'reopens', 'priorityRank'] as const;
const CONTENT = [...SCALARS, 'excluded', 'ticket'] as const;
const MOVING = CASE.properties.filter((p) => ![...CONTENT, 'org', 'ticketId', 'registeredAt'].some((other) => other === p));

const LOADS = `(org text, person text, delta int, last_at timestamptz)`;

/**
 * How long before the statement the instant of its events may lie. A watermark is 250 ms behind the oldest transaction (docs/adr/0019), and none is
 * open while a decision is made that is written at once.
 */
const MOST_AGE = "interval '200 milliseconds'";

/** A statement with the names of its parameters in their order. The events follow after them. */
interface Statement {
  sql: string;
  parameters: readonly string[];
}

// The columns of the case are parameters of their own: to take them out of a JSON record Postgres looks up the type of each column in each execution. By parameters it
// also finds the case: for a set of unknown size it plans a hash over the whole table while the table is small, and keeps the plan.
// The new assignment is inserted from a join with the count of the ended ones: assignments_open allows one open row per case, so the update comes first.
function statementOf(parts: readonly Part[]): Statement {
  const parameters: string[] = [];
  const $ = (name: string): string => `$${parameters.includes(name) ? parameters.indexOf(name) + 1 : parameters.push(name)}`;
  const unchanged = parts.includes('atOnce')
    ? `and c.xmin = ${$('written')}::xid and gongdan_now() - ${$('at')}::timestamptz < ${MOST_AGE}`
    : '';
  const rare = parts.includes('rare');
  // A reopening leaves the deadlines of the run before: those of the new one begin with its own clocks.
  const dues = (): string => {
    const same = `c.run = ${$('run')}::int`;
    return `, due_clocks = case when ${same} then c.due_clocks else '{}' end, due_at = case when ${same} then c.due_at end`;
  };
  const saved = `saved as (
  update cases c set ${CASE.assignParameters(rare ? [...MOVING, ...CONTENT] : MOVING, $)}${rare ? dues() : ''}
  where c.org = ${$('org')} and c.ticket_id = ${$('ticketId')} and c.version = ${$('seen')} ${unchanged}
  returning c.org, c.ticket_id, c.version, c.held, c.unit, c.holder, c.since, c.due_at
)`;
  const when = (part: Part, cte: () => string): string[] => (parts.includes(part) ? [cte()] : []);
  const ctes = [
    saved,
    ...when(
      'assigned',
      () => `ended as (
  update assignments a set until = s.since from saved s where a.org = s.org and a.ticket_id = s.ticket_id and a.until is null
  returning 1
), assigned as (
  insert into assignments (org, ticket_id, no, unit, person, since)
  select s.org, s.ticket_id, s.version, s.unit, s.holder, s.since from saved s, (select count(*) from ended) e
  where s.held <> 'nobody' and s.unit is not null
)`,
    ),
    ...when(
      'decided',
      () => `decided as (
  insert into decisions (${DECISION.names}) select ${DECISION.values('d')} from ${DECISION.recordset($('records'), 'd')} where exists (select 1 from saved)
)`,
    ),
    ...when(
      'over',
      () => `over as (
  delete from open_tasks t using saved s where t.org = s.org and t.ticket_id = s.ticket_id and t.no = any (${$('over')}::int[])
)`,
    ),
    ...when(
      'tasks',
      () => `tasks as (
  insert into open_tasks (${TASK.names}, due_at) select ${TASK.values('t')}, coalesce(s.due_at, 'infinity') from saved s, ${TASK.recordset($('tasks'), 't')}
  on conflict (org, ticket_id, no) do update set ${TASK.assignExcluded(['org', 'ticketId', 'no', 'lead', 'openedAt', 'registeredAt'])}
)`,
    ),
    ...when(
      'rare',
      () => `awake as (
  delete from due_tasks d using saved s where d.org = s.org and d.ticket_id = s.ticket_id and d.task in (
    select unnest(${$('over')}::int[])::text union all select t."no"::text from ${TASK.recordset($('tasks'), 't')} where t."sleepsUntil" is null
  )
), slept as (
  insert into due_tasks as d (org, ticket_id, task, point, gen, due_at)
  select s.org, s.ticket_id, t."no"::text, 'wake', t."sleeps", t."sleepsUntil" from saved s, ${TASK.recordset($('tasks'), 't')} where t."sleepsUntil" is not null
  on conflict (org, ticket_id, task, point) do update set gen = excluded.gen, due_at = excluded.due_at, failures = 0, retry_at = null
    where d.gen <> excluded.gen or d.due_at <> excluded.due_at
)`,
    ),
    ...when(
      'loads',
      () => `loads as (
  insert into person_loads as l (org, person, open, last_at)
  select d.org, d.person, greatest(0, d.delta), d.last_at from json_to_recordset(${$('loads')}::json) as d ${LOADS} where exists (select 1 from saved) order by d.person
  on conflict (org, person) do update set open = greatest(0, l.open + (
    select d.delta from json_to_recordset(${$('loads')}::json) as d ${LOADS} where d.person = l.person)), last_at = coalesce(excluded.last_at, l.last_at)
)`,
    ),
    ...when(
      'keyed',
      () => `keyed as (
  insert into action_keys (org, client, key, fingerprint, ticket_id, at)
  select s.org, ${['client', 'key', 'fingerprint'].map((p) => `${$(p)}::text`).join(', ')}, s.ticket_id, ${$('at')}::timestamptz from saved s
)`,
    ),
    ...when('atOnce', () => appendCtes(parameters.length + 1, 'exists (select 1 from saved)')),
  ];
  return { sql: `with ${ctes.join(', ')} select count(*)::int as saved from saved`, parameters };
}

const statements = new Map<string, Statement>();

function preparedOf(parts: readonly Part[]): Statement {
  const key = parts.join();
  const known = statements.get(key) ?? statementOf(parts);
  statements.set(key, known);
  return known;
}

/** What is written: the state after the decision, why holders were chosen, and who was given a task. */
export type Written = Pick<Decided, 'state' | 'records' | 'claims'>;

/** What is written with a decision about a case that was read without a lock. */
export interface AtOnce {
  at: Instant;
  events: readonly PendingEvent[];
  client: string;
  key: string | undefined;
  fingerprint: string;
}

/**
 * The statement that writes a decision: about a case that the transaction has locked, or, with `atOnce`, about one that was read without a lock, together with the events
 * and the Idempotency-Key. That one writes only if nobody has written the row since: `written` is the `xmin` that was read, the transaction that wrote it last. The
 * version would not do: what other services say changes the case and not its version.
 */
export function saveStatement(
  pack: Pack,
  before: { case: Case; decided: number },
  after: Written,
  atOnce?: AtOnce & { written: string },
): [sql: string, params: SqlValue[]] {
  const was = valuesOf(pack, before.case, before.decided);
  const is = valuesOf(pack, after.state, before.decided + after.records.length);
  const [opened, open] = [openTasks(before.case), openTasks(after.state)];
  const over = opened.filter((t) => !open.some((o) => o.no === t.no)).map((t) => t.no);
  // A new priority moves every task of the case within its list.
  const changed = was.priorityRank === is.priorityRank ? new Set(open.filter((t) => !opened.includes(t)).map((t) => t.no)) : undefined;
  const tasks = taskValues(pack, after.state).filter((t) => changed?.has(t.no) ?? true);
  const loads = loadChanges(before.case, after);
  const rare = [...opened, ...open].some((t) => t.sleepsUntil !== undefined) || differ(before.case, after.state, was, is);
  const needed: Record<Part, boolean> = {
    assigned: was.unit !== is.unit || was.holder !== is.holder || was.held !== is.held,
    decided: after.records.length > 0,
    over: over.length > 0,
    tasks: tasks.length > 0,
    rare,
    loads: loads.length > 0,
    keyed: atOnce?.key !== undefined,
    atOnce: atOnce !== undefined,
  };
  const { sql, parameters } = preparedOf(PARTS.filter((part) => needed[part]));
  const values: Record<string, SqlValue> = {
    ...is,
    done: JSON.stringify(is.done),
    ticket: rare ? JSON.stringify(is.ticket) : undefined,
    body: JSON.stringify(is.body),
    seen: before.case.version,
    records: JSON.stringify(after.records.map(decisionValues)),
    over,
    tasks: JSON.stringify(tasks),
    loads: JSON.stringify(loads),
    ...(atOnce && { written: atOnce.written, at: atOnce.at, client: atOnce.client, key: atOnce.key, fingerprint: atOnce.fingerprint }),
  };
  return [sql, [...parameters.map((name) => values[name]), ...(atOnce === undefined ? [] : appendParameters(atOnce.events))]];
}

/** Whether a column of CONTENT may have changed. Rules leave the ticket and the class that they do not change the same objects. */
function differ(before: Case, after: Case, was: CaseValues, is: CaseValues): boolean {
  return (
    before.run !== after.run || before.ticket !== after.ticket || before.class !== after.class || SCALARS.some((p) => was[p] !== is[p])
  );
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
