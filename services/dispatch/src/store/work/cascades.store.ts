import { Injectable } from '@nestjs/common';
import { type dispatch, type EventDraft, type EventOf } from '@gongdan/contracts';
import { type Cause } from '@gongdan/kernel';
import { type Tx } from '@gongdan/platform';
import { TicketJobsStore } from './ticket-jobs.store.js';

type Asked = EventOf<typeof dispatch.RequestAsked>['data'];

/** Whether a decision asks for an action on linked tickets. */
export function asksCascade(events: readonly EventDraft[]): boolean {
  return events.some((e) => e.name === 'dispatch.request-asked' && (e.data as Asked).kind === 'cascade');
}

/** Turns the cascades of a decision into work on the linked tickets, in the transaction of the decision. */
@Injectable()
export class CascadesStore {
  constructor(private readonly jobs: TicketJobsStore) {}

  /** `root`: the first cascade of the chain that led to the decision. */
  async ask(tx: Tx, events: readonly EventDraft[], cause: Cause, root?: string): Promise<void> {
    for (const e of events) {
      if (!asksCascade([e])) continue;
      const { id, body, at, cause: why, case: position } = e.data as Asked;
      const { links, action, input = {} } = body as { links: string; action: string; input?: Record<string, unknown> };
      const { org, ticketId } = e;
      const actor = { ...cause.actor, org, roles: ['machine'], units: [] };
      const depth = (why?.depth ?? 0) + 1;
      const chain = { parent: ticketId, links, run: position.run, root: root ?? id };
      await this.jobs.make(tx, { org, id, kind: 'cascade', action, input, actor, cause, depth, ...chain, at });
      await this.jobs.addLinked(tx, org, id);
    }
  }
}
