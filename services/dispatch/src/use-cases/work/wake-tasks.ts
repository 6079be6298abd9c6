import { Injectable } from '@nestjs/common';
import { DueFiring, type DueOwner, type DuePoint, type Firing, type Subject, subjectId } from '@gongdan/due';
import { type Reacted, SYSTEM, viewAfter, wake } from '@gongdan/engine';
import { idOf } from '@gongdan/kernel';
import { type Tx } from '@gongdan/platform';
import { sleepOf } from '../../domain/sleeps.js';
import { ReactionCounter } from '../../store/cases/reaction-counter.js';
import { CaseDesk, type OnDesk } from '../../store/cases/case-desk.js';
import { DueTasksStore } from '../../store/work/due-tasks.store.js';

/** Wakes the tasks whose sleep is over, each once, with the reactions to it. */
@Injectable()
export class WakeTasks implements DueOwner<OnDesk> {
  readonly firing: DueFiring<OnDesk>;

  constructor(
    points: DueTasksStore,
    private readonly desk: CaseDesk,
    private readonly reactions: ReactionCounter,
  ) {
    this.firing = new DueFiring(points, this);
  }

  async subjectsOf(tx: Tx, points: readonly DuePoint[]): Promise<ReadonlyMap<string, Subject<OnDesk>>> {
    const desks = new Map<string, OnDesk>();
    const subjects = new Map<string, Subject<OnDesk>>();
    for (const point of points) {
      const desk = desks.get(caseId(point)) ?? (await this.desk.take(tx, point.org, point.ticketId));
      desks.set(caseId(point), desk);
      subjects.set(subjectId(point), { gen: sleepOf(desk.case, Number(point.subject)), state: desk });
    }
    return subjects;
  }

  async fire(tx: Tx, firings: readonly Firing<OnDesk>[]): Promise<void> {
    const decided = new Map<string, { desk: OnDesk; first: DuePoint; after: Reacted }>();
    for (const { point, state: desk } of firings) {
      const so = decided.get(caseId(point));
      const due = { task: Number(point.subject), sleeps: point.gen };
      const decisions = desk.decided + (so?.after.records.length ?? 0);
      // Undefined: a reaction to a task that woke before has ended this one or sent it to sleep again.
      const woken = await this.desk.decide(tx, point.org, desk.view, (view) =>
        wake(desk.pack, so ? viewAfter(view, desk.case, so.after.state) : view, so?.after.state ?? desk.case, due, point.firedAt, {
          decisions,
        }),
      );
      if (woken) decided.set(caseId(point), { desk, first: so?.first ?? point, after: so ? joined(so.after, woken) : woken });
    }
    for (const { desk, first, after } of decided.values()) {
      tx.afterCommit(() => this.reactions.skipped(after.skipped));
      const correlationId = idOf('wake', first.org, first.ticketId, first.subject, String(first.gen));
      await this.desk.save(tx, desk, after, { correlationId, actor: { id: SYSTEM.id } });
    }
  }
}

function joined(a: Reacted, b: Reacted): Reacted {
  return {
    ...b,
    events: [...a.events, ...b.events],
    records: [...a.records, ...b.records],
    claims: [...a.claims, ...b.claims],
    skipped: [...a.skipped, ...b.skipped],
  };
}

function caseId({ org, ticketId }: { org: string; ticketId: string }): string {
  return `${org}|${ticketId}`;
}
