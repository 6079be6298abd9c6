import { Injectable } from '@nestjs/common';
import { inScope, type Scope } from '@gongdan/directory';
import { type Acting, actingOf, advance, type Decided } from '@gongdan/engine';
import { type Actor, type Cause, Forbidden, type Instant } from '@gongdan/kernel';
import { type Tx } from '@gongdan/platform';
import { type CaseView, viewOf } from '../../domain/case-view.js';
import { keyReused } from '../../domain/refusal.js';
import { requestPrint } from '../../domain/request-print.js';
import { ActionKeysStore } from '../../store/idempotency/action-keys.store.js';
import { CaseDesk, type OnDesk } from '../../store/cases/case-desk.js';
import { type Best, ListsStore } from '../../store/cases/lists.store.js';

export interface NextTaskCommand {
  unit: string;
  /** Idempotency-Key: one task is handed, however often it is asked for. */
  key?: string | undefined;
  actor: Actor;
  scope: Scope;
  now: Instant;
  cause: Cause;
}

/** So many tasks in a row are looked at; whoever may have none of them is told that the pool is empty. */
const MOST_PASSED = 100;

interface Taken {
  best: Best;
  desk: OnDesk;
  acting: Acting;
  decided: Decided;
}

export interface Handed {
  view: CaseView;
  task: number;
  /** The task was handed before, for the same key. */
  replayed: boolean;
}

/** Hands the best task of a unit's pool to whoever asks: the most urgent first, then the nearest deadline, then the oldest (DI-07). Nothing is pushed. */
@Injectable()
export class NextTask {
  constructor(
    private readonly lists: ListsStore,
    private readonly desk: CaseDesk,
    private readonly keys: ActionKeysStore,
  ) {}

  /** Undefined when the pool holds nothing that the caller may take. Throws 409 `dispatch/at-capacity`. */
  async run(tx: Tx, c: NextTaskCommand): Promise<Handed | undefined> {
    const { org } = c.actor;
    if (c.key !== undefined) {
      await this.keys.hold(tx, org, c.actor.id, c.key);
      const before = await this.keys.used(tx, org, c.actor.id, c.key);
      // Before the scope: the caller has not got the answer, and may have moved meanwhile.
      if (before !== undefined) return this.again(tx, c, before);
    }
    if (!inScope(c.scope, c.unit)) throw new Forbidden('dispatch/not-your-unit', { details: { unit: c.unit } });
    const taken = await this.take(tx, c, await this.memberOf(tx, c));
    if (taken === undefined) return undefined;
    const { best, desk, acting, decided } = taken;
    if (c.key !== undefined) {
      const fingerprint = printOf(c, best.no);
      const other = await this.keys.remember(tx, { org, client: c.actor.id, key: c.key, fingerprint, ticketId: best.ticketId, at: c.now });
      if (other !== undefined) throw keyReused();
    }
    await this.desk.save(tx, desk, decided, c.cause);
    return { view: viewOf(desk.pack, desk.view, decided.state, acting, c.now), task: best.no, replayed: false };
  }

  /** Takes the best task that the rules let him have: one on which he could do nothing (four eyes) is passed over. */
  private async take(tx: Tx, c: NextTaskCommand, member: { roles: string[]; people: string[] }): Promise<Taken | undefined> {
    const { org } = c.actor;
    const passed: Best[] = [];
    while (passed.length < MOST_PASSED) {
      const best = await this.lists.lockNext(tx, org, c.unit, member, passed);
      if (best === undefined) return undefined;
      const desk = await this.desk.take(tx, org, best.ticketId);
      const acting = actingOf(desk.view.directory, c.actor, c.now);
      try {
        const decided = await this.desk.decide(tx, org, desk.view, (view) =>
          advance(desk.pack, view, desk.case, { action: 'take', task: best.no }, acting, c.now, { decisions: desk.decided }),
        );
        return { best, desk, acting, decided };
      } catch (error) {
        if (!(error instanceof Forbidden)) throw error;
        passed.push(best);
      }
    }
    return undefined;
  }

  private async again(tx: Tx, c: NextTaskCommand, { fingerprint, ticketId }: { fingerprint: string; ticketId: string }): Promise<Handed> {
    const task = Number(/#(\d+)$/.exec(fingerprint)?.[1]);
    if (fingerprint !== printOf(c, task)) throw keyReused();
    const desk = await this.desk.take(tx, c.actor.org, ticketId);
    const acting = actingOf(desk.view.directory, c.actor, c.now);
    return { view: viewOf(desk.pack, desk.view, desk.case, acting, c.now), task, replayed: true };
  }

  /** The roles with which the caller works for the unit, and the people in whose name he may. */
  private async memberOf(tx: Tx, c: NextTaskCommand): Promise<{ roles: string[]; people: string[] }> {
    const { directory } = await this.desk.view(tx, c.actor.org, '');
    const acting = actingOf(directory, c.actor, c.now);
    // A deputy for the work of one unit brings nothing along to another.
    const principals = acting.principals.filter((p) => p.unit === undefined || p.unit === c.unit);
    const lent = principals.flatMap((p) => directory.membershipsOf(p.person, c.now));
    const roles = [...acting.memberships, ...lent].filter((m) => m.unit === c.unit).flatMap((m) => m.roles);
    return { roles: [...new Set(roles)], people: [acting.id, ...principals.map((p) => p.person)] };
  }
}

// What was asked does not say which task; the key remembers it behind the hash.
function printOf({ unit }: NextTaskCommand, task: number): string {
  return `${requestPrint('', 'next', undefined, { unit })}#${task}`;
}
