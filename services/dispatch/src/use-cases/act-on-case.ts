import { Injectable } from '@nestjs/common';
import { type Actor, type Cause, type Instant, NotFound } from '@gongdan/kernel';
import { Outbox } from '@gongdan/messaging';
import { type Tx } from '@gongdan/platform';
import { type CaseView, viewOf } from '../domain/case-view.js';
import { mustBeSeen } from '../domain/case.js';
import { type ActionCommand, advance } from '../domain/process.js';
import { CasesStore } from '../store/cases.store.js';
import { PacksStore } from '../store/packs.store.js';

export interface ActOnCaseCommand {
  ticketId: string;
  action: string;
  fields: ActionCommand;
  /** The version the actor looked at; anything else is a conflict. */
  seen?: number | undefined;
  actor: Actor;
  now: Instant;
  cause: Cause;
}

/** A person does something to a case that its process allows. */
@Injectable()
export class ActOnCase {
  constructor(
    private readonly packs: PacksStore,
    private readonly cases: CasesStore,
    private readonly outbox: Outbox,
  ) {}

  async run(tx: Tx, c: ActOnCaseCommand): Promise<CaseView> {
    const current = await this.cases.lock(tx, c.actor.org, c.ticketId);
    if (current === undefined) throw new NotFound('dispatch/no-case');
    mustBeSeen(current, c.seen);
    const pack = await this.packs.get(tx, c.actor.org, current.pack);
    const next = advance(pack, current, c.action, c.fields, c.actor, c.now);
    await this.cases.save(tx, pack, current, next.state);
    await this.cases.record(tx, next.records);
    await this.outbox.append(tx, next.events, c.cause);
    return viewOf(pack, next.state, c.actor);
  }
}
