import { Injectable } from '@nestjs/common';
import { type EventOf, type dispatch } from '@gongdan/contracts';
import { type Tx } from '@gongdan/platform';
import { type Registration } from '../domain/ticket.js';
import { TicketsStore } from '../store/tickets.store.js';

export type CaseEvent = EventOf<(typeof dispatch.CASE_EVENTS)[number]>;

/** Keeps what the public status and the correction window need to know of a case. */
@Injectable()
export class FollowCases {
  constructor(private readonly tickets: TicketsStore) {}

  async run(tx: Tx, events: readonly CaseEvent[]): Promise<void> {
    const last = new Map<string, CaseEvent>();
    for (const e of events) last.set(`${e.org}|${e.ticketId}`, e);
    await this.tickets.followCases(
      tx,
      [...last.values()].map((e) => ({ org: e.org, id: e.ticketId, state: e.data.case.state, unit: e.data.case.unit, at: e.data.at, registration: registrationOf(e.data.case.state) })),
    );
  }
}

/** A ticket in a queue may still be corrected; one in somebody's hands may not. */
function registrationOf(state: string): Registration {
  if (state === 'dispatched' || state === 'received' || state === 'unroutable') return 'registered';
  return state === 'closed' || state === 'cancelled' ? 'closed' : 'taken';
}
