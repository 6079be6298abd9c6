import { Injectable } from '@nestjs/common';
import { type Instant } from '@gongdan/kernel';
import { type Tx } from '@gongdan/platform';
import { type DueClocks } from '../../domain/due-clocks.js';

export interface CaseDues {
  org: string;
  ticketId: string;
  run: number;
  clocks: DueClocks;
  packKey: string;
  packVersion: number;
}

/** What sla said about the deadlines of cases, by which the work lists are sorted. */
@Injectable()
export class DueInstantsStore {
  /** The deadlines of cases under lock: a decision that opens a task meanwhile waits and writes the deadline that this transaction leaves. */
  lock(tx: Tx, tickets: readonly { org: string; ticketId: string }[]): Promise<CaseDues[]> {
    return tx.rows<CaseDues & { clocks: Record<string, Instant> }>(
      `select c.org, c.ticket_id as "ticketId", c.run, c.due_clocks as clocks, c.pack_key as "packKey", c.pack_version as "packVersion"
       from cases c join (select distinct * from unnest($1::text[], $2::uuid[]) as t (org, id)) t on c.org = t.org and c.ticket_id = t.id
       order by c.org, c.ticket_id for update of c`,
      [tickets.map((t) => t.org), tickets.map((t) => t.ticketId)],
    );
  }

  async save(tx: Tx, cases: readonly (CaseDues & { dueAt: Instant | undefined })[]): Promise<void> {
    if (cases.length === 0) return;
    await tx.run(
      `with changed as (
         update cases c set due_clocks = n.clocks, due_at = n."dueAt"
         from json_to_recordset($1::json) as n (org text, "ticketId" uuid, clocks jsonb, "dueAt" timestamptz)
         where c.org = n.org and c.ticket_id = n."ticketId" returning c.org, c.ticket_id, coalesce(c.due_at, 'infinity') as due_at
       )
       update open_tasks t set due_at = c.due_at from changed c where t.org = c.org and t.ticket_id = c.ticket_id and t.due_at <> c.due_at`,
      [JSON.stringify(cases)],
    );
  }
}
