import { Injectable } from '@nestjs/common';
import { type Scope } from '@gongdan/directory';
import { type Queries, type Row } from '@gongdan/platform';
import { DECISION, type DecisionRow } from './decision-columns.js';

/** Key of a decision within an organisation. */
export type Place = [ticketId: string, no: number];

export interface PastRow extends DecisionRow {
  number: string;
}

/** Decisions of the past, page by page. */
@Injectable()
export class PastDecisionsStore {
  /**
   * Looks at `most` decisions behind `after` in the order of the primary key and returns those that a table of the pack made between the instants, about
   * tickets in the scope. A page costs the same however few of its rows are returned; an index by time would cost every ticket a write.
   */
  async page(
    q: Queries,
    org: string,
    packKey: string,
    scope: Scope,
    p: { from: string; to: string; after: Place | undefined; most: number },
  ): Promise<{ rows: PastRow[]; last: Place | undefined }> {
    const found = await q.rows<PastRow & Row & { lastTicket: string; lastNo: number; scanned: number }>(
      `with page as materialized (
         select * from decisions where org = $1 and (ticket_id, no) > ($2::uuid, $3::int) order by ticket_id, no limit $4
       ), last as (select ticket_id, no, (select count(*)::int from page) as scanned from page order by ticket_id desc, no desc limit 1)
       select l.ticket_id as "lastTicket", l.no as "lastNo", l.scanned, f.* from last l left join (
         select ${DECISION.select('d')}, c.number from page d join cases c on c.org = d.org and c.ticket_id = d.ticket_id
         where d.pack_key = $5 and d.table_key is not null and d.at >= $6::timestamptz and d.at < $7::timestamptz
           and ($8::boolean or coalesce(c.unit, c.ticket->>'unit') = any ($9::text[]))
       ) f on true order by f."ticketId", f.no`,
      [
        org,
        p.after?.[0] ?? '00000000-0000-0000-0000-000000000000',
        p.after?.[1] ?? 0,
        p.most,
        packKey,
        p.from,
        p.to,
        scope.all,
        [...scope.units],
      ],
    );
    const [first] = found;
    const last: Place | undefined = first === undefined || first.scanned < p.most ? undefined : [first.lastTicket, first.lastNo];
    return { rows: found.filter((r) => r.ticketId !== null), last };
  }
}
