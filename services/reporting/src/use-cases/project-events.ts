import { Injectable } from '@nestjs/common';
import { type TicketEvent } from '@gongdan/contracts';
import { inScope, type Scope } from '@gongdan/directory';
import { Fanout, type Tx } from '@gongdan/platform';
import { clockKey, type ClockRow, evolveClock, isClockEvent } from '../projections/clock-row.js';
import { type LedgerEntry, ledgerEntriesOf } from '../projections/ledger-entry.js';
import { changesRows, evolve, type TicketRow } from '../projections/ticket-row.js';
import { ProjectionsStore } from '../store/projections.store.js';

/** What a live listener receives about one event: enough to decide what to fetch. */
export interface LiveUpdate {
  ticketId: string;
  number: string;
  /** Name of the event. */
  event: string;
  /** State and unit after the event. */
  state: string;
  unit: string | null;
  at: string;
}

// The listeners of an organisation refetch anyway: an import of thousands of tickets would only flood them.
const MOST_UPDATES = 100;

interface OrgUpdate {
  org: string;
  update: LiveUpdate;
}

export const liveChannel = (org: string): string => `gongdan:live:${org}`;

/** Whether an update is about a ticket that the units of the scope have. */
export function isWithin(update: string, scope: Scope): boolean {
  return scope.all || inScope(scope, (JSON.parse(update) as LiveUpdate).unit);
}

/** Applies a batch of events to the rows: reads what the batch touches, folds in memory, writes once. */
@Injectable()
export class ProjectEvents {
  constructor(
    private readonly store: ProjectionsStore,
    private readonly fanout: Fanout,
  ) {}

  async run(tx: Tx, events: readonly TicketEvent[]): Promise<void> {
    const updates = events.some(changesRows) ? await this.fold(tx, events) : await this.record(tx, events);
    tx.afterCommit(() => {
      for (const { org, update } of updates.slice(-MOST_UPDATES)) this.fanout.publish(liveChannel(org), JSON.stringify(update));
    });
  }

  private async fold(tx: Tx, events: readonly TicketEvent[]): Promise<OrgUpdate[]> {
    const keys = [...new Map(events.map((e) => [ticketKey(e), { org: e.org, id: e.ticketId }])).values()];
    const known = await this.store.lock(tx, keys, events.some(isClockEvent));
    const before = new Map(known.tickets.map((t) => [ticketKey({ org: t.org, ticketId: t.id }), t]));
    const tickets = new Map<string, TicketRow>(before);
    const clocks = new Map(known.clocks.map((c) => [clockKey(c.org, c.ticketId, c.clock), c]));
    const changedClocks = new Map<string, ClockRow>();
    const ledger: LedgerEntry[] = [];
    const updates: OrgUpdate[] = [];
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
      updates.push({ org: e.org, update: updateOf(e, row) });
    }
    await this.store.save(tx, {
      newTickets: [...tickets].flatMap(([key, row]) => (before.has(key) ? [] : [row])),
      changedTickets: [...tickets].flatMap(([key, row]) => (before.has(key) && before.get(key) !== row ? [row] : [])),
      clocks: [...changedClocks.values()],
      ledger,
      events,
    });
    return updates;
  }

  // About every third event of a ticket is a message, and most of them arrive alone.
  private async record(tx: Tx, events: readonly TicketEvent[]): Promise<OrgUpdate[]> {
    const rows = await this.store.record(tx, events);
    const tickets = new Map(rows.map((t) => [ticketKey({ org: t.org, ticketId: t.id }), t]));
    return events.map((e) => ({ org: e.org, update: updateOf(e, evolve(tickets.get(ticketKey(e)), e)) }));
  }
}

const ticketKey = (e: { org: string; ticketId: string }): string => `${e.org}|${e.ticketId}`;

function updateOf(e: TicketEvent, row: TicketRow): LiveUpdate {
  return { ticketId: e.ticketId, number: row.number, event: e.name, state: row.state, unit: row.unit, at: e.occurredAt };
}
