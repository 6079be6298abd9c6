import { Injectable } from '@nestjs/common';
import { caseAfter, type CaseEvent, type CaseView } from '@gongdan/contracts';
import { type Tx } from '@gongdan/platform';
import { contentAfter, type ContentChange, registrationAfter } from '../../domain/ticket.js';
import { TicketsStore } from '../../store/tickets.store.js';

/**
 * Keeps what the public status and the correction window need to know of a case, and the class, text and place that dispatch changed: after the registration
 * they are dispatch's.
 */
@Injectable()
export class FollowCases {
  constructor(private readonly tickets: TicketsStore) {}

  async run(tx: Tx, events: readonly CaseEvent[]): Promise<void> {
    const cases = new Map<string, { org: string; id: string; view: CaseView; content: ContentChange }>();
    for (const e of events) {
      const key = `${e.org}|${e.ticketId}`;
      const before = cases.get(key);
      cases.set(key, {
        org: e.org,
        id: e.ticketId,
        view: caseAfter(before?.view, e),
        content: { ...before?.content, ...contentAfter(e) },
      });
    }
    await this.tickets.followCases(
      tx,
      [...cases.values()].map(({ org, id, view, content }) => ({
        org,
        id,
        state: view.state,
        closed: view.phase === 'closed',
        unit: view.unit ?? null,
        at: view.since ?? null,
        registration: registrationAfter(view),
        // A reopening counts wherever it is among the events of a batch.
        reopened: view.reopens > 0,
        content,
      })),
    );
  }
}
