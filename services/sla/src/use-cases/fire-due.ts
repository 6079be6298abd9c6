import { Injectable } from '@nestjs/common';
import { type Cause } from '@gongdan/kernel';
import { Outbox, type PendingEvent } from '@gongdan/messaging';
import { type Queries, type Tx } from '@gongdan/platform';
import { type Clock, fire } from '../domain/clock.js';
import { ClocksStore } from '../store/clocks.store.js';

/** Fires what is due, exactly once: the point's row, its clock and its event change in one transaction. */
@Injectable()
export class FireDue {
  constructor(
    private readonly store: ClocksStore,
    private readonly outbox: Outbox,
  ) {}

  /** Milliseconds until the next point is due; Infinity when there is none. */
  async nextIn(db: Queries): Promise<number> {
    return (await this.store.nextDueIn(db)) ?? Infinity;
  }

  /** Points fired; a full batch means there may be more. */
  async run(tx: Tx, limit: number): Promise<number> {
    const points = await this.store.claimDue(tx, limit);
    if (points.length === 0) return 0;
    const clocks = new Map((await this.store.clocksOf(tx, points.map((p) => ({ org: p.org, ticketId: p.ticket_id })))).map((o) => [`${o.clock.org}|${o.clock.ticketId}|${o.clock.key}`, o])); // prettier-ignore
    const said: PendingEvent[] = [];
    const fired = new Map<string, Clock>();
    for (const p of points) {
      const key = `${p.org}|${p.ticket_id}|${p.clock}`;
      const owned = clocks.get(key);
      // A point of an older generation cannot exist (it is replaced with its clock); if it did, it must not fire.
      if (!owned || owned.clock.state !== 'running' || owned.clock.gen !== p.gen) continue;
      const { clock, origin } = owned;
      const decision = fire(clock, { key: p.point, at: p.due_at }, p.fired_at);
      fired.set(key, decision.state);
      clocks.set(key, { clock: decision.state, origin });
      const { traceparent, ...rest } = origin;
      const cause: Cause = { ...rest, ...(traceparent === undefined ? {} : { traceparent }), actor: { id: 'system:sla' } };
      said.push(...decision.events.map((draft) => ({ draft, cause })));
    }
    await this.store.saveFired(tx, [...fired.values()]);
    await this.outbox.appendAll(tx, said);
    return points.length;
  }
}
