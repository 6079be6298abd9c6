import { Injectable } from '@nestjs/common';
import { type TicketEvent, withoutSealedFields } from '@gongdan/contracts';
import { ConcurrentInsert, type Queries, type Row, type SqlValue, type Tx } from '@gongdan/platform';
import { type ClockRow } from '../projections/clock-row.js';
import { type LedgerEntry } from '../projections/ledger-entry.js';
import { type TicketRow } from '../projections/ticket-row.js';
import { CLOCK, HISTORY, type HistoryRow, LEDGER, TICKET } from './columns.js';

// Clocks come with their ticket: a clock is never stored without it. $3 is false for a batch without events of sla, which needs no clocks. A subquery per ticket reads the
// primary key; a join that was planned while the table was small reads the whole table until the plan is made anew. Rows are locked in the order of the keys.
const LOCK = `
select ${TICKET.select('t')},
       case when $3::boolean then (select json_agg(${CLOCK.json('c')}) from clock_rows c where c.org = t.org and c.ticket_id = t.id) end as clocks
from unnest($1::text[], $2::uuid[]) as k (key_org, key_id)
cross join lateral (select * from ticket_rows r where r.org = k.key_org and r.id = k.key_id for update) t`;

// The history is passed as arrays: Postgres refuses \u0000 anywhere in the JSON of a recordset, and an error text of a mail provider may hold one.
const SAVE = `
with inserted as (
  insert into ticket_rows (${TICKET.names}) select * from ${TICKET.recordset('$1', 'r')} order by r.org, r.id
  on conflict do nothing returning 1
), updated as (
  update ticket_rows t set ${TICKET.assign('r', ['org', 'id'])} from ${TICKET.recordset('$2', 'r')} where t.org = r.org and t.id = r.id
), clocks as (
  insert into clock_rows (${CLOCK.names}) select * from ${CLOCK.recordset('$3', 'r')}
  on conflict (org, ticket_id, clock) do update set ${CLOCK.assignExcluded(['org', 'ticketId', 'clock'])}
), ledger as (
  insert into ledger_entries (${LEDGER.names}) select * from ${LEDGER.recordset('$4', 'r')} on conflict do nothing
), history as (
  insert into ticket_history (${HISTORY.names}) select * from ${HISTORY.arrays(5)}
)
select count(*)::int as inserted from inserted`;

const RECORD = `
with history as (
  insert into ticket_history (${HISTORY.names}) select * from ${HISTORY.arrays(1)}
)
select ${TICKET.select('t')} from ticket_rows t
where (t.org, t.id) in (select * from unnest($1::text[], $2::uuid[]))`;

/** What a batch changed. */
export interface Changes {
  /** Tickets that `lock` did not find. */
  newTickets: readonly TicketRow[];
  /** Tickets that `lock` found and the batch changed. */
  changedTickets: readonly TicketRow[];
  clocks: readonly ClockRow[];
  ledger: readonly LedgerEntry[];
  events: readonly TicketEvent[];
}

/** A batch is read in one statement and written in one, however many events it holds; one of messages alone takes one (test/statements.svc-spec.ts). */
@Injectable()
export class ProjectionsStore {
  /**
   * The rows of these tickets, and their clocks if wanted. The rows stay locked until the end of the transaction: marks keep apart two deliveries of
   * one stream, but a rebuild and a redrive apply another stream of the same ticket than the live group does, at the same time.
   */
  async lock(
    tx: Tx,
    keys: readonly { org: string; id: string }[],
    withClocks: boolean,
  ): Promise<{ tickets: TicketRow[]; clocks: ClockRow[] }> {
    const sorted = keys.toSorted((a, b) => compare(a.org, b.org) || compare(a.id, b.id));
    const rows = await tx.rows<TicketRow & { clocks: ClockRow[] | null } & Row>(LOCK, [
      sorted.map((k) => k.org),
      sorted.map((k) => k.id),
      withClocks,
    ]);
    return {
      tickets: rows.map((row) => {
        const { clocks: _, ...ticket } = row;
        return ticket;
      }),
      clocks: rows.flatMap((row) => row.clocks ?? []),
    };
  }

