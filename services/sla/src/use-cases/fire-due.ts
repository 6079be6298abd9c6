import { Injectable } from '@nestjs/common';
import { type Cause } from '@gongdan/kernel';
import { Outbox, type PendingEvent } from '@gongdan/messaging';
import { type Queries, type Tx } from '@gongdan/platform';
import { type Clock, fire, type Origin } from '../domain/clock.js';
import { type PartitionProgress, reachOf } from '../domain/reach.js';
import { clockId, ClocksStore } from '../store/clocks.store.js';
import { DuePointsStore } from '../store/due-points.store.js';

export interface FireDueCommand {
  limit: number;
  /** How far sla has applied each partition; read from the broker before the transaction. */
  progress: readonly PartitionProgress[];
  waitMs: number;
}

/** Fires the points that are due, each exactly once: the row of the point, its clock and its event change in one transaction. */
@Injectable()
export class FireDue {
  constructor(
    private readonly points: DuePointsStore,
    private readonly clocks: ClocksStore,
    private readonly outbox: Outbox,
  ) {}

  /** Milliseconds until the next point is due; Infinity when there is none. */
  async nextIn(db: Queries): Promise<number> {
    return (await this.points.nextDueIn(db)) ?? Infinity;
  }

  /**
   * Fires the points that are due and whose partition has been applied until then, and those that have been due for `waitMs` while its partition was read to its end. Returns how many points were claimed; there may be
   * more after a full batch.
   */
  async run(tx: Tx, { limit, progress, waitMs }: FireDueCommand): Promise<number> {
    const reach = reachOf(progress, waitMs);
    if (reach.length === 0) return 0;
    const points = await this.points.claim(tx, limit, reach, waitMs);
    if (points.length === 0) return 0;
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
