import { Injectable } from '@nestjs/common';
import { depthOf, type EventEnvelope, subjectOf } from '@gongdan/contracts';
import { asksClocks, type HeardEvent, react } from '@gongdan/engine';
import { type Instant } from '@gongdan/kernel';
import { causedBy } from '@gongdan/messaging';
import { type Tx } from '@gongdan/platform';
import { ReactionCounter } from '../../store/cases/reaction-counter.js';
import { CaseDesk } from '../../store/cases/case-desk.js';
import { type PacksOfCases } from './keep-due-instants.js';
import { CasesStore } from '../../store/cases/cases.store.js';
import { PacksStore } from '../../store/packs.store.js';

/** Lets the reactions of packs answer what another service said about tickets. */
@Injectable()
export class ReactToEvents {
  constructor(
    private readonly packs: PacksStore,
    private readonly desk: CaseDesk,
    private readonly cases: CasesStore,
    private readonly reactions: ReactionCounter,
  ) {}

  /** `known`: the packs of these cases, where the caller has read them under the lock of the cases. */
  async run(tx: Tx, events: readonly EventEnvelope[], now: Instant, known?: PacksOfCases): Promise<void> {
    // Most packs ask for no clock: the packs tell which tickets are concerned, and only their cases are locked and read.
    const packs = known ?? (await this.cases.packsOf(tx, events));
    for (const e of events) {
      const ref = packs.get(`${e.org}|${e.ticketId}`);
      if (ref === undefined || asksClocks(await this.packs.get(tx, e.org, ref), e.name)) await this.one(tx, e, now);
    }
  }

  private async one(tx: Tx, e: EventEnvelope, now: Instant): Promise<void> {
    const desk = await this.desk.take(tx, e.org, e.ticketId);
    const data = e.data as HeardEvent['data'];
    const event: HeardEvent = { name: e.name, data, occurredAt: e.occurredAt, depth: depthOf(e), ...subjectOf(e) };
    const next = await this.desk.decide(tx, e.org, desk.view, (view) =>
      react(desk.pack, view, desk.case, event, now, { decisions: desk.decided }),
    );
    tx.afterCommit(() => this.reactions.skipped(next.skipped));
    if (next.events.length === 0) {
      if (next.state !== desk.case) await this.cases.saveHeard(tx, next.state);
      return;
    }
    await this.desk.save(tx, desk, next, causedBy(e, 'dispatch'));
  }
}
