import { Injectable } from '@nestjs/common';
import { type EventEnvelope } from '@gongdan/contracts';
import { asksClocks, type HeardEvent, react } from '@gongdan/engine';
import { type Instant } from '@gongdan/kernel';
import { causedBy, Outbox } from '@gongdan/messaging';
import { type Tx } from '@gongdan/platform';
import { CaseDesk } from '../../store/case-desk.js';
import { CasesStore } from '../../store/cases.store.js';

/** Lets the reactions of the pack answer what another service said about a ticket. */
@Injectable()
export class ReactToEvent {
  constructor(
    private readonly desk: CaseDesk,
    private readonly cases: CasesStore,
    private readonly outbox: Outbox,
  ) {}

  async run(tx: Tx, e: EventEnvelope, now: Instant): Promise<void> {
    const desk = await this.desk.take(tx, e.org, e.ticketId);
    if (!asksClocks(desk.pack, e.name)) return;
    const data = e.data as HeardEvent['data'];
    const depth = (data['cause'] as { depth?: number } | undefined)?.depth ?? 0;
    const event: HeardEvent = { name: e.name, data, occurredAt: e.occurredAt, depth };
    const next = await this.desk.decide(tx, e.org, desk.view, (view) =>
      react(desk.pack, view, desk.case, event, now, { decisions: desk.decided }),
    );
    if (next.events.length === 0) {
      if (next.state !== desk.case) await this.cases.saveHeard(tx, next.state);
      return;
    }
    await this.desk.save(tx, desk, next);
    await this.outbox.append(tx, next.events, causedBy(e, 'dispatch'));
  }
}
