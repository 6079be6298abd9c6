import { Injectable } from '@nestjs/common';
import { type Acting, actingOf, advance, answered, type Decided } from '@gongdan/engine';
import { appErrorIn, Conflict, Forbidden, idOf, NotFound, type Instant } from '@gongdan/kernel';
import { CallerReach, type Queries, type Tx } from '@gongdan/platform';
import { refusalIn } from '../../domain/refusal.js';
import { mustSee } from '../../domain/visibility.js';
import { CaseDesk, type OnDesk } from '../../store/cases/case-desk.js';
import { ReactionCounter } from '../../store/cases/reaction-counter.js';
import { type JobProgress, type TicketJob, TicketJobsStore, type WorkRef, type WorkRow } from '../../store/work/ticket-jobs.store.js';

export type { WorkRef } from '../../store/work/ticket-jobs.store.js';

export interface NewJob extends Omit<TicketJob, 'id' | 'org' | 'kind' | 'depth'> {
  /** Idempotency-Key or, without one, something new. */
  key: string;
  tickets: readonly string[];
}

const MOST_REFUSALS = 50;
const NO_CASE = 'dispatch/no-case';

/** Does an action on many tickets, each in a transaction of its own, and once however often it is tried (engine.md, law 10). */
@Injectable()
export class WorkOnTickets {
  constructor(
    private readonly jobs: TicketJobsStore,
    private readonly desk: CaseDesk,
    private readonly reactions: ReactionCounter,
  ) {}

  /** The listener is called when this process has made work. */
  onWork(listener: () => void): void {
    this.jobs.onWork(listener);
  }

  /** Writes the work down; from then on it survives everything. The id is that of the key: a repetition finds the job. */
  async accept(tx: Tx, { key, tickets, ...job }: NewJob): Promise<{ id: string; repeated: boolean; same: boolean }> {
    const { org, id: client } = job.actor;
    const id = idOf('bulk', org, client, key);
    if (!(await this.jobs.make(tx, { ...job, org, id, kind: 'bulk', depth: 0 }))) {
      const known = await this.jobs.fingerprintOf(tx, org, id);
      return { id, repeated: true, same: known?.fingerprint === job.fingerprint };
    }
    await this.jobs.addTickets(tx, org, id, tickets);
    return { id, repeated: false, same: true };
  }

  /** How far a job is. Another person's bulk action does not exist for the caller, unless he may see everything. */
  async progress(q: Queries, org: string, job: string, caller: { id: string; all: boolean }): Promise<JobProgress> {
    const found = await this.jobs.progress(q, org, job);
    if (found === undefined || (found.by !== caller.id && !caller.all)) throw new NotFound('dispatch/no-bulk-action');
    return found;
  }

  results(q: Queries, org: string, job: string, after: { n: number; ticketId: string } | undefined, limit: number): Promise<WorkRow[]> {
    return this.jobs.results(q, org, job, after, limit);
  }

  waiting(q: Queries, limit: number): Promise<WorkRef[]> {
    return this.jobs.waiting(q, limit);
  }

  setAside(q: Queries, work: WorkRef): Promise<void> {
    return this.jobs.setAside(q, work);
  }

  overdue(q: Queries, limit: number): Promise<{ org: string; job: string }[]> {
    return this.jobs.overdue(q, limit);
  }

  failing(q: Queries): Promise<number> {
    return this.jobs.failing(q);
  }

  /** One ticket of a job. */
  async run(tx: Tx, work: WorkRef, now: Instant): Promise<void> {
    const job = await this.jobs.claim(tx, work);
    if (job === undefined) return;
    let desk: OnDesk;
    let decided: Decided;
    try {
      if (job.over) throw new Conflict('dispatch/cascade-over', {}, 'the ticket that asked was opened again before the turn of this one');
      desk = await this.desk.take(tx, work.org, work.ticketId);
      decided = await this.decide(tx, job, desk, now);
    } catch (error) {
      // A linked ticket has been registered, but its registration comes by another partition than the link, and may be read later.
      if (job.kind === 'cascade' && appErrorIn(error)?.code === NO_CASE) return this.jobs.setAside(tx, work);
      // Nothing was written yet; a failure while writing must undo everything, so it is not caught.
      await this.jobs.settle(tx, work, { state: 'refused', events: [], ...refusalIn(error) });
      return;
    }
    if (decided.events.length > 0) await this.desk.save(tx, desk, decided, job.cause, job.root);
    await this.jobs.settle(tx, work, { state: 'done', events: decided.events.map((e) => e.name) });
  }

  /** Tells the ticket that asked for a cascade what became of it, and again when a ticket that was linked later has refused. */
  async answer(tx: Tx, org: string, id: string, now: Instant): Promise<void> {
    const job = await this.jobs.claimAnswer(tx, org, id);
    const progress = await this.jobs.progress(tx, org, id);
    if (job?.parent === undefined || progress === undefined) return;
    const { done, refused } = progress;
    const refusals = await this.jobs.refusals(tx, org, id, MOST_REFUSALS);
    const answer = {
      id,
      depth: job.depth,
      done,
      refused,
      ...(refused === 0 ? { state: 'done' as const } : { state: 'refused' as const, code: 'dispatch/tickets-refused', refusals }),
    };
    const desk = await this.desk.take(tx, org, job.parent);
    const next = await this.desk.decide(tx, org, desk.view, (view) =>
      answered(desk.pack, view, desk.case, answer, now, { decisions: desk.decided }),
    );
    if (next === undefined) return;
    tx.afterCommit(() => this.reactions.skipped(next.skipped));
    await this.desk.save(tx, desk, next, job.cause);
  }

  private decide(tx: Tx, job: TicketJob, desk: OnDesk, now: Instant): Promise<Decided> {
    const acting = job.kind === 'cascade' ? machineOf(job) : this.callerOf(job, desk, now);
    const { action, input, depth } = job;
    const cause = job.kind === 'cascade' ? { kind: job.kind, depth } : undefined;
    return this.desk.decide(tx, job.org, desk.view, (view) =>
      advance(desk.pack, view, desk.case, { action, input, cause }, acting, now, { decisions: desk.decided }),
    );
  }

  // His rights are those of now, not those of the moment at which he asked.
  private callerOf({ actor }: TicketJob, desk: OnDesk, now: Instant): Acting {
    const reach = new CallerReach(desk.view.directory, actor, now);
    if (!reach.has('cases:act')) throw new Forbidden('platform/no-right', { details: { right: 'cases:act' } });
    mustSee(desk.case, { id: actor.id, scope: reach.scope('cases:act') });
    return actingOf(desk.view.directory, actor, now);
  }
}

// The platform acts in the person's name: the action must admit `machine`, so the process says what may be done this way.
function machineOf({ actor }: TicketJob): Acting {
  const { id, name } = actor;
  return { id, ...(name === undefined ? {} : { name }), kind: 'machine', memberships: [{ roles: ['machine'] }], principals: [] };
}
