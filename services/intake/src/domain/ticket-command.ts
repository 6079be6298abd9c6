import { type Scope } from '@gongdan/directory';
import { type Actor, type Cause } from '@gongdan/kernel';

/** What every request to change a ticket brings along. */
export interface TicketCommand {
  who: Actor;
  /** The units that the right of the request reaches. */
  scope: Scope;
  cause: Cause;
  ticketId: string;
}
