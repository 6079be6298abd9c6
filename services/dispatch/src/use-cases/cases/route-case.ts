import { Injectable } from '@nestjs/common';
import { Outbox } from '@gongdan/messaging';
import { type Tx } from '@gongdan/platform';
import { type CaseView, viewOf } from '../../domain/case-view.js';
import { requireVersion } from '../../domain/case.js';
import { routeByHand } from '../../domain/process.js';
import { mustSee } from '../../domain/visibility.js';
import { CasesStore } from '../../store/cases.store.js';
import { PacksStore } from '../../store/packs.store.js';
import { type CaseCommand } from './act-on-case.js';

export interface RouteCaseCommand extends CaseCommand {
  unit: string;
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
    const current = mustSee(await this.cases.lock(tx, c.actor.org, c.ticketId), { id: c.actor.id, scope: c.scope });
    requireVersion(current, c.expectedVersion);
    const pack = await this.packs.get(tx, c.actor.org, current.pack);
    const next = routeByHand(pack, current, c.unit, c.actor, c.now);
    await this.cases.save(tx, pack, current, next);
    await this.outbox.append(tx, next.events, c.cause);
    return viewOf(pack, next.state, c.actor, c.now);
  }
}
