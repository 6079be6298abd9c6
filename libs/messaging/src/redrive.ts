import { type Database } from '@gongdan/platform';
import { newId, NotFound, Refused } from '@gongdan/kernel';
import { type Consumer } from './consumer.js';
import { advanceMarks, lockMarks, type Stream, streamKey } from './marks.js';
import { auditParked, lockParkedOf, messageOf, type ParkedFilter, type ParkedRow, ticketsWithParked, unpark } from './parked.js';

export interface RedriveResult {
  tried: number;
  /** Still parked afterwards. */
  left: number;
}

type Ticket = Pick<Stream, 'org' | 'ticketId'>;

/**
 * Tries the parked events of a ticket again, in the order they came, through the ordinary path: what still fails keeps its place, its id and
 * its age. The records stay in the table until they went through; a crash in between leaves them there.
 */
export async function redriveTicket(database: Database, consumer: Consumer, ticket: Ticket, actor: string): Promise<RedriveResult> {
  const redrive = newId();
  const rows = await database.transaction(async (tx) => {
    const parked = await lockParkedOf(tx, ticket);
    if (parked.length === 0) throw new NotFound('messaging/nothing-parked');
    await auditParked(tx, actor, 'redrive', null, parked);
    await tx.run('update parked_events set tried_by = $1 where id = any($2::bigint[])', [redrive, parked.map((r) => r.id)]);
    return parked;
  });
  try {
    await consumer.apply(rows.map(messageOf));
  } catch (error) {
    await database.run('update parked_events set tried_by = null where tried_by = $1', [redrive]);
    throw error;
  }
  await database.run('delete from parked_events where tried_by = $1', [redrive]);
  const left = await database.one<{ n: number }>('select count(*) as n from parked_events where org = $1 and ticket_id = $2::uuid', [ticket.org, ticket.ticketId]);
  return { tried: rows.length, left: left?.n ?? 0 };
}

/** All tickets with parked events, one after the other; one that somebody else has just redriven counts for nothing. */
export async function redriveAll(database: Database, consumer: Consumer, filter: Omit<ParkedFilter, 'limit'>, actor: string): Promise<{ tickets: number } & RedriveResult> {
  const total = { tickets: 0, tried: 0, left: 0 };
  for (const ticket of await ticketsWithParked(database, filter)) {
    const result = await redriveTicket(database, consumer, ticket, actor).catch((error: unknown) => {
      if (error instanceof NotFound) return { tried: 0, left: 0 };
      throw error;
    });
    total.tickets += 1;
    total.tried += result.tried;
    total.left += result.left;
  }
  return total;
}

/**
 * Gives one parked record up for good: needs a reason, is audited with its bytes. The mark passes it, and what waited behind it is tried.
 */
export async function discardParked(database: Database, consumer: Consumer, id: number, actor: string, reason: string): Promise<RedriveResult> {
  if (reason.trim() === '') throw new Refused('messaging/reason-missing');
  const row = await database.transaction(async (tx) => {
    const found = await tx.one<ParkedRow>('select * from parked_events where id = $1 for update', [id]);
    if (!found) throw new NotFound('messaging/not-parked');
    await auditParked(tx, actor, 'discard', reason, [found]);
    await unpark(tx, [id]);
    if (found.org !== null && found.ticket_id !== null && found.producer !== null && found.seq !== null) {
      const stream = { org: found.org, ticketId: found.ticket_id, producer: found.producer };
      const mark = (await lockMarks(tx, [stream])).get(streamKey(stream));
      if (mark && found.seq === mark.lastSeq + 1) await advanceMarks(tx, [{ ...mark, lastSeq: found.seq }]);
    }
    return found;
  });
  if (row.org === null || row.ticket_id === null) return { tried: 0, left: 0 };
  const ticket = { org: row.org, ticketId: row.ticket_id };
  return redriveTicket(database, consumer, ticket, actor).catch((error: unknown) => {
    if (error instanceof NotFound) return { tried: 0, left: 0 };
    throw error;
  });
}
