import pg from 'pg';
import { SERVICES } from 'gongdan';
import { must, type Trial } from '../trial.js';
import { create, Findings } from './desk.js';

/**
 * What somebody with the password of a service could try in order to change what was recorded. The role owns its tables, because services migrate their
 * own databases, so it could drop the guards one by one; each attempt here removes one of the two, grant and trigger, and the other must still refuse.
 */
const ATTEMPTS = [
  `update ticket_event set data = '{}'`,
  'update ticket_event set seq = seq + 1000',
  'delete from ticket_event',
  'truncate ticket_event',
  'truncate ticket_event cascade',
  'with gone as (delete from ticket_event returning 1) select count(*) from gone',
  'with changed as (update ticket_event set seq = 0 returning 1) select count(*) from changed',
  `insert into ticket_event select * from ticket_event limit 1 on conflict do nothing; delete from ticket_event`,
  `insert into ticket_event select * from ticket_event limit 1 on conflict on constraint ticket_event_pkey do update set data = '{}'`,
  'merge into ticket_event t using (select 1) s on true when matched then delete',
  'select 1 from ticket_event for update',
  `set local session_replication_role = 'replica'`,
  'grant all on ticket_event to current_user; delete from ticket_event',
  'grant all on ticket_event to current_user; truncate ticket_event',
  `grant all on ticket_event to current_user; update ticket_event set data = '{}'`,
  `alter table ticket_event disable trigger user; update ticket_event set data = '{}'`,
  'drop trigger ticket_event_insert_only on ticket_event; delete from ticket_event',
  'create or replace function refuse_change_of_history() returns trigger language plpgsql as $$ begin return new; end $$; delete from ticket_event',
  'set role postgres',
];

/** Fault 9. */
export const insertOnlyHistory: Trial = {
  name: 'insert-only-history',
  claim:
    'The role of a service can add to its history and cannot change or delete any of it while one of its two guards stands; it cannot enter the database of another service.',
  async run({ client, stack }) {
    await create(client);
    const found = new Findings();
    for (const service of SERVICES) {
      const db = new pg.Client({ connectionString: stack.databaseUrl(service) });
      await db.connect();
      try {
        // Events are recorded meanwhile: only those before one fixed instant are compared.
        const until = (await db.query<{ at: string }>(`select (clock_timestamp() - interval '5 seconds')::text as at`)).rows[0]?.at;
        const digest = `select md5(coalesce(string_agg(e::text, '|' order by e::text), '')) as digest from ticket_event e where recorded_at < $1::timestamptz`;
        const rows = async (): Promise<string | undefined> => (await db.query<{ digest: string }>(digest, [until])).rows[0]?.digest;
        const before = await rows();
        for (const sql of ATTEMPTS) {
          await db.query('begin');
          const refused = await db.query(sql).then(
            (r) =>
              [r]
                .flat()
                .map((one) => `${one.command} ${one.rowCount}`)
                .join(', '),
            (error: Error & { code?: string }) => error.code ?? error.message,
          );
          await db.query('rollback');
          found.check(/^42501$/.test(refused), `${service}: \`${sql}\` was carried out (${refused})`);
        }
        must((await rows()) === before, `the history of ${service} has changed`);
        for (const other of SERVICES.filter((s) => s !== service)) {
          const url = new URL(stack.databaseUrl(service));
          url.pathname = new URL(stack.databaseUrl(other)).pathname;
          const stranger = new pg.Client({ connectionString: url.href });
          const entered = await stranger.connect().then(
            () => true,
            () => false,
          );
          await stranger.end().catch(() => undefined);
          found.check(!entered, `the role of ${service} enters the database of ${other}`);
        }
      } finally {
        await db.end();
      }
    }
    return found.end('attempts were refused');
  },
};
