import { Injectable } from '@nestjs/common';
import { type EventOf, type intake } from '@gongdan/contracts';
import { amended, routeAgain } from '@gongdan/engine';
import { type Instant } from '@gongdan/kernel';
import { causedBy } from '@gongdan/messaging';
import { type Tx } from '@gongdan/platform';
import { CaseDesk } from '../../store/cases/case-desk.js';

/** Applies an amendment of intake to the case. While nobody has worked on the case, it is routed again; afterwards only its content changes. */
@Injectable()
export class AmendCase {
  constructor(private readonly desk: CaseDesk) {}

  async run(tx: Tx, e: EventOf<typeof intake.TicketAmended>, now: Instant): Promise<void> {
    const desk = await this.desk.take(tx, e.org, e.ticketId);
    const state = amended(desk.case, e.data);
    const next = await this.desk.decide(tx, e.org, desk.view, (view) =>
      routeAgain(desk.pack, view, desk.case, state, now, { decisions: desk.decided }),
    );
    await this.desk.save(tx, desk, next ?? { state, events: [], records: [], claims: [] }, causedBy(e, 'dispatch'));
  }
}
