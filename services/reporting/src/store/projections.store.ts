import { Injectable } from '@nestjs/common';
import { type EventEnvelope } from '@gongdan/contracts';
import { type Row, type SqlValue, type Tx } from '@gongdan/platform';
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

function upsert(table: string, columns: Record<string, string>, key: readonly string[]): string {
  const names = Object.keys(columns);
  const set = names.filter((c) => !key.includes(c)).map((c) => `${c} = excluded.${c}`);
  return `insert into ${table} (${names.join(', ')}) select * from json_to_recordset($1::json) as r (${names.map((c) => `${c} ${columns[c]}`).join(', ')})
          on conflict (${key.join(', ')}) do update set ${set.join(', ')}`;
}
const UPSERT_TICKETS = upsert('ticket_rows', TICKET_COLUMNS, ['org', 'id']);
const UPSERT_CLOCKS = upsert('clock_rows', CLOCK_COLUMNS, ['org', 'ticket_id', 'clock']);

/** Whole batches in and out: three statements however many events. */
@Injectable()
export class ProjectionsStore {
  async tickets(tx: Tx, keys: readonly { org: string; id: string }[]): Promise<TicketRow[]> {
    return tx.rows<TicketRow & Row>('select t.* from ticket_rows t join unnest($1::text[], $2::uuid[]) as k (org, id) using (org, id)', [keys.map((k) => k.org), keys.map((k) => k.id)]);
  }

  async clocks(tx: Tx, keys: readonly { org: string; id: string }[]): Promise<ClockRow[]> {
    return tx.rows<ClockRow & Row>('select c.* from clock_rows c join unnest($1::text[], $2::uuid[]) as k (org, id) on c.org = k.org and c.ticket_id = k.id', [
      keys.map((k) => k.org),
      keys.map((k) => k.id),
    ]);
  }

  async save(tx: Tx, tickets: readonly TicketRow[], clocks: readonly ClockRow[]): Promise<void> {
    if (tickets.length > 0) await tx.run(UPSERT_TICKETS, [JSON.stringify(tickets)]);
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

  /** Everything this service derived; the stream fills it again. Marks of tickets go too, or nothing would be applied again. */
  async wipe(tx: Tx): Promise<void> {
    await tx.run('truncate ticket_rows, ticket_history, clock_rows, marks, waiting_events, gaps');
  }
}

// Reporting has no use for a sealed contact: what is not stored cannot leak.
function withoutContact(data: unknown): unknown {
  if (typeof data !== 'object' || data === null || !('contactSealed' in data)) return data;
  const { contactSealed, ...rest } = data as Record<string, unknown>;
  return contactSealed === undefined ? rest : { ...rest, contactSealed: true };
}
