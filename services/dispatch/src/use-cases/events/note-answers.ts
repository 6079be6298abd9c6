import { Injectable } from '@nestjs/common';
import { type Answered, depthOf, type EventEnvelope } from '@gongdan/contracts';
import { answered } from '@gongdan/engine';
import { type Instant } from '@gongdan/kernel';
import { causedBy } from '@gongdan/messaging';
import { type Tx } from '@gongdan/platform';
import { CaseDesk } from '../../store/cases/case-desk.js';
import { ReactionCounter } from '../../store/cases/reaction-counter.js';

/** Settles requests of processes with what services answered, and lets the reactions to it run. */
@Injectable()
export class NoteAnswers {
  constructor(
    private readonly desk: CaseDesk,
    private readonly reactions: ReactionCounter,
  ) {}

  async run(tx: Tx, answers: readonly EventEnvelope<string, Answered>[], now: Instant): Promise<void> {
    for (const e of answers) await this.one(tx, e, now);
  }

  private async one(tx: Tx, e: EventEnvelope<string, Answered>, now: Instant): Promise<void> {
    const desk = await this.desk.take(tx, e.org, e.ticketId);
    const { id, state, code, reason, ticket } = e.data;
    const answer = {
      id,
      state,
      ...(code === undefined ? {} : { code }),
      ...(reason === undefined ? {} : { reason }),
      ...(ticket === undefined ? {} : { ticket }),
      depth: depthOf(e),
    };
    const next = await this.desk.decide(tx, e.org, desk.view, (view) =>
      answered(desk.pack, view, desk.case, answer, now, { decisions: desk.decided }),
    );
    if (next === undefined) return;
    tx.afterCommit(() => this.reactions.skipped(next.skipped));
    await this.desk.save(tx, desk, next, causedBy(e, 'dispatch'));
  }
}
