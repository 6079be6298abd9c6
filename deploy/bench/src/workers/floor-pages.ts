import { fastify } from 'fastify';
import pg from 'pg';
import { onInput, reply } from './worker.js';

const COLUMNS = `ticket_id as "ticketId", number, title, pack_key as "packKey", pack_version as "packVersion", priority_rank as "priorityRank", step, state,
  unit, holder, version, registered_at as "registeredAt", since, ticket->>'type' as type, ticket->>'category' as category, ticket->>'priority' as priority`;
const page = (where: string): string => `select ${COLUMNS} from cases
  where org = 'demo' and ${where} and (priority_rank, registered_at, ticket_id) > ($2::smallint, $3::timestamptz, $4::uuid)
  order by priority_rank, registered_at, ticket_id limit 50`;
const QUEUE = { name: 'queue', text: page("held = 'queue' and unit = $1") };
const MINE = { name: 'mine', text: page("held = 'person' and holder = $1") };
const FIRST = [-1, '-infinity', '00000000-0000-0000-0000-000000000000'];

interface PageRow {
  ticketId: string;
  priorityRank: number;
  registeredAt: Date;
}

/** The pages of the work lists with as little as possible: no token, no rights, no packs. */
onInput(async ({ url }: { url: string }) => {
  const pool = new pg.Pool({ connectionString: url, max: 10 });
  const server = fastify();
  const read = async (statement: typeof QUEUE, of: string, cursor: string | undefined) => {
    const after = cursor === undefined ? FIRST : (JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown[]);
    const { rows } = await pool.query<PageRow>({ ...statement, values: [of, ...after] });
    const last = rows.length < 50 ? undefined : rows.at(-1);
    const next = last && Buffer.from(JSON.stringify([last.priorityRank, last.registeredAt, last.ticketId])).toString('base64url');
    return { items: rows, next: next ?? null };
  };
  server.get<{ Params: { unit: string }; Querystring: { cursor?: string } }>('/v1/queues/:unit', (r) =>
    read(QUEUE, r.params.unit, r.query.cursor),
  );
  server.get<{ Querystring: { cursor?: string } }>('/v1/tasks/mine', (r) => read(MINE, String(r.headers['x-person']), r.query.cursor));
  const at = new URL(await server.listen({ host: '127.0.0.1', port: 0 }));
  reply({ port: Number(at.port) });
});
