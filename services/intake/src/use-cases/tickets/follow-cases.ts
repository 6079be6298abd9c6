import { Injectable } from '@nestjs/common';
import { dispatch, type EventOf } from '@gongdan/contracts';
import { type Tx } from '@gongdan/platform';
import { type Registration } from '../../domain/ticket.js';
import { type CaseNews, TicketsStore } from '../../store/tickets.store.js';

export type CaseEvent = EventOf<(typeof dispatch.CASE_EVENTS)[number]>;

/** Keeps what the public status and the correction window need to know of a case. */
@Injectable()
export class FollowCases {
  constructor(private readonly tickets: TicketsStore) {}

  async run(tx: Tx, events: readonly CaseEvent[]): Promise<void> {
    const news = new Map<string, CaseNews>();
    for (const e of events) {
      const key = `${e.org}|${e.ticketId}`;
      const { state, unit } = e.data.case;
      // A reopening counts wherever it stands among the events of a batch; of the rest the last one tells.
      const reopened = e.name === dispatch.TicketReopened.name || news.get(key)?.reopened === true;
      news.set(key, {
        org: e.org,
        id: e.ticketId,
        state,
        unit: unit ?? null,
        at: e.data.at,
        registration: registrationOf(state),
        reopened,
      });
    }
    await this.tickets.followCases(tx, [...news.values()]);
  }
}

/** A ticket in a queue may still be corrected; one in somebody's hands may not. */
function registrationOf(state: string): Registration {
  if (state === 'dispatched' || state === 'received' || state === 'unroutable') return 'registered';
  return state === 'closed' || state === 'cancelled' ? 'closed' : 'taken';
}
