import { Injectable } from '@nestjs/common';
import { Conflict, NotFound } from '@gongdan/kernel';
import { type Case, type Decided, type Load, openTasks } from '@gongdan/engine';
import { directoryVersion } from '@gongdan/messaging';
import { type Pack } from '@gongdan/packs';
import { type Queries, type Row, type Tx } from '@gongdan/platform';
import { CASE, type CaseRow, TASK, taskValues, valuesOf } from './case-columns.js';
import { DECISION, decisionValues } from './decision-columns.js';
import { caseOf } from './old-cases.js';

/** A newly opened case with the pack it runs on and why its holder was chosen. */
export interface Opened extends Pick<Decided, 'state' | 'records' | 'claims'> {
  pack: Pack;
}

/** A case under lock, with the version that the directory had at that moment. */
export interface LockedCase {
  case: Case;
  /** How many decisions about holders are recorded. */
  decided: number;
  directoryVersion: number;
}

export interface AssignmentRow extends Row {
  no: number;
  unit: string;
  person: string | null;
  since: string;
  until: string | null;
}

const LOADS = `(org text, person text, delta int, last_at timestamptz)`;

// One statement for a whole batch. A case that another delivery has opened already is skipped; only the ids of new cases are returned.
const OPEN = `
with fresh as (
  insert into cases (${CASE.names})
  select ${CASE.values('c')} from ${CASE.recordset('$1', 'c')} order by c."org", c."ticketId"
  on conflict (org, ticket_id) do nothing
  returning org, ticket_id, version, held, unit, holder, since
), decided as (
  insert into decisions (${DECISION.names})
  select ${DECISION.values('d')} from ${DECISION.recordset('$2', 'd')} join fresh f on f.org = d."org" and f.ticket_id = d."ticketId"
), tasks as (
  insert into open_tasks (${TASK.names})
  select ${TASK.values('t')} from ${TASK.recordset('$3', 't')} join fresh f on f.org = t."org" and f.ticket_id = t."ticketId"
  returning org, ticket_id, no, person, sleeps, sleeps_until
), assigned as (
  insert into assignments (org, ticket_id, no, unit, person, since)
  select org, ticket_id, version, unit, holder, since from fresh where held <> 'nobody' and unit is not null
), slept as (
  insert into due_tasks (org, ticket_id, task, point, gen, due_at)
  select org, ticket_id, no::text, 'wake', sleeps, sleeps_until from tasks where sleeps_until is not null
), loads as (
  insert into person_loads as l (org, person, open, last_at)
  select t.org, t.person, count(*), max(f.since) from tasks t join fresh f on f.org = t.org and f.ticket_id = t.ticket_id
  where t.person is not null group by t.org, t.person order by t.org, t.person
  on conflict (org, person) do update set open = l.open + excluded.open, last_at = excluded.last_at
)
select org, ticket_id as "ticketId" from fresh`;

// The new assignment is inserted from a join with the count of the ended ones: assignments_open allows one open row per case, so the update comes first.
const SAVE = `
with saved as (
  update cases c set ${CASE.assign('n', ['org', 'ticketId', 'registeredAt'])} from ${CASE.recordset('$1', 'n')}
  where c.org = n."org" and c.ticket_id = n."ticketId" and c.version = $2
  returning c.org, c.ticket_id, c.version, c.held, c.unit, c.holder, c.since
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
  insert into open_tasks (${TASK.names}) select ${TASK.values('t')} from ${TASK.recordset('$6', 't')} where exists (select 1 from saved)
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
)
select count(*)::int as saved from saved`;

const GET = `select ${CASE.select('c')} from cases c where org = $1 and ticket_id = $2`;

@Injectable()
export class CasesStore {
  /** Opens many cases at once; returns the ids of those that did not exist yet. */
  async open(tx: Tx, opened: readonly Opened[]): Promise<Pick<Case, 'org' | 'ticketId'>[]> {
    if (opened.length === 0) return [];
    return tx.rows(OPEN, [
      JSON.stringify(opened.map((o) => valuesOf(o.pack, o.state, o.records.length))),
      JSON.stringify(opened.flatMap((o) => o.records.map(decisionValues))),
      JSON.stringify(opened.flatMap((o) => taskValues(o.pack, o.state))),
    ]);
  }

  /** The case under lock: the next transaction that changes it waits for this one, which keeps its events in order. Throws `NotFound` when there is none. */
  async lock(tx: Tx, org: string, ticketId: string): Promise<LockedCase> {
    const sql = `select ${CASE.select('c')}, ${directoryVersion('c.org')}::float8 as "directoryVersion" from cases c where org = $1 and ticket_id = $2 for update of c`;
    const row = await tx.one<CaseRow & Row & { directoryVersion: number }>(sql, [org, ticketId]);
    if (row === undefined) throw new NotFound('dispatch/no-case');
    return { case: caseOf(row), decided: row.decided, directoryVersion: row.directoryVersion };
  }

