import { Injectable } from '@nestjs/common';
import { type Scope } from '@gongdan/directory';
import { actingOf, explain, explainedOf, type Explanation, type Language, replay } from '@gongdan/engine';
import { DirectorySnapshots } from '@gongdan/messaging';
import { type Actor, type Instant, NotFound } from '@gongdan/kernel';
import { type Queries } from '@gongdan/platform';
import { factsInSight, fieldsBySight } from '../../domain/field-sight.js';
import { mustSee } from '../../domain/visibility.js';
import { CasesStore } from '../../store/cases/cases.store.js';
import { decisionView, type DecisionView } from '../../store/decisions/decision-columns.js';
import { ListsStore } from '../../store/cases/lists.store.js';
import { PacksStore } from '../../store/packs.store.js';

export interface ExplainedDecision extends Explanation {
  language: Language;
  decision: DecisionView;
  replayed: boolean | null;
}

/** Explains one decision about a ticket in words, and decides again from its record. */
@Injectable()
export class ExplainDecision {
  constructor(
    private readonly packs: PacksStore,
    private readonly cases: CasesStore,
    private readonly lists: ListsStore,
    private readonly directories: DirectorySnapshots,
  ) {}

  async run(
    q: Queries,
    c: { ticketId: string; no: number; language: Language; actor: Actor; scope: Scope; now: Instant },
  ): Promise<ExplainedDecision> {
    const { org } = c.actor;
    mustSee(await this.cases.get(q, org, c.ticketId), { id: c.actor.id, scope: c.scope });
    const row = await this.lists.decision(q, org, c.ticketId, c.no);
    if (row === undefined) throw new NotFound('dispatch/no-decision');
    const whole = decisionView(row);
    const pack = await this.packs.get(q, org, whole.pack);
    const directory = await this.directories.directory(q, org);
    const { hidden } = fieldsBySight(pack, actingOf(directory, c.actor, c.now));
    const decision = { ...whole, facts: factsInSight(whole.facts, hidden) };
    return {
      language: c.language,
      decision,
      replayed: replay(pack, explainedOf(whole)),
      ...explain(pack, explainedOf(decision), directory, c.language),
    };
  }
}
