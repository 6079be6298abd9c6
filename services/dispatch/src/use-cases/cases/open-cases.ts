import { Injectable } from '@nestjs/common';
import { type EventOf, type intake } from '@gongdan/contracts';
import { type Instant } from '@gongdan/kernel';
import { causedBy, Outbox } from '@gongdan/messaging';
import { type Tx } from '@gongdan/platform';
import { open } from '../../domain/case.js';
import { CasesStore } from '../../store/cases.store.js';
import { PacksStore } from '../../store/packs.store.js';

/** Opens the cases of registered tickets. A batch takes two statements, because an import brings thousands of tickets a second. */
@Injectable()
export class OpenCases {
  constructor(
    private readonly packs: PacksStore,
    private readonly cases: CasesStore,
    private readonly outbox: Outbox,
  ) {}

  async run(tx: Tx, registrations: readonly EventOf<typeof intake.TicketRegistered>[], now: Instant): Promise<void> {
    const opened = [];
    for (const e of registrations) {
      const pack = await this.packs.get(tx, e.org, e.data.pack);
      opened.push({ pack, cause: causedBy(e, 'dispatch'), ...open(pack, { org: e.org, ticketId: e.ticketId }, e.data, now) });
    }
    const fresh = new Set((await this.cases.open(tx, opened)).map((c) => `${c.org}|${c.ticketId}`));
    const events = opened
      .filter((o) => fresh.has(`${o.state.org}|${o.state.ticketId}`))
      .flatMap((o) => o.events.map((draft) => ({ draft, cause: o.cause })));
    await this.outbox.appendAll(tx, events);
  }
}
