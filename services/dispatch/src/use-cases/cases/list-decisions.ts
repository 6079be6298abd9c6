import { Injectable } from '@nestjs/common';
import { type Scope } from '@gongdan/directory';
import { type Actor } from '@gongdan/kernel';
import { type Queries } from '@gongdan/platform';
import { mustSee } from '../../domain/visibility.js';
import { CasesStore } from '../../store/cases/cases.store.js';
import { type DecisionView, decisionView } from '../../store/decisions/decision-columns.js';
import { ListsStore } from '../../store/cases/lists.store.js';

/** Lists why each holder of a ticket was chosen. */
@Injectable()
export class ListDecisions {
  constructor(
    private readonly cases: CasesStore,
    private readonly lists: ListsStore,
  ) {}

  async run(q: Queries, actor: Actor, scope: Scope, ticketId: string): Promise<DecisionView[]> {
    mustSee(await this.cases.get(q, actor.org, ticketId), { id: actor.id, scope });
    const rows = await this.lists.decisions(q, actor.org, ticketId);
    return rows.map(decisionView);
  }
}
