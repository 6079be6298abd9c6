import { type Queries } from '@gongdan/platform';
import { z } from 'zod';

const Request = z.object({ producer: z.string(), org: z.string(), ticketId: z.uuid(), fromSeq: z.number().int().positive(), toSeq: z.number().int().positive() });

/** Says a stretch of one stream again, by putting its pointers back into the outbox. Consumers drop what they already have. */
export async function republishStretch(db: Queries, producer: string, request: unknown): Promise<number> {
  const parsed = Request.safeParse(request);
  if (!parsed.success || parsed.data.producer !== producer) return 0;
  const { org, ticketId, fromSeq, toSeq } = parsed.data;
  return db.run(
    `insert into outbox (part, org, ticket_id, seq)
     select hashtext(ticket_id::text) & 63, org, ticket_id, seq from ticket_event
     where org = $1 and ticket_id = $2::uuid and seq between $3 and $4 order by seq`,
    [org, ticketId, fromSeq, Math.min(toSeq, fromSeq + 9_999)],
  );
}

export interface RepublishRange {
  /** Recorded at or after. */
  from?: string | undefined;
  /** Recorded before. */
  to?: string | undefined;
  org?: string | undefined;
  ticketId?: string | undefined;
}

/**
 * Says a range again: how a lost or deleted topic is rebuilt from Postgres (docs/adr/0003). Whole streams are taken, not the
 * events of the range alone, because a consumer without marks needs seq 1 first.
 */
export async function republishRange(db: Queries, range: RepublishRange): Promise<number> {
  return db.run(
    `insert into outbox (part, org, ticket_id, seq)
     select hashtext(e.ticket_id::text) & 63, e.org, e.ticket_id, e.seq from ticket_event e
     where ($3::text is null or e.org = $3) and ($4::uuid is null or e.ticket_id = $4)
       and (($1::timestamptz is null and $2::timestamptz is null) or exists (
         select 1 from ticket_event r where r.org = e.org and r.ticket_id = e.ticket_id
           and r.recorded_at >= coalesce($1, '-infinity'::timestamptz) and r.recorded_at < coalesce($2, 'infinity'::timestamptz)))
     order by e.org, e.ticket_id, e.seq`,
    [range.from ?? null, range.to ?? null, range.org ?? null, range.ticketId ?? null],
  );
}