  async get(q: Queries, org: string, ticketId: string): Promise<Case | undefined> {
    const row = await q.one<CaseRow & Row>(GET, [org, ticketId]);
    return row && caseOf(row);
  }

  /** Writes what was decided about `before`, with its tasks, assignment, loads and records, in one statement. Throws `Conflict` when the case has changed. */
  async save(tx: Tx, pack: Pack, before: LockedCase, after: Pick<Decided, 'state' | 'records' | 'claims'>): Promise<void> {
    const was = valuesOf(pack, before.case, before.decided);
    const is = valuesOf(pack, after.state, before.decided + after.records.length);
    const reassigned = was.unit !== is.unit || was.holder !== is.holder || was.held !== is.held;
    const ended = openTasks(before.case).filter((t) => !openTasks(after.state).some((o) => o.no === t.no));
    const changed = new Set(openTasks(after.state).filter((t) => !openTasks(before.case).includes(t)).map((t) => t.no)); // prettier-ignore
    const ranked = was.priorityRank === is.priorityRank ? changed : new Set(openTasks(after.state).map((t) => t.no));
    const row = await tx.one<{ saved: number }>(SAVE, [
      JSON.stringify([is]),
      before.case.version,
      JSON.stringify(after.records.map(decisionValues)),
      reassigned,
      ended.map((t) => t.no),
      JSON.stringify(taskValues(pack, after.state).filter((t) => ranked.has(t.no))),
      JSON.stringify(loadChanges(before.case, after)),
    ]);
    if (row?.saved !== 1) throw new Conflict('dispatch/stale-version');
  }

  /** The pack version of each case, by `org|ticketId`. */
  async packsOf(q: Queries, tickets: readonly Pick<Case, 'org' | 'ticketId'>[]): Promise<Map<string, Case['pack']>> {
    const rows = await q.rows<{ org: string; ticketId: string; key: string; version: number }>(
      `select c.org, c.ticket_id as "ticketId", c.pack_key as key, c.pack_version as version
       from unnest($1::text[], $2::uuid[]) as t (org, id) join cases c on c.org = t.org and c.ticket_id = t.id`,
      [tickets.map((t) => t.org), tickets.map((t) => t.ticketId)],
    );
    return new Map(rows.map(({ org, ticketId, key, version }) => [`${org}|${ticketId}`, { key, version }]));
  }

  /** Writes what other services said: no decision, so the version stays. */
  async saveHeard(tx: Tx, c: Case): Promise<void> {
    await tx.run(`update cases set body = jsonb_set(body, '{heard}', $3::jsonb) where org = $1 and ticket_id = $2 and body is not null`, [
      c.org,
      c.ticketId,
      JSON.stringify({ clocks: c.heard.clocks }),
    ]);
  }

  /** The loads of people, locked until the transaction ends: nobody is given a task beyond his capacity, whatever the number of replicas. */
  async lockLoads(tx: Tx, org: string, people: readonly string[]): Promise<Map<string, Load>> {
    const sorted = [...new Set(people)].sort();
    await tx.run('insert into person_loads (org, person, open) select $1, p, 0 from unnest($2::text[]) p on conflict do nothing', [
      org,
      sorted,
    ]);
    const rows = await tx.rows<{ person: string; open: number; lastAt: string | null }>(
      'select person, open, last_at as "lastAt" from person_loads where org = $1 and person = any ($2::text[]) order by person for update',
      [org, sorted],
    );
    return new Map(rows.map(({ person, open, lastAt }) => [person, { open, ...(lastAt === null ? {} : { lastAt }) }]));
  }

  /** The same without locks: for questions that change nothing. */
  async loads(q: Queries, org: string, people: readonly string[]): Promise<Map<string, Load>> {
    const rows = await q.rows<{ person: string; open: number; lastAt: string | null }>(
      'select person, open, last_at as "lastAt" from person_loads where org = $1 and person = any ($2::text[])',
      [org, [...people]],
    );
    const known = rows.map(({ person, open, lastAt }): [string, Load] => [person, { open, ...(lastAt === null ? {} : { lastAt }) }]);
    return new Map([...people.map((p): [string, Load] => [p, { open: 0 }]), ...known]);
  }

  assignments(q: Queries, org: string, ticketId: string): Promise<AssignmentRow[]> {
    return q.rows<AssignmentRow>('select no, unit, person, since, until from assignments where org = $1 and ticket_id = $2 order by no', [
      org,
      ticketId,
    ]);
  }
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
