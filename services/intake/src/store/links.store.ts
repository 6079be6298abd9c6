import { Injectable } from '@nestjs/common';
import { type Scope } from '@gongdan/directory';
import { type Queries, type Row, type Tx } from '@gongdan/platform';
import { type Link } from '../domain/links.js';

/** A link as one of its tickets shows it. */
export interface LinkRow extends Row {
  id: string;
  kind: string;
  end: 'from' | 'to';
  linked_by: string;
  linked_at: string;
  other_id: string;
  other_number: string;
  other_title: string;
  other_state: string;
}

@Injectable()
export class LinksStore {
  /** False when the two tickets are linked like this already. */
  async add(tx: Tx, { org, id, kind, from, to }: Link, by: string, at: string): Promise<boolean> {
    const added = await tx.run(
      `insert into ticket_links (org, id, kind, from_id, to_id, linked_by, linked_at) values ($1, $2::uuid, $3, $4::uuid, $5::uuid, $6, $7)
       on conflict (org, from_id, kind, to_id) do nothing`,
      [org, id, kind, from.id, to.id, by, at],
    );
    return added === 1;
  }

  /** A link of this kind between two tickets, in either direction. */
  async between(q: Queries, org: string, kind: string, a: string, b: string): Promise<{ id: string; from_id: string } | undefined> {
    return q.one<{ id: string; from_id: string } & Row>(
      `select id, from_id from ticket_links where org = $1 and kind = $2
         and ((from_id = $3::uuid and to_id = $4::uuid) or (from_id = $4::uuid and to_id = $3::uuid))`,
      [org, kind, a, b],
    );
  }

  /** Links of a ticket whose other end is within reach, in the order of their ids, which is that of their making. */
  async list(q: Queries, org: string, scope: Scope, ticketId: string, after: string | undefined, limit: number): Promise<LinkRow[]> {
    return q.rows<LinkRow>(
      `select l.*, t.id as other_id, t.number as other_number, t.title as other_title, t.registration as other_state from (
         select id, kind, 'from' as "end", linked_by, linked_at, to_id as other from ticket_links where org = $1 and from_id = $2::uuid
         union all select id, kind, 'to', linked_by, linked_at, from_id from ticket_links where org = $1 and to_id = $2::uuid
       ) l join tickets t on t.org = $1 and t.id = l.other
       where ($3::uuid is null or l.id > $3) and ($4::boolean or coalesce(t.case_unit, t.unit) = any ($5::text[]))
       order by l.id limit $6`,
      [org, ticketId, after ?? null, scope.all, [...scope.units], limit],
    );
  }

  async get(q: Queries, org: string, ticketId: string, id: string): Promise<{ kind: string; from_id: string; to_id: string } | undefined> {
    return q.one<{ kind: string; from_id: string; to_id: string } & Row>(
      'select kind, from_id, to_id from ticket_links where org = $1 and id = $2::uuid and $3::uuid in (from_id, to_id)',
      [org, id, ticketId],
    );
  }

  async remove(tx: Tx, org: string, id: string): Promise<boolean> {
    return (await tx.run('delete from ticket_links where org = $1 and id = $2::uuid', [org, id])) === 1;
  }
}
