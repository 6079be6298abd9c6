import { Injectable } from '@nestjs/common';
import { Outbox } from '@gongdan/messaging';
import { Sealer, SystemClock, type Tx } from '@gongdan/platform';
import { mustBeVersion, withdraw } from '../../domain/ticket.js';
import { type TicketView } from '../../domain/ticket-view.js';
import { type TicketCommand } from '../../domain/ticket-command.js';
import { TicketsStore } from '../../store/tickets.store.js';
import { viewOf } from '../../store/ticket-view.js';

export interface WithdrawCommand extends TicketCommand {
  expectedVersion: number | undefined;
  reason: string;
}

/** The complainant takes the ticket back; dispatch handles the event and ends the case. */
@Injectable()
export class WithdrawTicket {
  constructor(
    private readonly tickets: TicketsStore,
    private readonly outbox: Outbox,
    private readonly sealer: Sealer,
    private readonly clock: SystemClock,
  ) {}

  async run(tx: Tx, c: WithdrawCommand): Promise<TicketView> {
    const current = await this.tickets.lock(tx, c.who.org, c.scope, c.ticketId);
    mustBeVersion(current, c.expectedVersion, () => viewOf(current, this.sealer));
    const next = withdraw(current, c.reason, this.clock.now());
    await this.tickets.save(tx, next.state, current.version);
    await this.outbox.append(tx, next.events, c.cause);
    return viewOf(next.state, this.sealer);
  }
}
