import { Injectable } from '@nestjs/common';
import { inScope, type Scope } from '@gongdan/directory';
import { NotFound, Refused } from '@gongdan/kernel';
import { type Queries, type Row, type Tx } from '@gongdan/platform';
import { type ContentChange, type Registration } from '../domain/ticket.js';
import { numberKey } from './numbers/number-key.js';
import { changeOf, INSERT_TICKETS, type NewTicket, type StoredTicket, UPDATE_TICKET } from './ticket-columns.js';

export type { NewTicket, StoredTicket } from './ticket-columns.js';

export interface TicketFilter {
  registration?: string | undefined;
  channel?: string | undefined;
  type?: string | undefined;
  category?: string | undefined;
  unit?: string | undefined;
  from?: string | undefined;
  to?: string | undefined;
  /** The units that the caller reaches. */
  scope: Scope;
}

/** What the public status needs of a ticket. */
export type StatusRow = Pick<
  StoredTicket,
  'org' | 'id' | 'number' | 'registration' | 'case_state' | 'case_at' | 'registered_at' | 'contact_sealed'
>;

export interface StoredAnswer {
  fingerprint: string;
  answer: Record<string, unknown>;
}

/** Where a case stands after a batch of events. */
export interface CasePosition {
  org: string;
  id: string;
  state: string;
  closed: boolean;
  /** Null while no unit has it, and of a closed case when the batch did not tell which unit had it last. */
  unit: string | null;
  at: string | null;
  registration: Registration;
  /** The case was opened again in this batch. */
  reopened: boolean;
  content: ContentChange;
}

// A part that is absent did not change; one that is null was removed.
const CONTENT = [
  ...['type', 'category', 'priority', 'title', 'description'].map((c) => `${c} = coalesce(r.content->>'${c}', t.${c})`),
  ...['item', 'urgency', 'impact'].map((c) => `${c} = case when jsonb_exists(r.content, '${c}') then r.content->>'${c}' else t.${c} end`),
  `place = coalesce((r.content->'place')::json, t.place)`,
].join(', ');

@Injectable()
export class TicketsStore {
  /** Throws `NotFound` for a ticket that does not exist or is out of reach. It belongs to its unit, and before it has one to the unit that registered it. */
  async get(db: Queries, org: string, scope: Scope, id: string): Promise<StoredTicket> {
    const row = await db.one<StoredTicket>('select * from tickets where org = $1 and id = $2::uuid', [org, id]);
    if (!row || !inScope(scope, row.case_unit ?? row.unit)) throw new NotFound('intake/no-such-ticket');
    return row;
  }

  /** Like `get`, and the next transaction that changes the ticket waits for this one. */
  async lock(tx: Tx, org: string, scope: Scope, id: string): Promise<StoredTicket> {
    const row = await tx.one<StoredTicket>('select * from tickets where org = $1 and id = $2::uuid for update', [org, id]);
    if (!row || !inScope(scope, row.case_unit ?? row.unit)) throw new NotFound('intake/no-such-ticket');
    return row;
  }

  /** Like `lock` for several tickets, in the order of their ids; those that do not exist or are out of reach are left out. */
  async lockAll(tx: Tx, org: string, scope: Scope, ids: readonly string[]): Promise<StoredTicket[]> {
    const rows = await tx.rows<StoredTicket>('select * from tickets where org = $1 and id = any ($2::uuid[]) order by id for update', [
      org,
      [...ids],
    ]);
    return rows.filter((row) => inScope(scope, row.case_unit ?? row.unit));
  }

  /** The id of the ticket with this number, in any writing. */
  async idByNumber(q: Queries, org: string, number: string): Promise<string | undefined> {
    const sql = `select id from tickets where org = $1 and ${numberKey('number')} = ${numberKey('$2::text')}`;
    return (await q.one<{ id: string } & Row>(sql, [org, number]))?.id;
  }

  /**
   * Newest first, after the cursor (registered_at, id); by index tickets_newest, or tickets_unit for a unit. A rare value of another filter is
   * searched ticket by ticket, about a million a second, so the statement is limited to four seconds (503 platform/too-slow).
   */
  async list(tx: Tx, org: string, f: TicketFilter, after: { at: string; id: string } | undefined, limit: number): Promise<StoredTicket[]> {
    await tx.run(`set local statement_timeout = '4s'`);
    return tx.rows<StoredTicket>(
      `select * from tickets where org = $1
         and ($2::text is null or registration = $2) and ($3::text is null or channel = $3) and ($4::text is null or type = $4)
         and ($5::text is null or category = $5) and ($6::text is null or unit = $6)
         and ($7::timestamptz is null or registered_at >= $7) and ($8::timestamptz is null or registered_at < $8)
         and ($9::timestamptz is null or (registered_at, id) < ($9, $10::uuid))
         and ($12::boolean or coalesce(case_unit, unit) = any ($13::text[]))
       order by registered_at desc, id desc limit $11`,
      [
        ...[org, f.registration, f.channel, f.type, f.category, f.unit, f.from, f.to, after?.at, after?.id, limit].map((v) => v ?? null),
        f.scope.all,
        f.scope.units,
      ],
    );
  }

