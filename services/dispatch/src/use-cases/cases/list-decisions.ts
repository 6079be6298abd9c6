import { Injectable } from '@nestjs/common';
import { type Scope } from '@gongdan/directory';
import { actingOf } from '@gongdan/engine';
import { type Actor, type Instant } from '@gongdan/kernel';
import { DirectorySnapshots } from '@gongdan/messaging';
import { type Queries } from '@gongdan/platform';
import { factsInSight, fieldsBySight } from '../../domain/field-sight.js';
import { mustSee } from '../../domain/visibility.js';
import { CasesStore } from '../../store/cases/cases.store.js';
import { type DecisionView, decisionView } from '../../store/decisions/decision-columns.js';
import { ListsStore } from '../../store/cases/lists.store.js';
import { PacksStore } from '../../store/packs.store.js';

/** Lists why each holder of a ticket was chosen. */
@Injectable()
export class ListDecisions {
  constructor(
    private readonly cases: CasesStore,
    private readonly lists: ListsStore,
    private readonly packs: PacksStore,
    private readonly directories: DirectorySnapshots,
  ) {}

  async run(q: Queries, actor: Actor, scope: Scope, ticketId: string, now: Instant): Promise<DecisionView[]> {
    mustSee(await this.cases.get(q, actor.org, ticketId), { id: actor.id, scope });
    const rows = await this.lists.decisions(q, actor.org, ticketId);
    const caller = actingOf(await this.directories.directory(q, actor.org), actor, now);
    const shown: DecisionView[] = [];
    for (const decision of rows.map(decisionView)) {
      const pack = await this.packs.getReadable(q, actor.org, decision.pack);
      const hidden = pack && fieldsBySight(pack, caller).hidden;
      shown.push({ ...decision, facts: factsInSight(decision.facts, hidden) });
    }
    return shown;
  }
}
