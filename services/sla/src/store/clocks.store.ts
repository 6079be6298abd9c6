import { Injectable } from '@nestjs/common';
import { type Queries, type Tx } from '@gongdan/platform';
import { type Clock } from '../domain/clock.js';
import { type SlaTicket } from '../domain/ticket.js';
import {
  CLOCK,
  type ClockRow,
  type OwnedClock,
  ownedClockOf,
  POINT,
  type PointRow,
  TICKET,
  ticketOf,
  type TicketRow,
} from './clock-columns.js';

export interface TicketRef {
  org: string;
  ticketId: string;
}

/** What a batch of events changed. */
export interface ClockChanges {
  tickets: readonly SlaTicket[];
  clocks: readonly OwnedClock[];
  /** The open points of the changed clocks; all others of these clocks are deleted. */
  points: readonly PointRow[];
}

const KEYS = '(select distinct * from unnest($1::text[], $2::uuid[]) as k (org, ticket_id)) k';
const LOCK_TICKETS = `select ${TICKET.select('t')} from sla_tickets t join ${KEYS} on t.org = k.org and t.id = k.ticket_id
  order by t.org, t.id for update of t`;
const CLOCKS_OF = `select ${CLOCK.select('c')} from clocks c join ${KEYS} using (org, ticket_id) order by c.started_at, c.key`;

// One statement. The points that are deleted and those that are written are different rows, so the order of the parts does not matter.
const SAVE = `
with tickets as (
  insert into sla_tickets (${TICKET.names}) select ${TICKET.values('t')} from ${TICKET.recordset('$1', 't')}
  on conflict (org, id) do update set unit = excluded.unit, facts = excluded.facts
), changed as (
  insert into clocks (${CLOCK.names}) select ${CLOCK.values('c')} from ${CLOCK.recordset('$2', 'c')}
  on conflict (org, ticket_id, key) do update set ${CLOCK.assignExcluded(['org', 'ticketId', 'key'])}
), outdated as (
  delete from clock_points p using ${CLOCK.recordset('$2', 'c')} where p.org = c."org" and p.ticket_id = c."ticketId" and p.clock = c."key"
    and not exists (select 1 from ${POINT.recordset('$3', 'n')} where n."org" = p.org and n."ticketId" = p.ticket_id and n."clock" = p.clock and n."point" = p.point)
)
insert into clock_points (${POINT.names}) select ${POINT.values('n')} from ${POINT.recordset('$3', 'n')}
on conflict (org, ticket_id, clock, point) do update set ${POINT.assignExcluded(['org', 'ticketId', 'clock', 'point'])}, failures = 0, retry_at = null`;

/** The state of tickets and clocks, as events and firing change it; due-points.store.ts claims what fires. */
@Injectable()
export class ClocksStore {
  /** The tickets of a batch, locked in the order of their ids. A ticket without a row is inserted by `save`. */
  async lockTickets(tx: Tx, refs: readonly TicketRef[]): Promise<SlaTicket[]> {
    return (await tx.rows<TicketRow>(LOCK_TICKETS, keys(refs))).map(ticketOf);
  }

  async clocksOf(db: Queries, refs: readonly TicketRef[]): Promise<OwnedClock[]> {
    return (await db.rows<ClockRow>(CLOCKS_OF, keys(refs))).map(ownedClockOf);
  }

  /** Writes tickets and clocks and replaces the points of these clocks, so that no point of an older generation remains. */
  async save(tx: Tx, { tickets, clocks, points }: ClockChanges): Promise<void> {
    if (tickets.length === 0 && clocks.length === 0) return;
    const rows = clocks.map(({ clock, origin }) => ({ ...clock, ...origin }));
    await tx.run(SAVE, [JSON.stringify(tickets), JSON.stringify(rows), JSON.stringify(points)]);
  }

  /** Writes what firing changes of a clock. The caller holds the locks of the tickets. */
  async saveFired(tx: Tx, fired: readonly Clock[]): Promise<void> {
    if (fired.length === 0) return;
    await tx.run(
      `update clocks c set breached_at = f."breachedAt", warned = f.warned
       from json_to_recordset($1::json) as f (org text, "ticketId" uuid, key text, "breachedAt" timestamptz, warned text[])
       where c.org = f.org and c.ticket_id = f."ticketId" and c.key = f.key`,
      [JSON.stringify(fired)],
    );
  }

  /** The unit that has the ticket; undefined for an unknown ticket. */
  async place(db: Queries, { org, ticketId }: TicketRef): Promise<{ unit: string | null } | undefined> {
    return db.one('select unit from sla_tickets where org = $1 and id = $2::uuid', [org, ticketId]);
  }
}

export function clockId(c: Pick<Clock, 'org' | 'ticketId' | 'key'>): string {
  return `${c.org}|${c.ticketId}|${c.key}`;
}

function keys(refs: readonly TicketRef[]): [string[], string[]] {
  return [refs.map((r) => r.org), refs.map((r) => r.ticketId)];
}
