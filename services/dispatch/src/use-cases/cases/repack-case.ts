import { Injectable } from '@nestjs/common';
import { type Scope } from '@gongdan/directory';
import { actingOf, repack } from '@gongdan/engine';
import { type Actor, type Cause, type Instant } from '@gongdan/kernel';
import { type Tx } from '@gongdan/platform';
import { type CaseView, etagVersion, viewOf } from '../../domain/case-view.js';
import { mustSee } from '../../domain/visibility.js';
import { CaseDesk } from '../../store/cases/case-desk.js';
import { PacksStore } from '../../store/packs.store.js';

export interface RepackCaseCommand {
  ticketId: string;
  /** Version of the same pack. */
  version: number;
  /** The version of If-Match; the lead must have it. */
  seen?: number | undefined;
  actor: Actor;
  scope: Scope;
  now: Instant;
  cause: Cause;
}

/** Moves a case to another version of its pack, where open steps, groups and fields map. */
@Injectable()
export class RepackCase {
  constructor(
    private readonly packs: PacksStore,
    private readonly desk: CaseDesk,
  ) {}

  async run(tx: Tx, c: RepackCaseCommand): Promise<{ view: CaseView; version: number }> {
    const { org } = c.actor;
    const desk = await this.desk.take(tx, org, c.ticketId);
    mustSee(desk.case, { id: c.actor.id, scope: c.scope });
    const to = await this.packs.get(tx, org, { key: desk.case.pack.key, version: c.version });
    const acting = actingOf(desk.view.directory, c.actor, c.now);
    const decided = repack(desk.pack, to, desk.view, desk.case, acting, c.now, { decisions: desk.decided, seen: c.seen });
    await this.desk.save(tx, { ...desk, pack: to }, decided, c.cause);
    return { view: viewOf(to, desk.view, decided.state, acting, c.now), version: etagVersion(decided.state) };
  }
}
