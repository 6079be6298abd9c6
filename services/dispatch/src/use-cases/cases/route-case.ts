import { Injectable } from '@nestjs/common';
import { type Actor, type Cause, type Instant, NotFound } from '@gongdan/kernel';
import { Outbox } from '@gongdan/messaging';
import { type Tx } from '@gongdan/platform';
import { type CaseView, viewOf } from '../../domain/case-view.js';
import { requireVersion } from '../../domain/case.js';
import { routeByHand } from '../../domain/process.js';
import { CasesStore } from '../../store/cases.store.js';
import { PacksStore } from '../../store/packs.store.js';

export interface RouteCaseCommand {
  ticketId: string;
  unit: string;
  /** The version of If-Match; any other version of the case is a conflict. */
  expectedVersion?: number | undefined;
  actor: Actor;
  now: Instant;
  cause: Cause;
}

/** Places an unroutable ticket in the unit that a supervisor names. */
@Injectable()
export class RouteCase {
  constructor(
    private readonly packs: PacksStore,
    private readonly cases: CasesStore,
    private readonly outbox: Outbox,
  ) {}

  async run(tx: Tx, c: RouteCaseCommand): Promise<CaseView> {
    const current = await this.cases.lock(tx, c.actor.org, c.ticketId);
    if (current === undefined) throw new NotFound('dispatch/no-case');
    requireVersion(current, c.expectedVersion);
    const pack = await this.packs.get(tx, c.actor.org, current.pack);
    const next = routeByHand(pack, current, c.unit, c.actor, c.now);
    await this.cases.save(tx, pack, current, next);
    await this.outbox.append(tx, next.events, c.cause);
    return viewOf(pack, next.state, c.actor, c.now);
  }
}
