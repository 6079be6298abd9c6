import { Injectable } from '@nestjs/common';
import { type Tx } from '@gongdan/platform';
import { lastOfEach, type LinkEvent, LinksStore } from '../../store/cases/links.store.js';
import { TicketJobsStore } from '../../store/work/ticket-jobs.store.js';

/** Remembers which tickets intake has linked, for the conditions of packs (`links.child.open`) and for what is done on linked tickets. */
@Injectable()
export class KeepLinks {
  constructor(
    private readonly links: LinksStore,
    private readonly jobs: TicketJobsStore,
  ) {}

  async run(tx: Tx, events: readonly LinkEvent[]): Promise<void> {
    // Under the locks of the cases: otherwise a cascade that is asked for at this moment would not see the link, and the link not the cascade.
    await this.links.lock(tx, events);
    await this.links.keep(tx, events);
    const last = lastOfEach(events);
    const about = (name: LinkEvent['name']) =>
      last.filter((e) => e.name === name).map((e) => ({ org: e.org, parent: e.ticketId, links: e.data.as, ticketId: e.data.other.id }));
    await this.jobs.leaveOut(tx, about('intake.ticket-unlinked'));
    await this.jobs.addLater(tx, about('intake.ticket-linked'));
  }
}
