import { type Queries, type Tx } from '@gongdan/platform';
import { type DuePoint, type DuePoints, type NextDue, type SubjectRef, subjectId } from './due-points.js';
import { type PartitionProgress, reachOf } from './reach.js';

/** Subjects that are retried in one turn. */
const RETRIES = 20;

/** What points belong to, as its row says under the lock of its ticket. */
export interface Subject<S> {
  /** Only points of this generation fire. Without one nothing is to fire, because the subject waits for nothing. */
  gen: number | undefined;
  state: S;
}

/** A claimed point that its subject still waits for. */
export interface Firing<S> {
  point: DuePoint;
  state: S;
}

/** What a service does with points that are due. Both methods run in the transaction that deletes the points, and the tickets are locked in it. */
export interface DueOwner<S> {
  /** Reads what the points belong to; the key is `subjectId`. What is gone is left out. */
  subjectsOf(tx: Tx, points: readonly DuePoint[]): Promise<ReadonlyMap<string, Subject<S>>>;
  /** Does what is due, oldest first. A subject may be there more than once, each time with the state that was read. It may run again after a rollback. */
  fire(tx: Tx, firings: readonly Firing<S>[]): Promise<void>;
}

export interface FireCommand {
  /** At most so many points, or the due points of this subject alone, those that are to be retried included. */
  which: { limit: number } | SubjectRef;
  /** Of points that wait for events: how far each partition has been applied, read from the broker before the transaction. */
  applied?: { progress: readonly PartitionProgress[]; waitMs: number } | undefined;
  /** Called with the subjects whose points have been claimed: when the transaction fails, one of them may be the reason. */
  onClaim?: (subjects: SubjectRef[]) => void;
}

/** Fires the points that are due, each exactly once: the row of the point and everything its owner does about it change in one transaction. */
export class DueFiring<S> {
  constructor(
    private readonly points: DuePoints,
    private readonly owner: DueOwner<S>,
  ) {}

  next(db: Queries): Promise<NextDue> {
    return this.points.next(db);
  }

  /** The subjects whose failed points are to be retried. */
  retries(db: Queries): Promise<SubjectRef[]> {
    return this.points.retries(db, RETRIES);
  }

  /** Sets the due points of a subject aside, because their firing failed. Returns how often it has failed. */
  setAside(db: Queries, subject: SubjectRef): Promise<number> {
    return this.points.setAside(db, subject);
  }

  /** Fires what is due. Returns how many points were claimed; there may be more after a full batch. */
  async run(tx: Tx, { which, applied, onClaim }: FireCommand): Promise<number> {
    const reach = applied && { partitions: reachOf(applied.progress, applied.waitMs), waitMs: applied.waitMs };
    if (reach?.partitions.length === 0) return 0;
    const claimed = 'limit' in which ? await this.points.claim(tx, which.limit, reach) : await this.points.claimOf(tx, which, reach);
    if (claimed.length === 0) {
      // The list of retries is limited: subjects that cannot be claimed would stay at its head and keep out all others.
      if (!('limit' in which)) await this.points.postpone(tx, which);
      return 0;
    }
    onClaim?.([
      ...new Map(claimed.map(({ org, ticketId, subject }) => [subjectId({ org, ticketId, subject }), { org, ticketId, subject }])).values(),
    ]);
    const subjects = await this.owner.subjectsOf(tx, claimed);
    const firings: Firing<S>[] = [];
    for (const point of claimed) {
      const subject = subjects.get(subjectId(point));
      // A point is replaced together with its subject. This is a second guard: a point that an older version of the service left behind must not fire.
      if (subject?.gen === point.gen) firings.push({ point, state: subject.state });
    }
    if (firings.length > 0) await this.owner.fire(tx, firings);
    return claimed.length;
  }
}
