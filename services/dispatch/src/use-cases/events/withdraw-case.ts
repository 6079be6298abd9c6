import { Injectable } from '@nestjs/common';
import { type EventOf, type intake } from '@gongdan/contracts';
import { withdraw } from '@gongdan/engine';
import { type Instant } from '@gongdan/kernel';
import { causedBy } from '@gongdan/messaging';
import { type Tx } from '@gongdan/platform';
import { CaseDesk } from '../../store/cases/case-desk.js';

/** Cancels the case of a ticket that the complainant has withdrawn. */
@Injectable()
export class WithdrawCase {
  constructor(private readonly desk: CaseDesk) {}

  async run(tx: Tx, e: EventOf<typeof intake.TicketWithdrawn>, now: Instant): Promise<void> {
    const desk = await this.desk.take(tx, e.org, e.ticketId);
    const next = withdraw(desk.pack, desk.view, desk.case, e.data.reason, now, { decisions: desk.decided });
    if (next === undefined) return;
    await this.desk.save(tx, desk, next, causedBy(e, 'dispatch'));
  }
}
