import { Injectable } from '@nestjs/common';
import { type Scope } from '@gongdan/directory';
import { Database, Sealer, type Tx } from '@gongdan/platform';
import { type TicketView } from '../../domain/ticket-view.js';
import { type TicketFilter, TicketsStore } from '../../store/tickets.store.js';
import { viewOf } from '../../store/ticket-view.js';

@Injectable()
export class ReadTickets {
  constructor(
    private readonly database: Database,
    private readonly tickets: TicketsStore,
    private readonly sealer: Sealer,
  ) {}

  async one(org: string, scope: Scope, id: string): Promise<TicketView> {
    return viewOf(await this.tickets.get(this.database, org, scope, id), this.sealer);
  }

  async list(
    tx: Tx,
    org: string,
    filter: TicketFilter,
    after: { at: string; id: string } | undefined,
    limit: number,
  ): Promise<TicketView[]> {
    return (await this.tickets.list(tx, org, filter, after, limit)).map((t) => viewOf(t, this.sealer));
  }
}
