import { randomUUID } from 'node:crypto';
import { fastify } from 'fastify';
import pg from 'pg';
import { onInput, reply } from './worker.js';

/** What one action of a journey wrote in a sample run; the floor writes the same for any ticket. */
export interface Writes {
  /** The row of the case as JSON: its changed columns and its body. */
  row: Record<string, unknown>;
  events: { name: string; version: number; data: string }[];
  /** The open tasks after the action, as rows. */
  tasks: Record<string, unknown>[];
  /** The answer of the action. */
  answer: string;
  /** Whether the holder changed, and how many decisions were recorded. */
  reassigned: boolean;
  decisions: Record<string, unknown>[];
}

export interface FloorActionsInput {
  url: string;
  /** By journey, in the order of its steps. */
  writes: Record<string, Writes[]>;
  journeys: Record<string, string>;
}

// Writes the rows of one action with as little as possible: it reads nothing, checks nothing and decides nothing.
const WRITE = `
  with c as (
    update cases c set step = n.step, state = n.state, phase = n.phase, held = n.held, unit = n.unit, holder = n.holder, version = n.version, done = n.done, since = $4::timestamptz,
      body = n.body, decided = n.decided, closed_at = case n.phase when 'closed' then $4::timestamptz end
    from json_populate_record(null::cases, $3::json) n where c.org = $1 and c.ticket_id = $2::uuid returning c.unit, c.holder
  ), ended as (
    update assignments a set until = $4::timestamptz where $5 and a.org = $1 and a.ticket_id = $2::uuid and a.until is null returning 1
  ), assigned as (
    insert into assignments (org, ticket_id, no, unit, person, since)
    select $1, $2::uuid, $6::int + cardinality($11::text[]), c.unit, c.holder, $4::timestamptz from c, (select count(*) from ended) e where $5 and c.unit is not null
  ), gone as (
    delete from open_tasks where org = $1 and ticket_id = $2::uuid and no <> all ($8::int[])
  ), tasks as (
    insert into open_tasks (org, ticket_id, no, lead, step, unit, role, person, waits, opened_at, sleeps, version, priority_rank, registered_at)
    select $1, $2::uuid, t.no, t.lead, t.step, t.unit, t.role, t.person, t.waits, t.opened_at, t.sleeps, t.version, t.priority_rank, t.registered_at from json_populate_recordset(null::open_tasks, $7::json) t
    on conflict (org, ticket_id, no) do update set step = excluded.step, unit = excluded.unit, person = excluded.person, waits = excluded.waits, version = excluded.version
  ), decided as (
    insert into decisions select (json_populate_record(d, json_build_object('org', $1::text, 'ticket_id', $2::uuid))).* from json_populate_recordset(null::decisions, $9::json) d
  ), stored as (
    insert into ticket_event (org, ticket_id, seq, event_id, name, version, occurred_at, correlation_id, actor_id, actor_name, data)
    select $1, $2::uuid, $6::int + e.n, gen_random_uuid(), e.name, e.version, $4::timestamptz, $10, 'floor', 'Floor', e.data
    from unnest($11::text[], $12::smallint[], $13::json[]) with ordinality as e (name, version, data, n)
  ), pointed as (
    insert into outbox (part, org, ticket_id, seq) select hashtext($2::text) & 63, $1, $2::uuid, $6::int + n from generate_series(1, cardinality($11::text[])) n
  )
  insert into action_keys (org, client, key, fingerprint, ticket_id, at) values ($1, 'floor', $14, $10, $2::uuid, $4::timestamptz)`;

onInput(async ({ url, writes, journeys }: FloorActionsInput) => {
  const pool = new pg.Pool({ connectionString: url, max: 10 });
  const done = new Map<string, number>();
  const server = fastify();
  server.post('/v1/cases/:id/actions/:action', async (request, reply_) => {
    const { id } = request.params as { id: string };
    const n = done.get(id) ?? 0;
    done.set(id, n + 1);
    const steps = writes[journeys[id] ?? ''] ?? [];
    const w = steps[n] as Writes;
    // The version of a case is the number of its last event.
    const before = Number(w.row['version']) - w.events.length;
    await pool.query({
      name: 'floor',
      text: WRITE,
      values: [
        'demo', id, JSON.stringify(w.row), new Date().toISOString(), w.reassigned, before, JSON.stringify(w.tasks), w.tasks.map((t) => t['no']),
        JSON.stringify(w.decisions), randomUUID(), w.events.map((e) => e.name), w.events.map((e) => e.version), w.events.map((e) => e.data),
        request.headers['idempotency-key'],
      ], // prettier-ignore
    });
    return reply_.header('content-type', 'application/json').send(w.answer);
  });
  const at = new URL(await server.listen({ host: '127.0.0.1', port: 0 }));
  reply({ port: Number(at.port) });
});
