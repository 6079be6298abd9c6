import { Injectable } from '@nestjs/common';
import { type Scope } from '@gongdan/directory';
import { actingOf } from '@gongdan/engine';
import { type Actor, type Instant } from '@gongdan/kernel';
import { type Queries } from '@gongdan/platform';
import { type CaseView, etagVersion, viewOf } from '../../domain/case-view.js';
import { mustSee } from '../../domain/visibility.js';
import { CaseDesk } from '../../store/cases/case-desk.js';
import { type AssignmentRow, CasesStore } from '../../store/cases/cases.store.js';
import { LinksStore } from '../../store/cases/links.store.js';
import { PacksStore } from '../../store/packs.store.js';

/** Returns a case with its assignments. */
@Injectable()
export class GetCase {
  constructor(
    private readonly packs: PacksStore,
    private readonly cases: CasesStore,
    private readonly desk: CaseDesk,
    private readonly links: LinksStore,
  ) {}

  async run(
    q: Queries,
    ticketId: string,
    actor: Actor,
    scope: Scope,
    now: Instant,
  ): Promise<{ view: CaseView & { assignments: AssignmentRow[] }; version: number }> {
    const state = mustSee(await this.cases.get(q, actor.org, ticketId), { id: actor.id, scope });
    const pack = await this.packs.get(q, actor.org, state.pack);
    const view = await this.desk.view(q, actor.org, ticketId);
    const heard = await this.links.heardBy(q, pack, state);
    const shown = viewOf(pack, view, heard, actingOf(view.directory, actor, now), now);
    return { view: { ...shown, assignments: await this.cases.assignments(q, actor.org, ticketId) }, version: etagVersion(state) };
  }
}
