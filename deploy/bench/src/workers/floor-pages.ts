import { fastify } from 'fastify';
import pg from 'pg';
import { onInput, reply } from './worker.js';

const COLUMNS = `t.ticket_id as "ticketId", t.no, t.lead, c.number, c.title, c.pack_key as "packKey", c.pack_version as "packVersion",
  t.priority_rank as "priorityRank", t.step, c.state, t.unit, t.role, t.person as holder, t.version, t.opened_at as "openedAt",
  t.registered_at as "registeredAt", t.due_at as "dueAt", c.since, c.ticket->>'type' as type, c.ticket->>'category' as category, c.ticket->>'priority' as priority`;
const page = (where: string): string => `select ${COLUMNS} from (
    select * from open_tasks t where org = 'demo' and ${where} and (priority_rank, due_at, registered_at, ticket_id, no) > ($2::smallint, $3::timestamptz, $4::timestamptz, $5::uuid, $6::int)
    order by priority_rank, due_at, registered_at, ticket_id, no limit 50
  ) t join cases c on c.org = t.org and c.ticket_id = t.ticket_id order by t.priority_rank, t.due_at, t.registered_at, t.ticket_id, t.no`;
const QUEUE = { name: 'queue', text: page('person is null and unit = $1') };
const MINE = { name: 'mine', text: page('person = $1') };
const FIRST = [-1, '-infinity', '-infinity', '00000000-0000-0000-0000-000000000000', 0];

interface PageRow {
  ticketId: string;
  no: number;
  priorityRank: number;
  registeredAt: Date;
  dueAt: Date | number;
}

/** The pages of the work lists with as little as possible: no token, no rights, no packs. */
onInput(async ({ url }: { url: string }) => {
  const pool = new pg.Pool({ connectionString: url, max: 10 });
  const server = fastify();
  const read = async (statement: typeof QUEUE, of: string, cursor: string | undefined) => {
    const after = cursor === undefined ? FIRST : (JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown[]);
    const { rows } = await pool.query<PageRow>({ ...statement, values: [of, ...after] });
    const last = rows.length < 50 ? undefined : rows.at(-1);
    const next =
      last &&
      Buffer.from(
        JSON.stringify([
          last.priorityRank,
          last.dueAt instanceof Date ? last.dueAt : 'infinity',
          last.registeredAt,
          last.ticketId,
          last.no,
        ]),
      ).toString('base64url');
    return { items: rows, next: next ?? null };
  };
  server.get<{ Params: { unit: string }; Querystring: { cursor?: string } }>('/v1/queues/:unit', (r) =>
    read(QUEUE, r.params.unit, r.query.cursor),
  );
  server.get<{ Querystring: { cursor?: string } }>('/v1/tasks/mine', (r) => read(MINE, String(r.headers['x-person']), r.query.cursor));
  const at = new URL(await server.listen({ host: '127.0.0.1', port: 0 }));
  reply({ port: Number(at.port) });
});