  /** Finds a ticket by its number, in any writing. Uses the index tickets_number. */
  async statusByNumber(db: Queries, org: string, number: string): Promise<StatusRow | undefined> {
    return db.one<StatusRow & Row>(
      `select org, id, number, registration, case_state, case_at, registered_at, contact_sealed from tickets
       where org = $1 and ${numberKey('number')} = ${numberKey('$2::text')}`,
      [org, number],
    );
  }

  async byExternalKey(db: Queries, org: string, source: string, key: string): Promise<StoredTicket | undefined> {
    return db.one<StoredTicket>('select * from tickets where org = $1 and source = $2 and external_key = $3', [org, source, key]);
  }

  async byExternalKeys(
    tx: Tx,
    org: string,
    source: string,
    keys: readonly string[],
  ): Promise<{ external_key: string; id: string; number: string; content_digest: string | null }[]> {
    return tx.rows(
      'select external_key, id, number, content_digest from tickets where org = $1 and source = $2 and external_key = any($3::text[])',
      [org, source, keys],
    );
  }

  /** Returns those of the numbers that exist, in any writing. */
  async existingNumbers(tx: Tx, org: string, numbers: readonly string[]): Promise<Set<string>> {
    const rows = await tx.rows<{ number: string }>(
      `select n.number from unnest($2::text[]) as n (number)
       where exists (select from tickets t where t.org = $1 and ${numberKey('t.number')} = ${numberKey('n.number')})`,
      [org, numbers],
    );
    return new Set(rows.map((r) => r.number));
  }

  /** The first answer to a key. That of a registration was written before its number was known; the number comes from the ticket. */
  async answered(db: Queries, org: string, client: string, key: string): Promise<StoredAnswer | undefined> {
    return db.one<StoredAnswer & Row>(
      `select k.fingerprint, case when t.id is null then k.answer else replace(k.answer::text, '@number@', t.number)::json end as answer
       from idempotency_keys k left join tickets t on t.org = k.org and t.id = (k.answer->>'id')::uuid
       where k.org = $1 and k.client = $2 and k.key = $3`,
      [org, client, key],
    );
  }

  /**
   * Takes a key for a request that runs in this transaction; the same key waits until it is over. Returns the first answer of a repetition; throws
   * `Refused` when the key was used for another request.
   */
  async holdKey(tx: Tx, org: string, client: string, key: string, fingerprint: string): Promise<Record<string, unknown> | undefined> {
    const held = await tx.run(
      `insert into idempotency_keys (org, client, key, fingerprint, answer) values ($1, $2, $3, $4, '{}') on conflict do nothing`,
      [org, client, key, fingerprint],
    );
    if (held === 1) return undefined;
    const before = await this.answered(tx, org, client, key);
    if (before?.fingerprint !== fingerprint)
      throw new Refused('intake/idempotency-key-reused', {}, 'this Idempotency-Key was used for another request');
    return before.answer;
  }

  async answerKey(tx: Tx, org: string, client: string, key: string, answer: Record<string, unknown>): Promise<void> {
    await tx.run('update idempotency_keys set answer = $4::json where org = $1 and client = $2 and key = $3', [
      org,
      client,
      key,
      JSON.stringify(answer),
    ]);
  }

  /** Uses the database's real clock, which also wrote `created_at`, and the index idempotency_keys_age. */
  async forgetAnswers(db: Queries, days: number): Promise<number> {
    return db.run(`delete from idempotency_keys where created_at < clock_timestamp() - $1::int * interval '1 day'`, [days]);
  }

  /** The tickets of a batch, each with the number it was given. */
  async insertAll(tx: Tx, rows: readonly (NewTicket & { number: string })[]): Promise<void> {
    await tx.run(INSERT_TICKETS, [JSON.stringify(rows)]);
  }

  async save(tx: Tx, t: StoredTicket, previousVersion: number): Promise<void> {
    const changed = await tx.run(UPDATE_TICKET, [changeOf(t), t.org, t.id, previousVersion]);
    if (changed !== 1) throw new Error('the row was not locked before it was saved');
  }

  /** Writes where many cases stand. A closed ticket follows its case too; a withdrawn one stays withdrawn until the case is opened again. */
  async followCases(tx: Tx, rows: readonly CasePosition[]): Promise<void> {
    await tx.run(
      `update tickets t set version = t.version + 1, case_state = r.state, case_at = r.at,
              case_unit = case when r.closed then coalesce(r.unit, t.case_unit) else r.unit end,
              ${CONTENT},
              registration = case when t.registration = 'withdrawn' and not r.reopened then t.registration else r.registration end
       from json_to_recordset($1::json) as r (org text, id uuid, state text, closed boolean, unit text, at timestamptz, registration text, reopened boolean, content jsonb)
       where t.org = r.org and t.id = r.id`,
      [JSON.stringify(rows)],
    );
  }
}

/** The ticket of that id; throws `NotFound` when it is not there. */
export function mustBeAmong(tickets: readonly StoredTicket[], id: string): StoredTicket {
  const found = tickets.find((t) => t.id === id);
  if (found === undefined) throw new NotFound('intake/no-such-ticket');
  return found;
}
