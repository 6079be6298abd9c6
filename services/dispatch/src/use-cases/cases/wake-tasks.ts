import { Injectable } from '@nestjs/common';
import { DueFiring, type DueOwner, type DuePoint, type Firing, type Subject, subjectId } from '@gongdan/due';
import { type Case, type Reacted, type View, wake } from '@gongdan/engine';
import { type PackFormat2 } from '@gongdan/packs/format2';
import { type Tx } from '@gongdan/platform';
import { sleepOf } from '../../domain/sleeps.js';
import { DueTasksStore } from '../../store/due-tasks.store.js';

/** A case under lock. */
export interface CaseRun {
  state: Case;
  /** Decision records that the case has. */
  decisions: number;
  /** Runs a rule with the pack of the case and the view; when the rule needs loads of people, they are read and it runs again. */
  decide<R>(rule: (pack: PackFormat2, view: View) => R): Promise<R>;
}

/** What waking needs of the cases. `save` writes the case, its sleeps, records and events. */
export abstract class CaseRuns {
  abstract read(tx: Tx, cases: readonly { org: string; ticketId: string }[]): Promise<readonly CaseRun[]>;
  abstract save(tx: Tx, decided: readonly { run: CaseRun; after: Reacted }[]): Promise<void>;
}

/** Wakes the tasks whose sleep is over, each once, with the reactions to it. */
@Injectable()
export class WakeTasks implements DueOwner<CaseRun> {
  readonly firing: DueFiring<CaseRun>;

  constructor(
    points: DueTasksStore,
    private readonly runs: CaseRuns,
  ) {
    this.firing = new DueFiring(points, this);
  }

  async subjectsOf(tx: Tx, points: readonly DuePoint[]): Promise<ReadonlyMap<string, Subject<CaseRun>>> {
    const runs = new Map((await this.runs.read(tx, points)).map((run) => [caseId(run.state), run]));
    const subjects = new Map<string, Subject<CaseRun>>();
    for (const point of points) {
      const run = runs.get(caseId(point));
      if (run) subjects.set(subjectId(point), { gen: sleepOf(run.state, Number(point.subject)), state: run });
    }
    return subjects;
  }

  async fire(tx: Tx, firings: readonly Firing<CaseRun>[]): Promise<void> {
    const decided = new Map<string, { run: CaseRun; after: Reacted }>();
    for (const { point, state: run } of firings) {
      const so = decided.get(caseId(point))?.after;
      const due = { task: Number(point.subject), sleeps: point.gen };
      const decisions = run.decisions + (so?.records.length ?? 0);
      // Undefined: a reaction to a task that woke before has ended this one or sent it to sleep again.
      const woken = await run.decide((pack, view) => wake(pack, view, so?.state ?? run.state, due, point.firedAt, { decisions }));
      if (woken) decided.set(caseId(point), { run, after: so ? joined(so, woken) : woken });
    }
    await this.runs.save(tx, [...decided.values()]);
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
