import { Injectable } from '@nestjs/common';
import { NotFound } from '@gongdan/kernel';
import { Outbox } from '@gongdan/messaging';
import { SystemClock, type Tx } from '@gongdan/platform';
import { endOf, unlinked } from '../../domain/links.js';
import { type TicketCommand } from '../../domain/ticket-command.js';
import { LinksStore } from '../../store/links.store.js';
import { mustBeAmong, TicketsStore } from '../../store/tickets.store.js';

export interface UnlinkCommand extends TicketCommand {
  link: string;
}

/** Removes a link between two tickets that the caller reaches. */
@Injectable()
export class UnlinkTickets {
  constructor(
    private readonly tickets: TicketsStore,
    private readonly links: LinksStore,
    private readonly outbox: Outbox,
    private readonly clock: SystemClock,
  ) {}

  async run(tx: Tx, c: UnlinkCommand): Promise<void> {
    const { org } = c.who;
    const found = await this.links.get(tx, org, c.ticketId, c.link);
    const locked = await this.tickets.lockAll(tx, org, c.scope, found === undefined ? [c.ticketId] : [found.from_id, found.to_id]);
    mustBeAmong(locked, c.ticketId);
    const from = locked.find((t) => t.id === found?.from_id);
    const to = locked.find((t) => t.id === found?.to_id);
    if (found === undefined || from === undefined || to === undefined || !(await this.links.remove(tx, org, c.link)))
      throw new NotFound('intake/no-such-link');
    await this.outbox.append(
      tx,
      unlinked({ id: c.link, org, kind: found.kind, from: endOf(from), to: endOf(to) }, this.clock.now()),
      c.cause,
    );
  }
}
