import { type Instant } from '@gongdan/kernel';
import { type Queries, type SqlValue, type Tx } from '@gongdan/platform';
import { type DueStatements, dueStatements } from './due-sql.js';
import { type DueTable } from './due-table.js';
import { type Reach } from './reach.js';

/** What points belong to: a clock of a ticket, a task of a ticket. */
export interface SubjectRef {
  org: string;
  ticketId: string;
  subject: string;
}

export interface DuePoint extends SubjectRef {
  point: string;
  /** The generation of the subject for which the point was made. */
  gen: number;
  dueAt: Instant;
  /** The database's time of firing, at which the point was due. */
  firedAt: Instant;
  /** The wait ended before everything recorded until the due instant was applied. */
  unheard: boolean;
}

/** When the next points fire, in milliseconds; Infinity when there are none. */
export interface NextDue {
  dueInMs: number;
  retryInMs: number;
}

/** Up to where points that wait for events may fire. */
export interface EventsReach {
  partitions: readonly Reach[];
  waitMs: number;
}

export interface WaitingPoints {
  points: number;
  /** For how long the oldest of them has been due; 0 when there is none. */
  seconds: number;
}

export function subjectId({ org, ticketId, subject }: SubjectRef): string {
  return `${org}|${ticketId}|${subject}`;
}

/** The due index of one table: what may still fire, and the claim of what is due. */
export class DuePoints {
  private readonly sql: DueStatements;

  constructor(readonly table: DueTable) {
    this.sql = dueStatements(table);
  }

  /**
   * Claims due points with their tickets, oldest first. The clock of the database and, where points wait for events, what has been applied decide
   * which points are due. A ticket that another transaction works on is left for the next run: the claim never waits for a lock, so it cannot deadlock with
   * an event handler, which waits in the order of ids.
   */
  async claim(tx: Tx, limit: number, reach?: EventsReach): Promise<DuePoint[]> {
    const params = this.params(reach);
    const locked = await tx.rows<{ org: string; id: string }>(this.sql.lockDue, [...params, limit]);
    if (locked.length === 0) return [];
    return tx.rows<DuePoint>(this.sql.takeDue, [...params, locked.map((t) => t.org), locked.map((t) => t.id)]);
  }

  /** Claims the due points of one subject, also those that are to be retried. None before the retry is due, and none when the ticket is locked elsewhere. */
  async claimOf(tx: Tx, of: SubjectRef, reach?: EventsReach): Promise<DuePoint[]> {
    if (!(await tx.one(this.sql.lockTicket, [of.org, of.ticketId]))) return [];
    return tx.rows<DuePoint>(this.sql.takeOfSubject, [...this.params(reach), [of.org], [of.ticketId], of.subject]);
  }

  async next(db: Queries): Promise<NextDue> {
    const row = await db.one<{ due: number | null; retry: number | null }>(this.sql.next);
    return { dueInMs: row?.due ?? Infinity, retryInMs: row?.retry ?? Infinity };
  }

  /** The subjects with failed points that are to be retried, longest waiting first. */
  retries(db: Queries, limit: number): Promise<SubjectRef[]> {
    return db.rows<SubjectRef>(this.sql.retries, [limit]);
  }

  /**
   * Moves a retry that could claim nothing behind the others, without counting a failure: its partition lags, an event is missing or its ticket is locked.
   * It waits for no lock either.
   */
  async postpone(tx: Tx, of: SubjectRef): Promise<void> {
    await tx.run(this.sql.postpone, [of.org, of.ticketId, of.subject]);
  }

  /**
   * Sets the due points of a subject aside after a failure: 2 s, 4 s, 8 s … at most five minutes. All get the same count, so that none is retried before
   * another. Returns how often they failed.
   */
  async setAside(db: Queries, of: SubjectRef): Promise<number> {
    return (await db.one<{ failures: number }>(this.sql.setAside, [of.org, of.ticketId, of.subject]))?.failures ?? 0;
  }

  /** Subjects whose firing failed, over all organisations. */
  async failing(db: Queries): Promise<number> {
    return (await db.one<{ subjects: number }>(this.sql.countFailing))?.subjects ?? 0;
  }

  /** Points that are due and have not fired, over all organisations; 100,000 at most are counted. Those of failing subjects wait for a retry instead. */
  async waiting(db: Queries): Promise<WaitingPoints> {
    return (await db.one<WaitingPoints>(this.sql.countWaiting)) ?? { points: 0, seconds: 0 };
  }

  private params(reach: EventsReach | undefined): SqlValue[] {
    if (this.table.waitsForEvents !== (reach !== undefined))
      throw new Error(`${this.table.points}: points that wait for events need their reach`);
    if (reach === undefined) return [];
    const { partitions, waitMs } = reach;
    return [partitions.map((r) => r.partition), partitions.map((r) => r.until), partitions.map((r) => r.waited), waitMs];
  }
}
