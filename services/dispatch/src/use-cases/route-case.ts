import { Injectable } from '@nestjs/common';
import { type Actor, type Cause, type Instant, NotFound } from '@gongdan/kernel';
import { Outbox } from '@gongdan/messaging';
import { type Tx } from '@gongdan/platform';
import { type CaseView, viewOf } from '../domain/case-view.js';
import { mustBeSeen } from '../domain/case.js';
import { routeByHand } from '../domain/process.js';
import { CasesStore } from '../store/cases.store.js';
import { PacksStore } from '../store/packs.store.js';

export interface RouteCaseCommand {
  ticketId: string;
  unit: string;
  seen?: number | undefined;
  actor: Actor;
  now: Instant;
  cause: Cause;
}

/** A supervisor names the unit for a ticket no rule could place. */
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
    mustBeSeen(current, c.seen);
    const pack = await this.packs.get(tx, c.actor.org, current.pack);
    const next = routeByHand(pack, current, c.unit, c.actor, c.now);
    await this.cases.save(tx, pack, current, next.state);
    await this.cases.record(tx, next.records);
    await this.outbox.append(tx, next.events, c.cause);
    return viewOf(pack, next.state, c.actor);
  }
}
