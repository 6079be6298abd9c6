import { Injectable } from '@nestjs/common';
import { type Queries, type SqlValue, type Tx } from '@gongdan/platform';
import { type KnownTicket } from '../domain/ticket.js';

interface TicketRow {
  org: string;
  id: string;
  pack_key: string;
  pack_version: number;
  number: string;
  title: string;
  description: string;
  language: 'zh-CN' | 'en';
  registered_at: string;
  facts: Record<string, unknown>;
  contact_sealed: string | null;
  silent: boolean;
  step: string | null;
  state: string;
  unit: string | null;
  holder: string | null;
}

export interface TicketKey {
  org: string;
  id: string;
}

// In key order: the consumer and the delivery workers lock the same rows.
const LOCK = `
select t.* from known_tickets t join unnest($1::text[], $2::uuid[]) as k (org, id) using (org, id) order by t.org, t.id for update of t`;

const SAVE = `
insert into known_tickets (org, id, pack_key, pack_version, number, title, description, language, registered_at, facts, contact_sealed, silent, step, state, unit, holder)
select * from unnest($1::text[], $2::uuid[], $3::text[], $4::int[], $5::text[], $6::text[], $7::text[], $8::text[], $9::timestamptz[], $10::json[], $11::text[],
                     $12::boolean[], $13::text[], $14::text[], $15::text[], $16::text[])
on conflict (org, id) do update set
  title = excluded.title, description = excluded.description, facts = excluded.facts, contact_sealed = excluded.contact_sealed, silent = excluded.silent,
  step = excluded.step, state = excluded.state, unit = excluded.unit, holder = excluded.holder`;

@Injectable()
export class TicketsStore {
  async lock(tx: Tx, keys: readonly TicketKey[]): Promise<KnownTicket[]> {
    if (keys.length === 0) return [];
    return (await tx.rows<TicketRow>(LOCK, [keys.map((k) => k.org), keys.map((k) => k.id)])).map(ticketOf);
  }

  async get(db: Queries, org: string, id: string): Promise<KnownTicket | undefined> {
    const row = await db.one<TicketRow>('select * from known_tickets where org = $1 and id = $2::uuid', [org, id]);
    return row && ticketOf(row);
  }

  async save(tx: Tx, tickets: readonly KnownTicket[]): Promise<void> {
    if (tickets.length === 0) return;
    const column = (pick: (t: KnownTicket) => SqlValue) => tickets.map(pick) as SqlValue;
    await tx.run(SAVE, [
      column((t) => t.org),
      column((t) => t.id),
      column((t) => t.pack.key),
      column((t) => t.pack.version),
      column((t) => t.number),
      column((t) => t.title),
      column((t) => t.description),
      column((t) => t.language),
      column((t) => t.registeredAt),
      column((t) => JSON.stringify(t.facts)),
      column((t) => t.contactSealed ?? null),
      column((t) => t.silent),
      column((t) => t.step ?? null),
      column((t) => t.state),
      column((t) => t.unit ?? null),
      column((t) => t.holder ?? null),
    ]);
  }
}

function ticketOf(r: TicketRow): KnownTicket {
  return {
    org: r.org,
    id: r.id,
    pack: { key: r.pack_key, version: r.pack_version },
    number: r.number,
    title: r.title,
    description: r.description,
    language: r.language,
    registeredAt: r.registered_at,
    facts: r.facts,
    contactSealed: r.contact_sealed ?? undefined,
    silent: r.silent,
    step: r.step ?? undefined,
    state: r.state,
    unit: r.unit ?? undefined,
    holder: r.holder ?? undefined,
  };
}
