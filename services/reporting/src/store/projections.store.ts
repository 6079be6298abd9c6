import { Injectable } from '@nestjs/common';
import { type EventEnvelope } from '@gongdan/contracts';
import { ConcurrentInsert, type Row, type SqlValue, type Tx } from '@gongdan/platform';
import { type ClockRow } from '../projections/clock-row.js';
import { type TicketRow } from '../projections/ticket-row.js';

const TICKET_COLUMNS = {
  org: 'text', id: 'uuid', number: 'text', pack: 'text', channel: 'text', type: 'text', category: 'text', priority: 'text', title: 'text', description: 'text',
  address: 'text', area: 'text', latitude: 'float8', longitude: 'float8', attributes: 'json', state: 'text', unit: 'text', holder: 'text',
  registered_at: 'timestamptz', dispatched_at: 'timestamptz', accepted_at: 'timestamptz', replied_at: 'timestamptz', resolved_at: 'timestamptz', closed_at: 'timestamptz',
  due_at: 'timestamptz', external_key: 'text', source: 'text', imported_status: 'text',
  returns: 'int', transfers: 'int', reopens: 'int', warnings: 'int', breaches: 'int', changed_at: 'timestamptz',
} as const satisfies Record<keyof TicketRow, string>; // prettier-ignore
const CLOCK_COLUMNS = {
  org: 'text', ticket_id: 'uuid', clock: 'text', state: 'text', started_at: 'timestamptz', due_at: 'timestamptz', stopped_at: 'timestamptz', breached_at: 'timestamptz', outcome: 'text',
} as const satisfies Record<keyof ClockRow, string>; // prettier-ignore

const rows = (columns: Record<string, string>): string => `json_to_recordset($1::json) as r (${Object.entries(columns).map(([name, type]) => `${name} ${type}`).join(', ')})`; // prettier-ignore
const names = (columns: Record<string, string>): string[] => Object.keys(columns);
const assign = (columns: Record<string, string>, from: string): string => names(columns).map((c) => `${c} = ${from}.${c}`).join(', '); // prettier-ignore

const INSERT_TICKETS = `insert into ticket_rows (${names(TICKET_COLUMNS).join(', ')}) select * from ${rows(TICKET_COLUMNS)} order by org, id on conflict do nothing`;
const UPDATE_TICKETS = `update ticket_rows t set ${assign(TICKET_COLUMNS, 'r')} from ${rows(TICKET_COLUMNS)} where t.org = r.org and t.id = r.id`;
const UPSERT_CLOCKS = `insert into clock_rows (${names(CLOCK_COLUMNS).join(', ')}) select * from ${rows(CLOCK_COLUMNS)}
  on conflict (org, ticket_id, clock) do update set ${assign(CLOCK_COLUMNS, 'excluded')}`;

/** Whole batches in and out: five statements at most, however many events. */
@Injectable()
export class ProjectionsStore {
  /**
   * Held until the end of the transaction: marks keep apart what says the same stream twice, but a rebuild and a redrive apply another stream
   * of the same ticket than the live group does, at the same time.
   */
  async tickets(tx: Tx, keys: readonly { org: string; id: string }[]): Promise<TicketRow[]> {
    return tx.rows<TicketRow & Row>(
      'select t.* from ticket_rows t join unnest($1::text[], $2::uuid[]) as k (org, id) using (org, id) order by org, id for update of t',
      [keys.map((k) => k.org), keys.map((k) => k.id)],
    );
  }

  async clocks(tx: Tx, keys: readonly { org: string; id: string }[]): Promise<ClockRow[]> {
    return tx.rows<ClockRow & Row>(
      'select c.* from clock_rows c join unnest($1::text[], $2::uuid[]) as k (org, id) on c.org = k.org and c.ticket_id = k.id',
      [keys.map((k) => k.org), keys.map((k) => k.id)],
    );
  }

  /** Throws ConcurrentInsert when a row that was not there has been made meanwhile: what was derived without it is void. */
  async save(tx: Tx, fresh: readonly TicketRow[], known: readonly TicketRow[], clocks: readonly ClockRow[]): Promise<void> {
    if (fresh.length > 0 && (await tx.run(INSERT_TICKETS, [JSON.stringify(fresh)])) < fresh.length)
      throw new ConcurrentInsert('a ticket appeared meanwhile');
    if (known.length > 0) await tx.run(UPDATE_TICKETS, [JSON.stringify(known)]);
    if (clocks.length > 0) await tx.run(UPSERT_CLOCKS, [JSON.stringify(clocks)]);
  }

  async remember(tx: Tx, events: readonly EventEnvelope[]): Promise<void> {
    const column = (pick: (e: EventEnvelope) => SqlValue) => events.map(pick) as SqlValue;
    await tx.run(
      `insert into ticket_history (org, ticket_id, producer, seq, event_id, name, version, occurred_at, actor_id, actor_name, correlation_id, causation_id, data)
       select * from unnest($1::text[], $2::uuid[], $3::text[], $4::bigint[], $5::uuid[], $6::text[], $7::int[], $8::timestamptz[], $9::text[], $10::text[], $11::text[], $12::uuid[], $13::json[])`,
      [
        column((e) => e.org),
        column((e) => e.ticketId),
        column((e) => e.producer),
        column((e) => e.seq),
        column((e) => e.id),
        column((e) => e.name),
        column((e) => e.version),
        column((e) => e.occurredAt),
        column((e) => e.actor.id),
        column((e) => e.actor.name ?? null),
        column((e) => e.correlationId),
        column((e) => e.causationId ?? null),
        column((e) => JSON.stringify(withoutContact(e.data))),
      ],
    );
  }

  /**
   * Everything this service derived; the stream fills it again. Marks of tickets go too, or nothing would be applied again, and so do parked
   * records: what is still wrong with them is found again, and all the rest of their tickets would only be parked behind them.
   */
  async wipe(tx: Tx): Promise<void> {
    await tx.run('truncate ticket_rows, ticket_history, clock_rows, marks, waiting_events, gaps, parked_events');
  }
}

// Reporting has no use for a sealed contact: what is not stored cannot leak.
function withoutContact(data: unknown): unknown {
  if (typeof data !== 'object' || data === null || !('contactSealed' in data)) return data;
  const { contactSealed, ...rest } = data as Record<string, unknown>;
  return contactSealed === undefined ? rest : { ...rest, contactSealed: true };
}
