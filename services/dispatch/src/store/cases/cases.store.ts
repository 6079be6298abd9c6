import { Injectable } from '@nestjs/common';
import { type EventDraft } from '@gongdan/contracts';
import { type Cause, Conflict, NotFound } from '@gongdan/kernel';
import { type Case, type Load } from '@gongdan/engine';
import { appendCtes, appendParameters, directoryVersion } from '@gongdan/messaging';
import { type Pack } from '@gongdan/packs';
import { type Connection, type Queries, type Row, type SqlValue, type Tx } from '@gongdan/platform';
import { CASE, type CaseRow, TASK, taskValues, valuesOf } from './case-columns.js';
import { DECISION, decisionValues } from '../decisions/decision-columns.js';
import { caseOf, isInBody } from './old-cases.js';
import { type AtOnce, saveStatement, type Written } from './save-case.js';

/** A newly opened case with the pack it runs on and why its holder was chosen. */
export interface Opened extends Written {
  pack: Pack;
  events: readonly EventDraft[];
  cause: Cause;
}

/** A case under lock, with the version that the directory had at that moment. */
export interface LockedCase {
  case: Case;
  /** How many decisions about holders are recorded. */
  decided: number;
  directoryVersion: number;
}

/** A case that was read without a lock. */
export interface ReadCase extends LockedCase {
  /** The transaction that wrote its row. */
  written: string;
  /** The fingerprint of the request for which the Idempotency-Key was used. */
  usedFor: string | undefined;
}

export interface AssignmentRow extends Row {
  no: number;
  unit: string;
  person: string | null;
  since: string;
  until: string | null;
}

// One statement for a whole batch, its events included. A case that another delivery has opened already is skipped with its events; only the ids of new cases are returned.
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
), ${appendCtes(4, '(s.org, s.ticket_id) in (select f.org, f.ticket_id from fresh f)')}
select org, ticket_id as "ticketId" from fresh`;

// Of most rows the body is enough, which spares Postgres and the driver twenty columns; those of a release without the engine are read again with all of them.
const BODY = CASE.select('c', ['org', 'ticketId', 'version', 'decided', 'body']);

const read = (columns: string): string => `
  select ${columns}, c.xmin::text as written, ${directoryVersion('c.org')}::float8 as "directoryVersion",
    (select k.fingerprint from action_keys k where k.org = $1 and k.client = $3 and k.key = $4) as "usedFor"
  from cases c where org = $1 and ticket_id = $2`;
const READ = read(BODY);
const READ_COLUMNS = read(CASE.select('c'));

// The version of the directory is asked after the lock was had, outside of the statement's part that waits for it.
const lock = (columns: string): string => `
  with c as materialized (select * from cases where org = $1 and ticket_id = $2 for update)
  select ${columns}, directory_version_now(c.org)::float8 as "directoryVersion" from c`;
const LOCK = lock(BODY);
const LOCK_COLUMNS = lock(CASE.select('c'));

const GET = `select ${CASE.select('c')} from cases c where org = $1 and ticket_id = $2`;

@Injectable()
export class CasesStore {
  /** Opens many cases at once and appends their events; returns the ids of those that did not exist yet. */
  async open(tx: Tx, opened: readonly Opened[]): Promise<Pick<Case, 'org' | 'ticketId'>[]> {
    if (opened.length === 0) return [];
    return tx.rows(OPEN, [
      JSON.stringify(opened.map((o) => valuesOf(o.pack, o.state, o.records.length))),
      JSON.stringify(opened.flatMap((o) => o.records.map(decisionValues))),
      JSON.stringify(opened.flatMap((o) => taskValues(o.pack, o.state))),
      ...appendParameters(opened.flatMap((o) => o.events.map((draft) => ({ draft, cause: o.cause })))),
    ]);
  }

  /** The case under lock: the next transaction that changes it waits for this one, which keeps its events in order. Throws `NotFound` when there is none. */
  async lock(tx: Tx, org: string, ticketId: string): Promise<LockedCase> {
    const row = await this.caseRow<{ directoryVersion: number }>(tx, LOCK, LOCK_COLUMNS, [org, ticketId]);
    return { case: caseOf(row), decided: row.decided, directoryVersion: row.directoryVersion };
  }

  async get(q: Queries, org: string, ticketId: string): Promise<Case | undefined> {
    const row = await q.one<CaseRow & Row>(GET, [org, ticketId]);
    return row && caseOf(row);
  }

  /** Writes what was decided about `before`, with its tasks, assignment, loads and records, in one statement. Throws `Conflict` when the case has changed. */
  async save(tx: Tx, pack: Pack, before: LockedCase, after: Written): Promise<void> {
    const row = await tx.one<{ saved: number }>(...saveStatement(pack, before, after));
    if (row?.saved !== 1) throw new Conflict('dispatch/stale-version');
  }

  /**
   * The case without a lock, for a decision that `saveAtOnce` writes, with the fingerprint of the request for which `client` has used `key`. Throws
   * `NotFound` when there is none.
   */
  async read(q: Queries, org: string, ticketId: string, client: string, key: string | undefined): Promise<ReadCase> {
    type Found = Pick<ReadCase, 'directoryVersion' | 'written'> & { usedFor: string | null };
    const row = await this.caseRow<Found>(q, READ, READ_COLUMNS, [org, ticketId, client, key ?? null]);
    const { decided, directoryVersion: version, written, usedFor } = row;
    return { case: caseOf(row), decided, directoryVersion: version, written, usedFor: usedFor ?? undefined };
  }

  /**
   * Writes a decision with its events and its Idempotency-Key in one statement that is its own transaction. False when it wrote nothing: the case was
   * written since it was read, another transaction was in the way, or the decision is too old. The caller decides again under a lock.
   */
  async saveAtOnce(connection: Connection, pack: Pack, before: ReadCase, after: Written, at: AtOnce): Promise<boolean> {
    const { written } = before;
    const rows = await connection.unlessBlocked<{ saved: number }>(...saveStatement(pack, before, after, { ...at, written }));
    return rows?.[0]?.saved === 1;
  }

  private async caseRow<More extends object>(q: Queries, sql: string, withColumns: string, params: SqlValue[]): Promise<CaseRow & More> {
    const short = await q.one<CaseRow & More>(sql, params);
    const row = short && !isInBody(short) ? await q.one<CaseRow & More>(withColumns, params) : short;
    if (row === undefined) throw new NotFound('dispatch/no-case');
    return row;
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
