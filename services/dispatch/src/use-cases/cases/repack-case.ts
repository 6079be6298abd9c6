import { Injectable } from '@nestjs/common';
import { type Scope } from '@gongdan/directory';
import { actingOf, repack } from '@gongdan/engine';
import { type Actor, type Cause, type Instant } from '@gongdan/kernel';
import { SystemClock, type Tx } from '@gongdan/platform';
import { whenArrived } from '../../domain/arrival.js';
import { type CaseView, etagVersion, viewOf } from '../../domain/case-view.js';
import { requestPrint } from '../../domain/request-print.js';
import { mustSee } from '../../domain/visibility.js';
import { CaseDesk } from '../../store/cases/case-desk.js';
import { ActionKeysStore } from '../../store/idempotency/action-keys.store.js';
import { PacksStore } from '../../store/packs.store.js';

export interface RepackCaseCommand {
  ticketId: string;
  /** Version of the same pack. */
  version: number;
  /** The version of If-Match; the lead must have it. */
  seen?: number | undefined;
  /** Idempotency-Key: the case is moved once, however often it is sent. */
  key?: string | undefined;
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
    private readonly keys: ActionKeysStore,
    private readonly clock: SystemClock,
  ) {}

  async run(tx: Tx, c: RepackCaseCommand): Promise<{ view: CaseView; version: number; replayed: boolean }> {
    const { org, id: client } = c.actor;
    const { ticketId } = c;
    const desk = await whenArrived(this.desk.take(tx, org, ticketId), ticketId, () => this.clock.realMs());
    const acting = actingOf(desk.view.directory, c.actor, c.now);
    // No action of a pack is called `/repack`, so the key of one is not taken for that of the other.
    const fingerprint = requestPrint(ticketId, '/repack', undefined, { version: c.version });
    if (c.key !== undefined && (await this.keys.isRepeated(tx, { org, client, key: c.key, fingerprint, ticketId, at: c.now })))
      return { view: viewOf(desk.pack, desk.view, desk.case, acting, c.now), version: etagVersion(desk.case), replayed: true };
    mustSee(desk.case, { id: client, scope: c.scope });
    const to = await this.packs.get(tx, org, { key: desk.case.pack.key, version: c.version });
    const decided = repack(desk.pack, to, desk.view, desk.case, acting, c.now, { decisions: desk.decided, seen: c.seen });
    await this.desk.save(tx, { ...desk, pack: to }, decided, c.cause);
    return { view: viewOf(to, desk.view, decided.state, acting, c.now), version: etagVersion(decided.state), replayed: false };
  }
}
