import { Injectable } from '@nestjs/common';
import { Conflict, NotFound } from '@gongdan/kernel';
import { type Pack } from '@gongdan/packs';
import { type Queries, type Row, type Tx } from '@gongdan/platform';
import { type Case, type CaseDecision } from '../domain/case.js';
import { CASE, caseOf, type CaseRow, valuesOf } from './case-columns.js';
import { DECISION, decisionValues } from './decision-columns.js';

/** A newly opened case with the pack it runs on and the records of its routing. */
export interface Opened extends Pick<CaseDecision, 'state' | 'records'> {
  pack: Pack;
}

export interface AssignmentRow extends Row {
  no: number;
  unit: string;
  person: string | null;
  since: string;
  until: string | null;
}

// One statement for a whole batch. A case that another delivery has opened already is skipped; only the ids of new cases are returned.
const OPEN = `
with fresh as (
  insert into cases (${CASE.names})
  select ${CASE.values('c')} from ${CASE.recordset('$1', 'c')} order by c."org", c."ticketId"
  on conflict (org, ticket_id) do nothing
  returning org, ticket_id, version, held, unit, since
), decided as (
  insert into decisions (${DECISION.names})
  select ${DECISION.values('d')} from ${DECISION.recordset('$2', 'd')} join fresh f on f.org = d."org" and f.ticket_id = d."ticketId"
), assigned as (
  insert into assignments (org, ticket_id, no, unit, since) select org, ticket_id, version, unit, since from fresh where held = 'queue'
)
select org, ticket_id as "ticketId" from fresh`;

// The new assignment is inserted from a join with the count of the ended ones: assignments_open allows one open row per case, so the update comes first.
const SAVE = `
with saved as (
  update cases c set ${CASE.assign('n', ['org', 'ticketId'])} from ${CASE.recordset('$1', 'n')}
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
)
select count(*)::int as saved from saved`;

@Injectable()
export class CasesStore {
  /** Opens many cases at once; returns the ids of those that did not exist yet. */
  async open(tx: Tx, opened: readonly Opened[]): Promise<Pick<Case, 'org' | 'ticketId'>[]> {
    if (opened.length === 0) return [];
    const cases = opened.map((o) => valuesOf(o.pack, o.state));
    const decisions = opened.flatMap((o) => o.records.map(decisionValues));
    return tx.rows(OPEN, [JSON.stringify(cases), JSON.stringify(decisions)]);
  }

  /** The case under lock: the next transaction that changes it waits for this one, which keeps its events in order. Throws `NotFound` when there is none. */
  async lock(tx: Tx, org: string, ticketId: string): Promise<Case> {
    const row = await tx.one<CaseRow>(`select ${CASE.select('c')} from cases c where org = $1 and ticket_id = $2 for update`, [
      org,
      ticketId,
    ]);
    if (row === undefined) throw new NotFound('dispatch/no-case');
    return caseOf(row);
  }

  async get(q: Queries, org: string, ticketId: string): Promise<Case | undefined> {
    const row = await q.one<CaseRow>(`select ${CASE.select('c')} from cases c where org = $1 and ticket_id = $2`, [org, ticketId]);
    return row && caseOf(row);
  }

  /** Writes what was decided about `before`, with its assignment and its records, in one statement. Throws `Conflict` when the case has changed. */
  async save(tx: Tx, pack: Pack, before: Case, after: Pick<CaseDecision, 'state' | 'records'>): Promise<void> {
    const [was, is] = [valuesOf(pack, before), valuesOf(pack, after.state)];
    const reassigned = was.unit !== is.unit || was.holder !== is.holder || was.held !== is.held;
    const row = await tx.one<{ saved: number }>(SAVE, [
      JSON.stringify([is]),
      before.version,
      JSON.stringify(after.records.map(decisionValues)),
      reassigned,
    ]);
    if (row?.saved !== 1) throw new Conflict('dispatch/stale-version');
  }

  assignments(q: Queries, org: string, ticketId: string): Promise<AssignmentRow[]> {
    return q.rows<AssignmentRow>('select no, unit, person, since, until from assignments where org = $1 and ticket_id = $2 order by no', [
      org,
      ticketId,
    ]);
  }
}
