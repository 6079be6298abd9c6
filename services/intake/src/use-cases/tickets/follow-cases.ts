import { Injectable } from '@nestjs/common';
import { type CaseEvent, type CaseView, caseAfter } from '@gongdan/contracts';
import { type Tx } from '@gongdan/platform';
import { registrationAfter } from '../../domain/ticket.js';
import { TicketsStore } from '../../store/tickets.store.js';

/** Keeps what the public status and the correction window need to know of a case. */
@Injectable()
export class FollowCases {
  constructor(private readonly tickets: TicketsStore) {}

  async run(tx: Tx, events: readonly CaseEvent[]): Promise<void> {
    const cases = new Map<string, { org: string; id: string; view: CaseView }>();
    for (const e of events) {
      const key = `${e.org}|${e.ticketId}`;
      cases.set(key, { org: e.org, id: e.ticketId, view: caseAfter(cases.get(key)?.view, e) });
    }
    await this.tickets.followCases(
      tx,
      [...cases.values()].map(({ org, id, view }) => ({
        org,
        id,
        state: view.state,
        closed: view.phase === 'closed',
        unit: view.unit ?? null,
        at: view.since ?? null,
        registration: registrationAfter(view),
        // A reopening counts wherever it is among the events of a batch.
        reopened: view.reopens > 0,
      })),
    );
  }
}
