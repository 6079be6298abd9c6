import { Injectable } from '@nestjs/common';
import { inScope, type Scope } from '@gongdan/directory';
import { actingOf, advance } from '@gongdan/engine';
import { type Actor, type Cause, Forbidden, type Instant } from '@gongdan/kernel';
import { type Tx } from '@gongdan/platform';
import { type CaseView, viewOf } from '../../domain/case-view.js';
import { CaseDesk } from '../../store/cases/case-desk.js';
import { ListsStore } from '../../store/cases/lists.store.js';

export interface NextTaskCommand {
  unit: string;
  actor: Actor;
  scope: Scope;
  now: Instant;
  cause: Cause;
}

/** Hands the best task of a unit's pool to whoever asks: the most urgent first, then the nearest deadline, then the oldest (DI-07). Nothing is pushed. */
@Injectable()
export class NextTask {
  constructor(
    private readonly lists: ListsStore,
    private readonly desk: CaseDesk,
  ) {}

  /** Undefined when the pool holds nothing that the caller may take. Throws 409 `dispatch/at-capacity`. */
  async run(tx: Tx, c: NextTaskCommand): Promise<{ view: CaseView; task: number } | undefined> {
    const { org } = c.actor;
    if (!inScope(c.scope, c.unit)) throw new Forbidden('dispatch/not-your-unit', { details: { unit: c.unit } });
    const best = await this.lists.lockNext(tx, org, c.unit, await this.memberOf(tx, c));
    if (best === undefined) return undefined;
    const desk = await this.desk.take(tx, org, best.ticketId);
    const acting = actingOf(desk.view.directory, c.actor, c.now);
    const decided = await this.desk.decide(tx, org, desk.view, (view) =>
      advance(desk.pack, view, desk.case, { action: 'take', task: best.no }, acting, c.now, { decisions: desk.decided }),
    );
    await this.desk.save(tx, desk, decided, c.cause);
    return { view: viewOf(desk.pack, desk.view, decided.state, acting, c.now), task: best.no };
  }

  /** The roles with which the caller works for the unit, and the people in whose name he may. */
  private async memberOf(tx: Tx, c: NextTaskCommand): Promise<{ roles: string[]; people: string[] }> {
    const { directory } = await this.desk.view(tx, c.actor.org, '');
    const acting = actingOf(directory, c.actor, c.now);
    const lent = acting.principals.flatMap((p) => directory.membershipsOf(p.person, c.now));
    const roles = [...acting.memberships, ...lent].filter((m) => m.unit === c.unit).flatMap((m) => m.roles);
    return { roles: [...new Set(roles)], people: [acting.id, ...acting.principals.map((p) => p.person)] };
  }
}
