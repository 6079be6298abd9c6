import { Injectable } from '@nestjs/common';
import { NotFound } from '@gongdan/kernel';
import { type Queries } from '@gongdan/platform';
import { type DecisionRow } from '../../store/decision-columns.js';
import { ListsStore } from '../../store/lists.store.js';

export interface DecisionView extends Omit<DecisionRow, 'org' | 'ticketId' | 'packKey' | 'packVersion'> {
  pack: { key: string; version: number };
}

/** Lists why each unit was chosen for a ticket. A case has at least one decision, so a ticket without decisions has no case. */
@Injectable()
export class ListDecisions {
  constructor(private readonly lists: ListsStore) {}

  async run(q: Queries, org: string, ticketId: string): Promise<DecisionView[]> {
    const rows = await this.lists.decisions(q, org, ticketId);
    if (rows.length === 0) throw new NotFound('dispatch/no-case');
    return rows.map(({ org: _org, ticketId: _id, packKey, packVersion, ...decision }) => ({
      ...decision,
      pack: { key: packKey, version: packVersion },
    }));
  }
}
