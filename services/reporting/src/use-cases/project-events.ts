import { Injectable } from '@nestjs/common';
import { type TicketEvent } from '@gongdan/contracts';
import { Fanout, type Tx } from '@gongdan/platform';
import { type LiveChange, liveChannel, newsOf } from '../domain/live.js';
import { clockKey, type ClockRow, evolveClock, isClockEvent } from '../projections/clock-row.js';
import { type LedgerEntry, ledgerEntriesOf } from '../projections/ledger-entry.js';
import { changesRows, evolve, type TicketRow } from '../projections/ticket-row.js';
import { ProjectionsStore } from '../store/projections.store.js';
import { Replay } from '../store/replay.js';

/** Applies a batch of events to the rows: reads what the batch touches, folds in memory, writes once. */
@Injectable()
export class ProjectEvents {
  constructor(
    private readonly store: ProjectionsStore,
    private readonly fanout: Fanout,
    private readonly replay: Replay,
  ) {}

  async run(tx: Tx, events: readonly TicketEvent[]): Promise<void> {
    const changes = events.some(changesRows) ? await this.fold(tx, events) : await this.record(tx, events);
    tx.afterCommit(() => {
      if (this.replay.takes(changes)) return;
      for (const [org, news] of newsOf(changes)) for (const one of news) this.fanout.publish(liveChannel(org), JSON.stringify(one));
    });
  }

  private async fold(tx: Tx, events: readonly TicketEvent[]): Promise<LiveChange[]> {
    const keys = [...new Map(events.map((e) => [ticketKey(e), { org: e.org, id: e.ticketId }])).values()];
    const known = await this.store.lock(tx, keys, events.some(isClockEvent));
    const before = new Map(known.tickets.map((t) => [ticketKey({ org: t.org, ticketId: t.id }), t]));
    const tickets = new Map<string, TicketRow>(before);
    const clocks = new Map(known.clocks.map((c) => [clockKey(c.org, c.ticketId, c.clock), c]));
    const changedClocks = new Map<string, ClockRow>();
    const ledger: LedgerEntry[] = [];
    const changes: LiveChange[] = [];
    for (const e of events) {
      const last = tickets.get(ticketKey(e));
      const row = evolve(last, e);
      ledger.push(...ledgerEntriesOf(last, row, e));
      tickets.set(ticketKey(e), row);
      if (isClockEvent(e)) {
        const key = clockKey(e.org, e.ticketId, e.data.clock);
        const clock = evolveClock(clocks.get(key), e);
        clocks.set(key, clock);
        changedClocks.set(key, clock);
      }
      changes.push(changeOf(e, last, row));
    }
    await this.store.save(tx, {
      newTickets: [...tickets].flatMap(([key, row]) => (before.has(key) ? [] : [row])),
      changedTickets: [...tickets].flatMap(([key, row]) => (before.has(key) && before.get(key) !== row ? [row] : [])),
      clocks: [...changedClocks.values()],
      ledger,
      events,
    });
    return changes;
  }

  // About every third event of a ticket is a message, and most of them arrive alone.
  private async record(tx: Tx, events: readonly TicketEvent[]): Promise<LiveChange[]> {
    const rows = await this.store.record(tx, events);
    const tickets = new Map(rows.map((t) => [ticketKey({ org: t.org, ticketId: t.id }), t]));
    return events.map((e) => {
      const row = tickets.get(ticketKey(e));
      return changeOf(e, row, evolve(row, e));
    });
  }
}

const ticketKey = (e: { org: string; ticketId: string }): string => `${e.org}|${e.ticketId}`;

function changeOf(e: TicketEvent, before: TicketRow | undefined, { number, state, unit }: TicketRow): LiveChange {
  return { org: e.org, update: { ticketId: e.ticketId, number, event: e.name, state, unit, at: e.occurredAt }, from: before?.unit ?? null };
}
