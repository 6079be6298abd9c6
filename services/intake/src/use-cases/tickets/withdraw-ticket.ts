import { Injectable } from '@nestjs/common';
import { type Scope } from '@gongdan/directory';
import { type Actor, type Cause } from '@gongdan/kernel';
import { Outbox } from '@gongdan/messaging';
import { Sealer, SystemClock, type Tx } from '@gongdan/platform';
import { mustBeVersion, withdraw } from '../../domain/ticket.js';
import { type TicketView } from '../../domain/ticket-view.js';
import { TicketsStore } from '../../store/tickets.store.js';
import { viewOf } from '../../store/ticket-view.js';

export interface WithdrawCommand {
  who: Actor;
  /** The units that the right of the request reaches. */
  scope: Scope;
  cause: Cause;
  ticketId: string;
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
