import { type Queries, type Row, type Tx } from '@gongdan/platform';

/** A stream of events: (producer, organisation, ticket). */
export interface Stream {
  org: string;
  ticketId: string;
  producer: string;
}

export const streamKey = (s: Stream): string => `${s.org}|${s.ticketId}|${s.producer}`;

export interface Mark extends Stream {
  lastSeq: number;
  /** Short forms of the ids of the last events applied, newest first: another event with one of their numbers is a conflict. */
  recent: readonly string[];
  /** The ticket has parked events, so later ones are parked behind them. */
  blocked: boolean;
  /** Events wait for a gap of this stream to be filled. */
  gap: boolean;
}

interface MarkRow extends Row {
  org: string;
  ticket_id: string;
  producer: string;
  last_seq: number;
  recent: string[];
  blocked: boolean;
  gap: boolean;
}

/** Eight ids of 64 bits each: a second event of the same number is met while the first is recent, and 88 bytes a stream are affordable. */
const RECENT = 8;

// Rows are locked in key order, so that two consumers of one partition (a zombie and its successor) cannot deadlock. A row that another
// transaction inserted after this snapshot appears in neither branch, so the caller repeats the statement.
const LOCK = `
with batch as (select distinct * from unnest($1::text[], $2::uuid[], $3::text[]) as b (org, ticket_id, producer)),
fresh as (
  insert into marks (org, ticket_id, producer, last_seq) select org, ticket_id, producer, 0 from batch order by 1, 2, 3
  on conflict do nothing returning org, ticket_id, producer, last_seq, recent
), known as (
  select m.org, m.ticket_id, m.producer, m.last_seq, m.recent from marks m join batch using (org, ticket_id, producer)
  order by 1, 2, 3 for update of m
)
select m.org, m.ticket_id, m.producer, m.last_seq, m.recent::text[] as recent, exists (select 1 from parked_events p where p.org = m.org and p.ticket_id = m.ticket_id and ($4::uuid is null or (p.tried_by is distinct from $4 and p.id <= $5))) as blocked,
       exists (select 1 from gaps g where g.org = m.org and g.ticket_id = m.ticket_id and g.producer = m.producer) as gap
from (select * from fresh union all select * from known) m`;

const ADVANCE = `
update marks m set last_seq = b.last_seq, recent = b.recent::bigint[]
from unnest($1::text[], $2::uuid[], $3::text[], $4::bigint[], $5::text[]) as b (org, ticket_id, producer, last_seq, recent)
where m.org = b.org and m.ticket_id = b.ticket_id and m.producer = b.producer and m.last_seq < b.last_seq`;

/** A redrive of the parked events of one ticket. Neither these events nor those parked behind them meanwhile block it. */
export interface Redriving {
  id: string;
  lastParked: number;
}

/** Locks the high-water marks of streams: dedupe, order and fence of a consumer in one (docs/adr/0004). Group membership is no fence; these row locks are. */
export async function lockMarks(tx: Tx, streams: readonly Stream[], redriving?: Redriving): Promise<Map<string, Mark>> {
  const marks = new Map<string, Mark>();
  const wanted = new Map(streams.map((s) => [streamKey(s), s]));
  while (wanted.size > 0) {
    const list = [...wanted.values()];
    const rows = await tx.rows<MarkRow>(LOCK, [
      list.map((s) => s.org),
      list.map((s) => s.ticketId),
      list.map((s) => s.producer),
      redriving?.id ?? null,
      redriving?.lastParked ?? null,
    ]);
    for (const r of rows) {
      const { org, producer, recent, blocked, gap } = r;
      const mark = { org, ticketId: r.ticket_id, producer, lastSeq: r.last_seq, recent, blocked, gap };
      marks.set(streamKey(mark), mark);
      wanted.delete(streamKey(mark));
    }
  }
  return marks;
}

export async function advanceMarks(tx: Tx, marks: readonly Mark[]): Promise<void> {
  if (marks.length === 0) return;
  await tx.run(ADVANCE, [
    marks.map((m) => m.org),
    marks.map((m) => m.ticketId),
    marks.map((m) => m.producer),
    marks.map((m) => m.lastSeq),
    marks.map((m) => `{${m.recent.join(',')}}`),
  ]);
}

// One statement for a batch whose streams all continue at their marks. What does not (a duplicate, a gap, a parked ticket) is not moved and not
// returned. Rows are locked in key order, as by LOCK.
const ADVANCE_CONTIGUOUS = `
with batch as (
  select b.* from unnest($1::text[], $2::uuid[], $3::text[], $4::bigint[], $5::bigint[], $6::text[]) as b (org, ticket_id, producer, first_seq, last_seq, recent)
  where not exists (select 1 from parked_events p where p.org = b.org and p.ticket_id = b.ticket_id)
    and not exists (select 1 from gaps g where g.org = b.org and g.ticket_id = b.ticket_id and g.producer = b.producer)
), fresh as (
  insert into marks (org, ticket_id, producer, last_seq, recent) select org, ticket_id, producer, last_seq, recent::bigint[] from batch
  where first_seq = 1 order by 1, 2, 3 on conflict do nothing returning org, ticket_id, producer
), known as (
  select org, ticket_id, producer from marks m join batch b using (org, ticket_id, producer) where m.last_seq = b.first_seq - 1
  order by 1, 2, 3 for update of m
), moved as (
  update marks m set last_seq = b.last_seq, recent = (b.recent::bigint[] || m.recent)[1:${RECENT}]
  from batch b join known using (org, ticket_id, producer)
  where m.org = b.org and m.ticket_id = b.ticket_id and m.producer = b.producer
  returning m.org, m.ticket_id, m.producer
)
select * from fresh union all select * from moved`;

/** Events of one stream in a batch, one after the other without a gap. */
export interface Contiguous extends Stream {
  firstSeq: number;
  eventIds: string[];
}

/** Moves each stream behind its events if it stands right before them; returns the keys of those that were moved. */
export async function advanceContiguous(db: Queries, streams: readonly Contiguous[]): Promise<Set<string>> {
  const rows = await db.rows<{ org: string; ticket_id: string; producer: string }>(ADVANCE_CONTIGUOUS, [
    streams.map((s) => s.org),
    streams.map((s) => s.ticketId),
    streams.map((s) => s.producer),
    streams.map((s) => s.firstSeq),
    streams.map((s) => s.firstSeq + s.eventIds.length - 1),
    streams.map((s) => `{${s.eventIds.slice(-RECENT).reverse().map(shortId).join(',')}}`),
  ]);
  return new Set(rows.map((r) => streamKey({ org: r.org, ticketId: r.ticket_id, producer: r.producer })));
}

// The last 64 bits: those of a UUID of version 7 are random, those of a name-based one are hash.
const shortId = (eventId: string): string => BigInt.asIntN(64, BigInt(`0x${eventId.slice(-17).replace('-', '')}`)).toString();

/** Moves the mark to an event in memory; `advanceMarks` writes it. */
export function passEvent(mark: Mark, seq: number, eventId: string): void {
  const kept = seq === mark.lastSeq + 1 ? mark.recent.slice(0, RECENT - 1) : [];
  mark.recent = [shortId(eventId), ...kept];
  mark.lastSeq = seq;
}

/** Whether another event than this one was applied under its number. Undefined when the mark does not hold the id of that number. */
export function isConflict(mark: Mark, seq: number, eventId: string): boolean | undefined {
  const applied = mark.recent[mark.lastSeq - seq];
  return applied === undefined ? undefined : applied !== shortId(eventId);
}
