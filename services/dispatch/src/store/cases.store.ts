import { Injectable } from '@nestjs/common';
import { Conflict } from '@gongdan/kernel';
import { type Pack } from '@gongdan/packs';
import { type Queries, type Row, type Tx } from '@gongdan/platform';
import { type Case } from '../domain/case.js';
import { type Candidate, type DecisionRecord } from '../domain/routing.js';
import { caseOf, type CaseRow, COLUMNS, rowOf } from './case-row.js';

/** A newly opened case with the pack it runs on and the record of its routing. */
export interface Opened {
  pack: Pack;
  state: Case;
  records: DecisionRecord[];
}

export interface AssignmentRow extends Row {
  no: number;
  unit: string;
  person: string | null;
  since: string;
  until: string | null;
}

// One statement for a whole batch: what another delivery has opened already is passed over, and only the new ones are answered.
const OPEN = `
with fresh as (
  insert into cases (${COLUMNS})
  select org, ticket_id, number, title, pack_key, pack_version, step, state, held, unit, holder, version, hop, returns, reopens, done,
         array(select jsonb_array_elements_text(excluded)), ticket, priority_rank, registered_at, since, closed_at
  from jsonb_to_recordset($1::jsonb) as c (org text, ticket_id uuid, number text, title text, pack_key text, pack_version int, step text, state text, held text,
       unit text, holder text, version int, hop int, returns int, reopens int, done jsonb, excluded jsonb, ticket jsonb, priority_rank smallint,
       registered_at timestamptz, since timestamptz, closed_at timestamptz)
  order by org, ticket_id
  on conflict (org, ticket_id) do nothing
  returning org, ticket_id, version, held, unit, since
), why as (
  insert into decisions (org, ticket_id, no, id, at, why, rule, unit, facts, candidates, runner_up, pack_key, pack_version, made_by)
  select d.* from jsonb_to_recordset($2::jsonb) as d (org text, ticket_id uuid, no int, id uuid, at timestamptz, why text, rule text, unit text, facts jsonb,
       candidates jsonb, runner_up jsonb, pack_key text, pack_version int, made_by text)
  join fresh using (org, ticket_id)
), whose as (
  insert into assignments (org, ticket_id, no, unit, since) select org, ticket_id, version, unit, since from fresh where held = 'queue'
)
select org, ticket_id from fresh`;

const SAVE = `
with moved as (
  update cases set title = $4, step = $5, state = $6, held = $7, unit = $8, holder = $9, version = $10, hop = $11, returns = $12, reopens = $13, done = $14,
                   excluded = $15, ticket = $16, priority_rank = $17, since = $18, closed_at = $19
  where org = $1 and ticket_id = $2 and version = $3
  returning 1
), ended as (
  update assignments set until = $18 where org = $1 and ticket_id = $2 and until is null and $20 and exists (select 1 from moved)
)
select count(*)::int as moved from moved`;

@Injectable()
export class CasesStore {
  /** Opens many cases at once; answers the ids of those that did not exist yet. */
  async open(tx: Tx, opened: readonly Opened[]): Promise<Set<string>> {
    if (opened.length === 0) return new Set();
    const cases = opened.map((o) => rowOf(o.pack, o.state));
    const decisions = opened.flatMap((o) => o.records.map(decisionRow));
    const rows = await tx.rows<{ org: string; ticket_id: string }>(OPEN, [JSON.stringify(cases), JSON.stringify(decisions)]);
    return new Set(rows.map((r) => `${r.org}|${r.ticket_id}`));
  }

  /** The case under lock: whoever changes it next waits for this transaction, which keeps its events in order. */
  async lock(tx: Tx, org: string, ticketId: string): Promise<Case | undefined> {
    const row = await tx.one<CaseRow>(`select ${COLUMNS} from cases where org = $1 and ticket_id = $2 for update`, [org, ticketId]);
    return row && caseOf(row);
  }

  async get(q: Queries, org: string, ticketId: string): Promise<Case | undefined> {
    const row = await q.one<CaseRow>(`select ${COLUMNS} from cases where org = $1 and ticket_id = $2`, [org, ticketId]);
    return row && caseOf(row);
  }

  /** Writes the next state over the one it was decided on. */
  async save(tx: Tx, pack: Pack, before: Case, after: Case): Promise<void> {
    const [was, is] = [rowOf(pack, before), rowOf(pack, after)];
    const changed = was.unit !== is.unit || was.holder !== is.holder || was.held !== is.held;
    const row = await tx.one<{ moved: number }>(SAVE, [
      before.org, before.ticketId, before.version, is.title, is.step, is.state, is.held, is.unit, is.holder, is.version, is.hop, is.returns, is.reopens,
      JSON.stringify(is.done), is.excluded, JSON.stringify(is.ticket), is.priority_rank, is.since, is.closed_at, changed,
    ]); // prettier-ignore
    if (row?.moved !== 1) throw new Conflict('dispatch/stale-version');
    if (!changed || is.held === 'nobody' || is.unit === null) return;
    await tx.run('insert into assignments (org, ticket_id, no, unit, person, since) values ($1, $2, $3, $4, $5, $6)', [
      is.org,
      is.ticket_id,
      is.version,
      is.unit,
      is.holder,
      is.since,
    ]);
  }

  async record(tx: Tx, records: readonly DecisionRecord[]): Promise<void> {
    for (const r of records.map(decisionRow)) {
      await tx.run(
        `insert into decisions (org, ticket_id, no, id, at, why, rule, unit, facts, candidates, runner_up, pack_key, pack_version, made_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
        [
          r.org,
          r.ticket_id,
          r.no,
          r.id,
          r.at,
          r.why,
          r.rule,
          r.unit,
          JSON.stringify(r.facts),
          JSON.stringify(r.candidates),
          r.runner_up === null ? null : JSON.stringify(r.runner_up),
          r.pack_key,
          r.pack_version,
          r.made_by,
        ],
      );
    }
  }

  assignments(q: Queries, org: string, ticketId: string): Promise<AssignmentRow[]> {
    return q.rows<AssignmentRow>('select no, unit, person, since, until from assignments where org = $1 and ticket_id = $2 order by no', [
      org,
      ticketId,
    ]);
  }
}

export interface DecisionRow extends Row {
  org: string;
  ticket_id: string;
  no: number;
  id: string;
  at: string;
  why: DecisionRecord['why'];
  rule: string | null;
  unit: string | null;
  facts: Record<string, unknown>;
  candidates: Candidate[];
  runner_up: Candidate | null;
  pack_key: string;
  pack_version: number;
  made_by: string;
}

function decisionRow(r: DecisionRecord): DecisionRow {
  return {
    org: r.org,
    ticket_id: r.ticketId,
    no: r.no,
    id: r.id,
    at: r.at,
    why: r.why,
    rule: r.rule ?? null,
    unit: r.unit ?? null,
    facts: r.facts,
    candidates: r.candidates,
    runner_up: r.runnerUp ?? null,
    pack_key: r.pack.key,
    pack_version: r.pack.version,
    made_by: r.by,
  };
}
