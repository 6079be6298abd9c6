import { type TicketState } from '@gongdan/contracts';
import { type Actor, type Instant } from '@gongdan/kernel';
import { type Pack } from '@gongdan/packs';
import { type Case } from './case.js';
import { available } from './process.js';

/** A case as the doors show it, with what the asker may do next. */
export interface CaseView {
  ticketId: string;
  number: string;
  title: string;
  pack: { key: string; version: number };
  type: string;
  category: string;
  priority: string;
  step: string;
  state: TicketState;
  unit: string | null;
  holder: string | null;
  version: number;
  hop: number;
  returns: number;
  reopens: number;
  registeredAt: Instant;
  since: Instant;
  closedAt: Instant | null;
  actions: string[];
}

export function viewOf(pack: Pack, c: Case, asker: Actor): CaseView {
  return {
    ticketId: c.ticketId,
    number: c.number,
    title: c.title,
    pack: c.pack,
    type: c.ticket.type,
    category: c.ticket.category,
    priority: c.ticket.priority,
    step: c.step,
    state: c.state,
    unit: c.unit ?? null,
    holder: c.holder ?? null,
    version: c.version,
    hop: c.hop,
    returns: c.returns,
    reopens: c.reopens,
    registeredAt: c.registeredAt,
    since: c.since,
    closedAt: c.closedAt ?? null,
    actions: available(pack, c, asker),
  };
}
