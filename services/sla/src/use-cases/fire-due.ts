import { Injectable } from '@nestjs/common';
import { DueFiring, type DueOwner, type DuePoint, type Firing, type Subject, subjectId } from '@gongdan/due';
import { type Cause } from '@gongdan/kernel';
import { Outbox, type PendingEvent } from '@gongdan/messaging';
import { type Tx } from '@gongdan/platform';
import { followed } from '../domain/chain.js';
import { type Clock, fire, type Origin } from '../domain/clock.js';
import { type OwnedClock } from '../store/clock-columns.js';
import { clockId, ClocksStore } from '../store/clocks.store.js';
import { DuePointsStore } from '../store/due-points.store.js';

/** Publishes the warnings and breaches that are due. */
@Injectable()
export class FireDue implements DueOwner<OwnedClock> {
  readonly firing: DueFiring<OwnedClock>;

  constructor(
    points: DuePointsStore,
    private readonly clocks: ClocksStore,
    private readonly outbox: Outbox,
  ) {
    this.firing = new DueFiring(points, this);
  }

  async subjectsOf(tx: Tx, points: readonly DuePoint[]): Promise<ReadonlyMap<string, Subject<OwnedClock>>> {
    const owned = await this.clocks.clocksOf(tx, points);
    return new Map(
      owned.map((state) => {
        const { org, ticketId, key: subject } = state.clock;
        return [subjectId({ org, ticketId, subject }), { gen: state.clock.state === 'running' ? state.clock.gen : undefined, state }];
      }),
    );
  }

  async fire(tx: Tx, firings: readonly Firing<OwnedClock>[]): Promise<void> {
    const events: PendingEvent[] = [];
    const fired = new Map<string, Clock>();
    for (const { point, state } of firings) {
      const id = clockId(state.clock);
      const decision = fire(fired.get(id) ?? state.clock, { key: point.point, at: point.dueAt }, point.firedAt, point.unheard);
      fired.set(id, decision.state);
      const cause = causeOf(state.origin);
      const drafts = followed(decision.events, state.clock, state.origin.depth);
      events.push(...drafts.map((draft) => ({ draft, cause })));
    }
    await this.clocks.saveFired(tx, [...fired.values()]);
    await this.outbox.appendAll(tx, events);
  }
}

function causeOf({ correlationId, causationId, traceparent }: Origin): Cause {
  return { correlationId, causationId, ...(traceparent === undefined ? {} : { traceparent }), actor: { id: 'system:sla' } };
}
