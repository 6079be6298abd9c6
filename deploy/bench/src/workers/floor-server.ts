import { randomUUID } from 'node:crypto';
import { fastify } from 'fastify';
import pg from 'pg';
import { type TICKET_BODY } from '../sample.js';
import { onInput, reply } from './worker.js';

// Writes the rows of one accepted ticket with as little as possible: no validation, no rights, no sealing, no digest, no relay.
const INSERT = `
  with k as (
    insert into idempotency_keys (org, client, key, fingerprint, answer) values ('bench', 'floor', $2, $3, $4::json) on conflict do nothing returning 1
  ), counted as (select nextval('floor_number') as n from k), t as (
    insert into tickets (org, id, number, pack_key, pack_version, channel, type, category, urgency, impact, priority, title, description, language,
                         place, attributes, contact_sealed, has_email, phone_tail, content_digest, registered_at, registered_by)
    select 'bench', $1::uuid, 'GD202603' || lpad(n::text, 6, '0'), 'starter', 1, 'phone', $5, $6, $7, $8, 'minor', $9, $10, 'zh-CN',
           $11::json, $12::json, $13, false, $14, $3, $15::timestamptz, 'floor' from counted
    returning number
  ), stored as (
    insert into ticket_event (org, ticket_id, seq, event_id, name, version, occurred_at, correlation_id, actor_id, actor_name, data)
    select 'bench', $1::uuid, 1, $16::uuid, 'intake.ticket-registered', 1, $15::timestamptz, $17, 'floor', 'Floor', $18::json from t
  ), pointed as (
    insert into outbox (part, org, ticket_id, seq) select hashtext($1::text) & 63, 'bench', $1::uuid, 1 from t
  )
  select number from t`;

const SEALED = 's'.repeat(140);
const DIGEST = 'd'.repeat(43);

onInput(async ({ url }: { url: string }) => {
  const pool = new pg.Pool({ connectionString: url, max: 10 });
  await pool.query('create sequence if not exists floor_number');
  const server = fastify();
  server.post('/v1/tickets', async (request, reply) => {
    const body = request.body as typeof TICKET_BODY;
    const { contact: _, ...content } = body;
    const id = randomUUID();
    const at = new Date().toISOString();
    const created = { id, state: 'registered', version: 1, registeredAt: at, pack: { key: 'starter', version: 1 }, priority: 'minor' };
    const event = {
      number: 'GD202603000000',
      pack: created.pack,
      channel: 'phone',
      priority: 'minor',
      ...content,
      language: 'zh-CN',
      contactSealed: SEALED,
      hasEmail: false,
      registeredAt: at,
    };
    const { rows } = await pool.query<{ number: string }>({
      name: 'floor',
      text: INSERT,
      values: [
        id, request.headers['idempotency-key'], DIGEST, JSON.stringify({ ...created, number: '@number@' }), body.type, body.category, body.urgency, body.impact, body.title, body.description,
        JSON.stringify(body.place), JSON.stringify(body.attributes), SEALED, DIGEST, at, randomUUID(), request.id, JSON.stringify(event),
      ], // prettier-ignore
    });
    return reply.code(201).send({ ...created, number: rows[0]?.number });
  });
  const at = new URL(await server.listen({ host: '127.0.0.1', port: 0 }));
  reply({ port: Number(at.port) });
});