  /** Throws ConcurrentInsert when another transaction has meanwhile inserted a ticket that `lock` did not find: the batch must be folded again. */
  async save(tx: Tx, { newTickets, changedTickets, clocks, ledger, events }: Changes): Promise<void> {
    const result = await tx.one<{ inserted: number }>(SAVE, [
      JSON.stringify(newTickets),
      JSON.stringify(changedTickets),
      JSON.stringify(clocks),
      JSON.stringify(ledger),
      ...historyColumns(events),
    ]);
    if ((result?.inserted ?? 0) < newTickets.length) throw new ConcurrentInsert('another transaction inserted a ticket of this batch');
  }

  /** Stores events that change no row and returns the tickets they are about, unlocked: one statement instead of two. */
  record(tx: Tx, events: readonly TicketEvent[]): Promise<TicketRow[]> {
    return tx.rows<TicketRow & Row>(RECORD, historyColumns(events));
  }

  /** The organisations that have tickets; the primary key is asked once for each. */
  async organisations(q: Queries): Promise<string[]> {
    const rows = await q.rows<{ org: string }>(
      `with recursive o (org) as (
         (select org from ticket_rows order by org limit 1)
         union all select (select t.org from ticket_rows t where t.org > o.org order by t.org limit 1) from o where o.org is not null
       ) select org from o where org is not null`,
    );
    return rows.map((r) => r.org);
  }

  /**
   * Empties everything that the stream of tickets fills again. The marks go too, or nothing would be applied again, and so do parked events: the
   * replay finds again what is still wrong with them, and until then all the rest of their tickets would only be parked behind them. What came over
   * `gongdan.packs` stays, because the replay does not read that topic. A trigger empties `ticket_texts` with `ticket_rows`.
   */
  async wipe(tx: Tx): Promise<void> {
    await tx.run('truncate ticket_rows, ticket_history, clock_rows, ledger_entries, marks, waiting_events, gaps, parked_events');
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function historyColumns(events: readonly TicketEvent[]): SqlValue[] {
  const rows = events.map(historyRow);
  return HISTORY.properties.map((property) => rows.map((row) => row[property]));
}

function historyRow(e: TicketEvent): HistoryRow {
  return {
    org: e.org,
    ticketId: e.ticketId,
    producer: e.producer,
    seq: e.seq,
    eventId: e.id,
    name: e.name,
    version: e.version,
    occurredAt: e.occurredAt,
    actorId: e.actor.id,
    actorName: e.actor.name ?? null,
    correlationId: e.correlationId,
    causationId: e.causationId ?? null,
    data: JSON.stringify(withoutSealedFields(withoutContact(e.data))),
  };
}

// Reporting has no use for a sealed contact: what is not stored cannot leak.
function withoutContact(data: object): object {
  if (!('contactSealed' in data) || data.contactSealed === undefined) return data;
  return { ...data, contactSealed: true };
}

// A subquery per event is always a read of the primary key of ticket_history; a join could be planned as a scan of the whole history.
const STORED_EVENT_IDS = `
select (select h.event_id from ticket_history h
        where h.org = e.org and h.ticket_id = e.ticket_id and h.producer = e.producer and h.seq = e.seq) as event_id
from unnest($1::text[], $2::uuid[], $3::text[], $4::bigint[]) with ordinality as e (org, ticket_id, producer, seq, n) order by e.n`;

export async function storedEventIds(
  db: Queries,
  events: readonly { org: string; ticketId: string; producer: string; seq: number }[],
): Promise<(string | undefined)[]> {
  const rows = await db.rows<{ event_id: string | null }>(STORED_EVENT_IDS, [
    events.map((e) => e.org),
    events.map((e) => e.ticketId),
    events.map((e) => e.producer),
    events.map((e) => e.seq),
  ]);
  return rows.map((row) => row.event_id ?? undefined);
}
