import { Injectable } from '@nestjs/common';
import { type Cause } from '@gongdan/kernel';
import { Outbox, type PendingEvent } from '@gongdan/messaging';
import { type Queries, type Tx } from '@gongdan/platform';
import { type Clock, fire, type Origin } from '../domain/clock.js';
import { type PartitionProgress, reachOf } from '../domain/reach.js';
import { clockId, type ClockRef, ClocksStore } from '../store/clocks.store.js';
import { DuePointsStore, type NextDue } from '../store/due-points.store.js';

/** Clocks that are retried in one turn. */
const RETRIES = 20;

export interface FireDueCommand {
  /** At most so many points, or the due points of this clock alone, those that are to be retried included. */
  which: { limit: number } | ClockRef;
  /** How far sla has applied each partition; read from the broker before the transaction. */
  progress: readonly PartitionProgress[];
  waitMs: number;
  /** Called with the clocks whose points have been claimed: when the transaction fails, one of them may be the reason. */
  onClaim?: (clocks: ClockRef[]) => void;
}

/** Fires the points that are due, each exactly once: the row of the point, its clock and its event change in one transaction. */
@Injectable()
export class FireDue {
  constructor(
    private readonly points: DuePointsStore,
    private readonly clocks: ClocksStore,
    private readonly outbox: Outbox,
  ) {}

  next(db: Queries): Promise<NextDue> {
    return this.points.next(db);
  }

  /** The clocks whose failed points are to be retried. */
  retries(db: Queries): Promise<ClockRef[]> {
    return this.points.retries(db, RETRIES);
  }

  /** Sets the due points of a clock aside, because their firing failed. Returns how often it has failed. */
  setAside(db: Queries, clock: ClockRef): Promise<number> {
    return this.points.setAside(db, clock);
  }

  /**
   * Fires the points that are due and whose partition has been applied until then, and those that have been due for `waitMs` while its partition was read to its end. Returns how many points were claimed; there may be
   * more after a full batch.
   */
  async run(tx: Tx, { which, progress, waitMs, onClaim }: FireDueCommand): Promise<number> {
    const reach = reachOf(progress, waitMs);
    if (reach.length === 0) return 0;
    const points =
      'limit' in which ? await this.points.claim(tx, which.limit, reach, waitMs) : await this.points.claimOf(tx, which, reach, waitMs);
    if (points.length === 0) {
      // The list of retries is limited: clocks that cannot be claimed would stay at its head and keep out all others.
      if (!('limit' in which)) await this.points.postpone(tx, which);
      return 0;
    }
    onClaim?.([
      ...new Map(points.map(({ org, ticketId, clock }) => [clockId({ org, ticketId, key: clock }), { org, ticketId, clock }])).values(),
    ]);
    const owned = new Map((await this.clocks.clocksOf(tx, points)).map((o) => [clockId(o.clock), o]));
    const events: PendingEvent[] = [];
    const fired = new Map<string, Clock>();
    for (const p of points) {
      const id = clockId({ ...p, key: p.clock });
      const found = owned.get(id);
      // A point is replaced together with its clock. This is a second guard: a point that an older version of sla left behind must not fire.
      if (found === undefined || found.clock.state !== 'running' || found.clock.gen !== p.gen) continue;
      const { clock, origin } = found;
      const decision = fire(clock, { key: p.point, at: p.dueAt }, p.firedAt, p.unheard);
      fired.set(id, decision.state);
      owned.set(id, { clock: decision.state, origin });
      const cause = causeOf(origin);
      events.push(...decision.events.map((draft) => ({ draft, cause })));
    }
    await this.points.saveFired(tx, [...fired.values()]);
    await this.outbox.appendAll(tx, events);
    return points.length;
  }
}

function causeOf({ traceparent, ...rest }: Origin): Cause {
  return { ...rest, ...(traceparent === undefined ? {} : { traceparent }), actor: { id: 'system:sla' } };
}
