import { Injectable } from '@nestjs/common';
import { type Scope } from '@gongdan/directory';
import { type Queries } from '@gongdan/platform';
import { wordAt } from '../../domain/links.js';
import { type LinkView } from '../../domain/link-view.js';
import { LinksStore } from '../../store/links.store.js';
import { TicketsStore } from '../../store/tickets.store.js';

/** The links of a ticket. One whose other ticket is out of the caller's reach is left out. */
@Injectable()
export class ListLinks {
  constructor(
    private readonly tickets: TicketsStore,
    private readonly links: LinksStore,
  ) {}

  async run(q: Queries, org: string, scope: Scope, ticketId: string, after: string | undefined, limit: number): Promise<LinkView[]> {
    await this.tickets.get(q, org, scope, ticketId);
    const rows = await this.links.list(q, org, scope, ticketId, after, limit);
    return rows.map((l) => ({
      id: l.id,
      kind: l.kind,
      as: wordAt(l.kind, l.end),
      ticket: { id: l.other_id, number: l.other_number, title: l.other_title, state: l.other_state },
      by: l.linked_by,
      at: l.linked_at,
    }));
  }
}
