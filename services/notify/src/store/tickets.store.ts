import { Injectable } from '@nestjs/common';
import { omitNulls, TableColumns, type Tx } from '@gongdan/platform';
import { type KnownTicket } from '../domain/ticket.js';

const TICKET = new TableColumns<keyof KnownTicket>({
  org: 'text', id: 'uuid', packKey: 'text', packVersion: 'int', number: 'text', title: 'text', description: 'text', language: 'text', registeredAt: 'timestamptz',
  facts: 'json', contactSealed: 'text', silent: 'boolean', step: 'text', state: 'text', unit: 'text', holder: 'text', registeredBy: 'text', registeringUnit: 'text', watchers: 'text[]', run: 'int',
}); // prettier-ignore
/** No event changes these after the registration. */
const FIXED = ['org', 'id', 'number', 'language', 'registeredAt', 'registeredBy', 'registeringUnit'] as const;

export interface TicketKey {
  org: string;
  id: string;
}

// In key order, as settling does: consumer and delivery lock the same rows.
const LOCK = `
select ${TICKET.select('t')} from known_tickets t join unnest($1::text[], $2::uuid[]) as k (org, id) using (org, id)
order by t.org, t.id for update of t`;

/**
 * Two CTEs that write the tickets in `fresh` (JSON, not locked before: they were registered in this batch) and in `known` (JSON, locked). A
 * ticket that is registered a second time keeps what happened to it since: the marks forbid that, and this does not rely on it.
 */
export const saveTicketsCtes = (fresh: string, known: string): string => `fresh_tickets as (
  insert into known_tickets (${TICKET.names}) select ${TICKET.values('f')} from ${TICKET.recordset(fresh, 'f')} order by f."org", f."id" on conflict (org, id) do nothing
), changed_tickets as (
  update known_tickets t set ${TICKET.assign('k', FIXED)} from ${TICKET.recordset(known, 'k')} where t.org = k."org" and t.id = k."id"
)`;

/** How many tickets' pack versions are remembered: 100 bytes each. */
const REMEMBERED = 20_000;

@Injectable()
export class TicketsStore {
  private readonly packRefs = new Map<string, { key: string; version: number }>();

  /** Locks the tickets until the end of the transaction. */
  async lock(tx: Tx, keys: readonly TicketKey[]): Promise<KnownTicket[]> {
    if (keys.length === 0) return [];
    const rows = await tx.rows<KnownTicket>(LOCK, [keys.map((k) => k.org), keys.map((k) => k.id)]);
    const tickets = rows.map((row) => omitNulls(row));
    for (const ticket of tickets) this.rememberPack(ticket);
    return tickets;
  }

  /** The pack version of a ticket this process has seen lately, without asking the database. Another replica may have moved the ticket; the next event of its case corrects it. */
  packOf(key: TicketKey): { key: string; version: number } | undefined {
    return this.packRefs.get(`${key.org}|${key.id}`);
  }

  /** Call it only with tickets that are committed. */
  rememberPack(ticket: KnownTicket): void {
    const key = `${ticket.org}|${ticket.id}`;
    this.packRefs.delete(key);
    this.packRefs.set(key, { key: ticket.packKey, version: ticket.packVersion });
    if (this.packRefs.size > REMEMBERED) for (const oldest of [this.packRefs.keys().next().value]) if (oldest) this.packRefs.delete(oldest);
  }
}
