import { Injectable } from '@nestjs/common';
import { type Scope } from '@gongdan/directory';
import { actingOf, advance, type Decided } from '@gongdan/engine';
import { type Actor, type Cause, type Instant, type Violation } from '@gongdan/kernel';
import { type Tx } from '@gongdan/platform';
import { keyReused, refusalIn } from '../../domain/refusal.js';
import { requestPrint } from '../../domain/request-print.js';
import { mustSee } from '../../domain/visibility.js';
import { ActionKeysStore } from '../../store/idempotency/action-keys.store.js';
import { CaseDesk, type OnDesk } from '../../store/cases/case-desk.js';

/** The same action on one of many tickets (P30). */
export interface BulkActionCommand {
  ticketId: string;
  action: string;
  input: Readonly<Record<string, unknown>>;
  /** Only says what would happen. */
  preview: boolean;
  /** Idempotency key of the whole command; each ticket does the action once for it. */
  key?: string | undefined;
  actor: Actor;
  scope: Scope;
  now: Instant;
  cause: Cause;
}

export interface BulkResult {
  ticketId: string;
  result: 'done' | 'possible' | 'refused';
  /** Names of the events that were, or would be, published. */
  events: string[];
  code?: string;
  kind?: string;
  errors?: Violation[];
}

/** Does an action on one ticket of a selection, or says whether it could: a refusal is a result and stops no other ticket. */
@Injectable()
export class ActInBulk {
  constructor(
    private readonly desk: CaseDesk,
    private readonly keys: ActionKeysStore,
  ) {}

  async run(tx: Tx, c: BulkActionCommand): Promise<BulkResult> {
    const { ticketId, action, input } = c;
    const own = c.key === undefined || c.preview ? undefined : `${c.key}|${ticketId}`;
    let desk: OnDesk;
    let decided: Decided;
    try {
      desk = await this.desk.take(tx, c.actor.org, ticketId);
      // Before the scope: the action may have moved the case out of the caller's reach.
      const known = own === undefined ? undefined : await this.keys.find(tx, c.actor.org, c.actor.id, own);
      if (known === printOf(c)) return { ticketId, result: 'done', events: [] };
      mustSee(desk.case, { id: c.actor.id, scope: c.scope });
      if (known !== undefined) throw keyReused();
      const { pack, view, case: current, decided: decisions } = desk;
      const acting = actingOf(view.directory, c.actor, c.now);
      decided = await this.desk.decide(tx, c.actor.org, view, (v) =>
        advance(pack, v, current, { action, input }, acting, c.now, { decisions }),
      );
    } catch (error) {
      // Nothing was written yet. A failure while writing must undo everything, so it is not caught.
      return { ticketId, result: 'refused', events: [], ...refusalIn(error) };
    }
    if (c.preview) return { ticketId, result: 'possible', events: namesOf(decided) };
    if (own !== undefined) await this.remember(tx, own, c);
    if (decided.events.length > 0) {
      await this.desk.save(tx, desk, decided, c.cause);
    }
    return { ticketId, result: 'done', events: namesOf(decided) };
  }

  // Remembered after the decision: a refused ticket may be tried again with the same key.
  private async remember(tx: Tx, key: string, c: BulkActionCommand): Promise<void> {
    const fingerprint = printOf(c);
    await this.keys.remember(tx, { org: c.actor.org, client: c.actor.id, key, fingerprint, ticketId: c.ticketId, at: c.now });
  }
}

function printOf(c: BulkActionCommand): string {
  return requestPrint(c.ticketId, c.action, undefined, c.input);
}

function namesOf(decided: Decided): string[] {
  return decided.events.map((e) => e.name);
}
