import { Injectable } from '@nestjs/common';
import { type Scope } from '@gongdan/directory';
import { type Actor, type Cause, type Instant } from '@gongdan/kernel';
import { Outbox } from '@gongdan/messaging';
import { type Tx } from '@gongdan/platform';
import { type CaseView, viewOf } from '../../domain/case-view.js';
import { requireVersion } from '../../domain/case.js';
import { type ActionCommand, advance } from '../../domain/process.js';
import { mustSee } from '../../domain/visibility.js';
import { CasesStore } from '../../store/cases.store.js';
import { PacksStore } from '../../store/packs.store.js';

/** What a caller asks to change about a case. */
export interface CaseCommand {
  ticketId: string;
  /** The version of If-Match; any other version of the case is a conflict. */
  expectedVersion?: number | undefined;
  actor: Actor;
  /** The units that the right of the request reaches. */
  scope: Scope;
  now: Instant;
  cause: Cause;
}

export interface ActOnCaseCommand extends CaseCommand {
  action: string;
  fields: ActionCommand;
}

/** Applies an action of the pack to a case. */
@Injectable()
export class ActOnCase {
  constructor(
    private readonly packs: PacksStore,
    private readonly cases: CasesStore,
    private readonly outbox: Outbox,
  ) {}

  async run(tx: Tx, c: ActOnCaseCommand): Promise<CaseView> {
    const current = mustSee(await this.cases.lock(tx, c.actor.org, c.ticketId), { id: c.actor.id, scope: c.scope });
    requireVersion(current, c.expectedVersion);
    const pack = await this.packs.get(tx, c.actor.org, current.pack);
    const next = advance(pack, current, c.action, c.fields, c.actor, c.now);
    await this.cases.save(tx, pack, current, next);
    await this.outbox.append(tx, next.events, c.cause);
    return viewOf(pack, next.state, c.actor, c.now);
  }
}
