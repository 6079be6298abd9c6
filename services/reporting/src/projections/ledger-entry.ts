import { isCaseEvent, type TicketEvent } from '@gongdan/contracts';
import { type Instant } from '@gongdan/kernel';
import { type TicketRow } from './ticket-row.js';

/** One entry of an account: one row of `ledger_entries`. Event and position identify it. */
export interface LedgerEntry {
  org: string;
  eventId: string;
  /** Place of the entry in its event, from 0. */
  position: number;
  ticketId: string;
  /** Key of the process pack. */
  pack: string;
  /** Unit that had the case when the entry was made. It stays when the case moves on to another unit. */
  unit: string | null;
  /** Who made the entry. */
  person: string;
  account: string;
  /** What was counted; null when the account counts one thing only. */
  item: string | null;
  quantity: number;
  at: Instant;
}

/** The entries that the event makes, given the ticket before and after it. */
export function ledgerEntriesOf(before: TicketRow | undefined, after: TicketRow, event: TicketEvent): LedgerEntry[] {
  if (!isCaseEvent(event)) return [];
  // The action was done in the unit that had the case: the event itself may hand the case to another one.
  const unit = before?.unit ?? after.unit;
  return (event.data.ledger ?? []).map(({ account, item, quantity }, position) => ({
    org: event.org,
    eventId: event.id,
    position,
    ticketId: event.ticketId,
    pack: event.data.case.pack?.key ?? after.pack,
    unit,
    person: event.actor.id,
    account,
    item: item === undefined ? null : storable(item),
    quantity,
    at: event.data.at,
  }));
}

// Postgres refuses NUL and halves of surrogate pairs in the JSON of a recordset, and one such item would park the event.
function storable(text: string): string {
  return text.replace(/\0|\p{Surrogate}/gu, '\ufffd');
}
