import { Injectable } from '@nestjs/common';
import { type EventOf, type intake } from '@gongdan/contracts';
import { type Instant } from '@gongdan/kernel';
import { causedBy, Outbox } from '@gongdan/messaging';
import { type Tx } from '@gongdan/platform';
import { amend } from '../../domain/case.js';
import { CasesStore } from '../../store/cases.store.js';
import { PacksStore } from '../../store/packs.store.js';

/** Applies an amendment of intake to the case. */
@Injectable()
export class AmendCase {
  constructor(
    private readonly packs: PacksStore,
    private readonly cases: CasesStore,
    private readonly outbox: Outbox,
  ) {}

  async run(tx: Tx, e: EventOf<typeof intake.TicketAmended>, now: Instant): Promise<void> {
    const current = await this.cases.lock(tx, e.org, e.ticketId);
    const pack = await this.packs.get(tx, e.org, current.pack);
    const next = amend(pack, current, e.data, now);
    await this.cases.save(tx, pack, current, next);
    await this.outbox.append(tx, next.events, causedBy(e, 'dispatch'));
  }
}
