import { Injectable } from '@nestjs/common';
import { type EventOf, type intake } from '@gongdan/contracts';
import { type Case, compile, type HeardLinks } from '@gongdan/engine';
import { type Pack } from '@gongdan/packs';
import { type Queries, type Row, type Tx } from '@gongdan/platform';

export type LinkEvent = EventOf<typeof intake.TicketLinked> | EventOf<typeof intake.TicketUnlinked>;

/** The last word about each link. */
export function lastOfEach(events: readonly LinkEvent[]): LinkEvent[] {
  return [...new Map(events.map((e) => [`${e.org}|${e.ticketId}|${e.data.as}|${e.data.other.id}`, e])).values()];
}

/** Which tickets are linked, as intake told it. Each ticket has a row of its own for a link, by what the other ticket is to it. */
@Injectable()
export class LinksStore {
  /** Locks the cases that the events are about, in the order in which everybody locks them. */
  async lock(tx: Tx, events: readonly LinkEvent[]): Promise<void> {
    await tx.run(
      `select 1 from cases where (org, ticket_id) in (select * from unnest($1::text[], $2::uuid[])) order by org, ticket_id for no key update`,
      [events.map((e) => e.org), events.map((e) => e.ticketId)],
    );
  }

  /** Writes what a batch of events says; the last word about a link counts. */
  async keep(tx: Tx, events: readonly LinkEvent[]): Promise<void> {
    const last = lastOfEach(events);
    for (const name of ['intake.ticket-unlinked', 'intake.ticket-linked'] as const) {
      const of = last.filter((e) => e.name === name);
      if (of.length === 0) continue;
      const rows = 'unnest($1::text[], $2::uuid[], $3::text[], $4::uuid[]) as r (org, ticket_id, kind, other)';
      await tx.run(
        name === 'intake.ticket-linked'
          ? `insert into ticket_links (org, ticket_id, kind, other) select * from ${rows} on conflict do nothing`
          : `delete from ticket_links l using ${rows} where l.org = r.org and l.ticket_id = r.ticket_id and l.kind = r.kind and l.other = r.other`,
        [of.map((e) => e.org), of.map((e) => e.ticketId), of.map((e) => e.data.as), of.map((e) => e.data.other.id)],
      );
    }
  }

  /** The case with what it may ask of linked tickets; most packs ask nothing, and then nothing is read. */
  async heardBy(q: Queries, pack: Pack, c: Case): Promise<Case> {
    if (!compile(pack).asksLinks) return c;
    const rows = await q.rows<Row & { kind: string; count: number; open: number; unit: string | null }>(
      `select l.kind, count(*)::int as count, count(*) filter (where coalesce(c.phase, 'open') = 'open')::int as open,
         (array_agg(c.unit order by coalesce(c.phase, 'open') = 'open' desc, l.other) filter (where c.unit is not null))[1] as unit
       from ticket_links l left join cases c on c.org = l.org and c.ticket_id = l.other
       where l.org = $1 and l.ticket_id = $2::uuid group by l.kind`,
      [c.org, c.ticketId],
    );
    const links = Object.fromEntries(
      rows.map(({ kind, count, open, unit }): [string, HeardLinks] => [kind, { count, open, ...(unit === null ? {} : { unit }) }]),
    );
    return { ...c, heard: { ...c.heard, links } };
  }
}
