import { Injectable } from '@nestjs/common';
import { type EventEnvelope } from '@gongdan/contracts';
import { Fanout, type Tx } from '@gongdan/platform';
import { clockKey, type ClockRow, evolveClock } from '../projections/clock-row.js';
import { evolve, type TicketRow } from '../projections/ticket-row.js';
import { ProjectionsStore } from '../store/projections.store.js';

/** What a live listener is told: enough to know what to fetch. */
export interface LiveUpdate {
  ticketId: string;
  number: string;
  event: string;
  state: string;
  unit: string | null;
  at: string;
}

export const liveChannel = (org: string): string => `gongdan:live:${org}`;

/** Folds a batch into rows: read what the batch touches, evolve in memory, write once. */
@Injectable()
export class ProjectEvents {
  constructor(
    private readonly store: ProjectionsStore,
    private readonly fanout: Fanout,
  ) {}

  async run(tx: Tx, events: readonly EventEnvelope[]): Promise<void> {
    const keys = [...new Map(events.map((e) => [`${e.org}|${e.ticketId}`, { org: e.org, id: e.ticketId }])).values()];
    const tickets = new Map((await this.store.tickets(tx, keys)).map((r) => [`${r.org}|${r.id}`, r]));
    const before = new Set(tickets.keys());
    const needClocks = events.some((e) => e.producer === 'sla');
    const clocks = new Map((needClocks ? await this.store.clocks(tx, keys) : []).map((r) => [clockKey(r.org, r.ticket_id, r.clock), r]));
    const changedClocks = new Map<string, ClockRow>();
    const live: [string, LiveUpdate][] = [];
    for (const e of events) {
      const key = `${e.org}|${e.ticketId}`;
      const row = evolve(tickets.get(key), e);
      tickets.set(key, row);
      const name = (e.data as { clock?: string }).clock;
      const clock = name === undefined ? undefined : evolveClock(clocks.get(clockKey(e.org, e.ticketId, name)), e);
      if (clock) {
        clocks.set(clockKey(clock.org, clock.ticket_id, clock.clock), clock);
        changedClocks.set(clockKey(clock.org, clock.ticket_id, clock.clock), clock);
      }
      live.push([e.org, updateOf(e, row)]);
    }
    const known = [...tickets].filter(([key]) => before.has(key)).map(([, row]) => row);
    const fresh = [...tickets].filter(([key]) => !before.has(key)).map(([, row]) => row);
    await this.store.save(tx, fresh, known, [...changedClocks.values()]);
    await this.store.remember(tx, events);
    tx.afterCommit(() => {
      // Live updates may be lost; a burst (an import) would only flood the listeners, who refetch anyway.
      for (const [org, update] of live.slice(-100)) this.fanout.publish(liveChannel(org), JSON.stringify(update));
    });
  }
}

function updateOf(e: EventEnvelope, row: TicketRow): LiveUpdate {
  return { ticketId: e.ticketId, number: row.number, event: e.name, state: row.state, unit: row.unit, at: e.occurredAt };
}
