import { Injectable } from '@nestjs/common';
import { type Scope } from '@gongdan/directory';
import { type Actor, type Instant } from '@gongdan/kernel';
import { type Queries } from '@gongdan/platform';
import { type CaseView, viewOf } from '../../domain/case-view.js';
import { mustSee } from '../../domain/visibility.js';
import { type AssignmentRow, CasesStore } from '../../store/cases.store.js';
import { PacksStore } from '../../store/packs.store.js';

/** Returns a case with its assignments. */
@Injectable()
export class GetCase {
  constructor(
    private readonly packs: PacksStore,
    private readonly cases: CasesStore,
  ) {}

  async run(q: Queries, ticketId: string, actor: Actor, scope: Scope, now: Instant): Promise<CaseView & { assignments: AssignmentRow[] }> {
    const state = mustSee(await this.cases.get(q, actor.org, ticketId), { id: actor.id, scope });
    const pack = await this.packs.get(q, actor.org, state.pack);
    return { ...viewOf(pack, state, actor, now), assignments: await this.cases.assignments(q, actor.org, ticketId) };
  }
}
