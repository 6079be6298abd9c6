import { isCompacted } from '@gongdan/contracts';
import { type Database } from '@gongdan/platform';
import { Conflict, newId, NotFound, Refused } from '@gongdan/kernel';
import { type Consumer } from './consumer.js';
import { advanceMarks, lockMarks, passEvent, type Stream, streamKey } from './marks.js';
import {
  auditParked,
  lockParkedOf,
  messageOf,
  type ParkedFilter,
  type ParkedRow,
  ticketsDue,
  ticketsWithParked,
  unpark,
} from './parked.js';

export interface RedriveResult {
  tried: number;
  /** Events that are still parked afterwards. */
  left: number;
}

/** How often one redrive looks for events that were parked behind it meanwhile. */
const ROUNDS = 5;

type Ticket = Pick<Stream, 'org' | 'ticketId'>;

/**
 * Retries the parked events of a ticket in the order they arrived, through the ordinary path. A record that still fails keeps its place, its
 * id and its age. The records stay in the table until they have been applied, so live events of the ticket are parked behind them; those are
 * retried too, as long as there is progress. `actor` is the caller; retries by the service itself are not audited.
 */
export async function redriveTicket(database: Database, consumer: Consumer, ticket: Ticket, actor?: string): Promise<RedriveResult> {
  let tried = 0;
  for (let round = 1; ; round++) {
    const rows = await tryParked(database, consumer, ticket, actor);
    if (rows.length === 0 && round === 1) throw new NotFound('messaging/nothing-parked');
    tried += rows.length;
    const left = await database.rows<{ id: number }>('select id from parked_events where org = $1 and ticket_id = $2::uuid order by id', [
      ticket.org,
      ticket.ticketId,
    ]);
    const last = rows.at(-1)?.id ?? 0;
    if (left.length === 0 || (left[0]?.id ?? 0) <= last || round === ROUNDS) return { tried, left: left.length };
  }
}

async function tryParked(database: Database, consumer: Consumer, ticket: Ticket, actor: string | undefined): Promise<ParkedRow[]> {
  const id = newId();
  const rows = await database.transaction(async (tx) => {
    const parked = await lockParkedOf(tx, ticket);
    if (actor !== undefined && parked.length > 0) await auditParked(tx, actor, 'redrive', null, parked);
    await tx.run('update parked_events set tried_by = $1 where id = any($2::bigint[])', [id, parked.map((r) => r.id)]);
    return parked;
  });
  const lastParked = rows.at(-1)?.id;
  if (lastParked === undefined) return rows;
  try {
    await consumer.apply(rows.map(messageOf), undefined, { id, lastParked });
  } catch (error) {
    await database.run('update parked_events set tried_by = null where tried_by = $1', [id]);
    throw error;
  }
  await database.run('delete from parked_events where tried_by = $1', [id]);
  return rows;
}

/** Retries the tickets whose automatic retry is due. A timer of every replica calls it. Returns how many tickets were retried. */
export async function redriveDue(database: Database, consumer: Consumer): Promise<number> {
  const due = await ticketsDue(database, 200);
  for (const ticket of due) await redriveTicket(database, consumer, ticket).catch(ignoreEmptied);
  return due.length;
}

/** Redrives all tickets with parked events, one after the other. A ticket that another redrive has just emptied adds nothing to the counts. */
export async function redriveAll(
  database: Database,
  consumer: Consumer,
  filter: Omit<ParkedFilter, 'limit'>,
  actor: string,
): Promise<{ tickets: number } & RedriveResult> {
  const total = { tickets: 0, tried: 0, left: 0 };
  for (const ticket of await ticketsWithParked(database, filter)) {
    const result = await redriveTicket(database, consumer, ticket, actor).catch(ignoreEmptied);
    total.tickets += 1;
    total.tried += result.tried;
    total.left += result.left;
  }
  return total;
}

/**
 * Discards one parked record for good. It needs a reason and is audited with the record's bytes. The mark moves past the record, and the events
 * behind it are retried. Only the next event of its stream can be discarded: a later one would become a gap as soon as the earlier events
 * are applied, and its producer would publish it again.
 */
export async function discardParked(
  database: Database,
  consumer: Consumer,
  id: number,
  actor: string,
  reason: string,
): Promise<RedriveResult> {
  if (reason.trim() === '') throw new Refused('messaging/reason-missing');
  const row = await database.transaction(async (tx) => {
    const found = await tx.one<ParkedRow>('select * from parked_events where id = $1 for update', [id]);
    if (!found) throw new NotFound('messaging/not-parked');
    await auditParked(tx, actor, 'discard', reason, [found]);
    await unpark(tx, [id]);
    if (found.org !== null && found.ticket_id !== null && found.producer !== null && found.seq !== null) {
      const stream = { org: found.org, ticketId: found.ticket_id, producer: found.producer };
      const mark = (await lockMarks(tx, [stream])).get(streamKey(stream));
      if (mark && found.seq > mark.lastSeq + 1 && !isCompacted(found.topic))
        throw new Conflict(
          'messaging/not-first',
          { details: { next: mark.lastSeq + 1, seq: found.seq } },
          'an earlier event of the ticket comes first',
        );
      if (mark && found.seq === mark.lastSeq + 1) {
        passEvent(mark, found.seq, found.headers['ce_id'] ?? '');
        await advanceMarks(tx, [mark]);
      }
    }
    return found;
  });
  if (row.org === null || row.ticket_id === null) return { tried: 0, left: 0 };
  const ticket = { org: row.org, ticketId: row.ticket_id };
  return redriveTicket(database, consumer, ticket, actor).catch(ignoreEmptied);
}

// Another redrive has already emptied it.
function ignoreEmptied(error: unknown): RedriveResult {
  if (error instanceof NotFound) return { tried: 0, left: 0 };
  throw error;
}
