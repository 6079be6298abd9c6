import { type EventDraft } from '@gongdan/contracts';
import { type Cause, newId } from '@gongdan/kernel';
import { firstEventCtes } from '@gongdan/messaging';
import { type Database, type Row, type SqlValue } from '@gongdan/platform';
import { type NumberPlan } from '../domain/numbering.js';
import { type TicketRow } from './tickets.store.js';

/** Stands for the number in the event until the statement itself knows it; nobody can guess it into a title. */
export const NUMBER_TO_COME = `@${newId()}@`;
/** The same in stored answers, which hold no text of a caller. */
export const NUMBER_IN_ANSWER = '@number@';

export interface Acceptance {
  row: Omit<TicketRow, 'version' | 'registration' | 'case_state' | 'case_unit' | 'case_at'>;
  plan: NumberPlan;
  gapFree: boolean;
  event: EventDraft;
  cause: Cause;
  key?: { client: string; value: string; fingerprint: string } | undefined;
  /** JSON text of the answer, stored under the key. */
  answer: string;
}

const COLUMNS = [
  'id', 'pack_key', 'pack_version', 'channel', 'type', 'category', 'item', 'urgency', 'impact', 'priority', 'title', 'description', 'language',
  'place', 'unit', 'attributes', 'contact_sealed', 'has_email', 'phone_tail', 'source', 'external_key', 'content_digest', 'registered_at', 'registered_by',
] as const; // prettier-ignore
const TYPES: Partial<Record<(typeof COLUMNS)[number], string>> = {
  id: 'uuid', pack_version: 'int', place: 'json', attributes: 'json', has_email: 'boolean', registered_at: 'timestamptz',
}; // prettier-ignore

interface Built {
  name: string;
  sql: string;
}
const statements = new Map<string, Built>();

/**
 * Key, number, ticket, event and outbox pointer in ONE statement: one round trip, one commit. Four round trips accept 39 % less
 * (docs/adr/0008). Returns the number, or undefined when the key was used before (nothing is written then).
 */
export async function accept(db: Database, a: Acceptance): Promise<string | undefined> {
  const head: SqlValue[] = [a.row.org, a.plan.series, a.plan.before, a.plan.width, a.plan.after];
  const columns = COLUMNS.map((c) => a.row[c] as SqlValue);
  const keyed: SqlValue[] = a.key ? [a.key.client, a.key.value, a.key.fingerprint, a.answer] : [];
  const said = firstEventCtes(a.event, a.cause, 't', head.length + columns.length + keyed.length + 1, (p) => `replace(${p}::text, '${NUMBER_TO_COME}', t.number)::json`);
  const variant = `accept-${a.gapFree ? 'gapfree' : 'running'}-${a.key ? 'keyed' : 'plain'}`;
  let built = statements.get(variant);
  if (!built) {
    built = { name: variant, sql: statementFor(a, said.sql, head.length) };
    statements.set(variant, built);
  }
  const rows = await db.prepared<{ number: string } & Row>(built.name, built.sql, [...head, ...columns, ...keyed, ...said.params]);
  return rows[0]?.number;
}

function statementFor(a: Acceptance, said: string, from: number): string {
  const column = (i: number) => `$${from + 1 + i}::${TYPES[COLUMNS[i] as (typeof COLUMNS)[number]] ?? 'text'}`;
  const key = (i: number) => `$${from + COLUMNS.length + 1 + i}::text`;
  const first = a.key ? 'k' : '(select 1) as k';
  // Gap-free: the counter's row lock is held to the commit, so creates of one series queue up. Running: the sequence never blocks.
  const count = a.gapFree
    ? `insert into number_counters as c (org, series, last) select $1::text, $2::text, 1 from ${first} on conflict (org, series) do update set last = c.last + 1 returning c.last as n`
    : `select gongdan_next_number($1::text, $2::text) as n from ${first}`;
  return `with ${
    a.key
      ? `k as (insert into idempotency_keys (org, client, key, fingerprint, answer) values ($1::text, ${key(0)}, ${key(1)}, ${key(2)}, ${key(3)}::json) on conflict do nothing returning 1),`
      : ''
  }
    counted as (${count}),
    t as (
      insert into tickets (org, number, ${COLUMNS.join(', ')})
      select $1::text, $3::text || lpad(n::text, greatest($4::int, length(n::text)), '0') || $5::text, ${COLUMNS.map((_, i) => column(i)).join(', ')} from counted
      returning number
    ), ${said}
    select number from t`;
}
