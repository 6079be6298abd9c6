import { type TicketState } from '@gongdan/contracts';
import { type Actor, type Instant } from '@gongdan/kernel';
import { type Pack } from '@gongdan/packs';
import { type Case } from './case.js';
import { available } from './process.js';

/** A case as the API returns it. */
export interface CaseView extends Pick<
  Case,
  'ticketId' | 'number' | 'title' | 'pack' | 'step' | 'version' | 'hop' | 'returns' | 'reopens'
> {
  type: string;
  category: string;
  priority: string;
  state: TicketState;
  unit: string | null;
  holder: string | null;
  registeredAt: Instant;
  since: Instant;
  closedAt: Instant | null;
  /** What the caller may do now. */
  actions: string[];
}

export function viewOf(pack: Pack, c: Case, caller: Actor, now: Instant): CaseView {
  const { ticketId, number, title, step, state, version, hop, returns, reopens, registeredAt, since } = c;
  const { type, category, priority } = c.ticket;
  return {
    ticketId,
    number,
    title,
    pack: c.pack,
    type,
    category,
    priority,
    step,
    state,
    unit: c.unit ?? null,
    holder: c.holder ?? null,
    version,
    hop,
    returns,
    reopens,
    registeredAt,
    since,
    closedAt: c.closedAt ?? null,
    actions: available(pack, c, caller, now),
  };
}
