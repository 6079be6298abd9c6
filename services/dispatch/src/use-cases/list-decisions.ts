import { Injectable } from '@nestjs/common';
import { type Instant, NotFound } from '@gongdan/kernel';
import { type Queries } from '@gongdan/platform';
import { type Candidate } from '../domain/routing.js';
import { type DecisionRow } from '../store/cases.store.js';
import { ListsStore } from '../store/lists.store.js';

export interface DecisionView {
  no: number;
  id: string;
  at: Instant;
  why: DecisionRow['why'];
  rule: string | null;
  unit: string | null;
  facts: Record<string, unknown>;
  candidates: Candidate[];
  runnerUp: Candidate | null;
  pack: { key: string; version: number };
  madeBy: string;
}

/** Why each unit was chosen for a ticket. A case always has one decision at least, so none means no such case. */
@Injectable()
export class ListDecisions {
  constructor(private readonly lists: ListsStore) {}

  async run(q: Queries, org: string, ticketId: string): Promise<DecisionView[]> {
    const rows = await this.lists.decisions(q, org, ticketId);
    if (rows.length === 0) throw new NotFound('dispatch/no-case');
    return rows.map((r) => ({
      no: r.no,
      id: r.id,
      at: r.at,
      why: r.why,
      rule: r.rule,
      unit: r.unit,
      facts: r.facts,
      candidates: r.candidates,
      runnerUp: r.runner_up,
      pack: { key: r.pack_key, version: r.pack_version },
      madeBy: r.made_by,
    }));
  }
}
