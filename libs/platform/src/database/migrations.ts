import pg from 'pg';
import { type MigrationInterface, type QueryRunner } from 'typeorm';
import { logger } from '../watching/logging.js';

const log = logger('database');

export interface MigrationClass {
  new (): MigrationInterface;
  readonly sql: string;
}

/** The advisory lock under which migrations run. */
export const MIGRATING = "hashtext('gongdan.migrations')";

// Tries repeatedly: lock_timeout would end pg_advisory_lock, and a statement that waits for hours would hold a snapshot for hours.
export async function untilAlone(runner: QueryRunner): Promise<void> {
  for (let tries = 0; ; tries++) {
    const [{ alone }] = (await runner.query(`select pg_try_advisory_lock(${MIGRATING}) as alone`)) as [{ alone: boolean }];
    if (alone) return;
    if (tries % 40 === 0) log.info('waiting for another replica that runs migrations');
    await new Promise((wake) => setTimeout(wake, 250));
  }
}

/** Rows of pg_class in `public` that belong to the owner of the table `migrations`; none before the first migration. */
export const OF_THE_OWNER = `relnamespace = 'public'::regnamespace and relowner = (select m.relowner from pg_class m where m.oid = to_regclass('migrations'))`;

/**
 * What the role of a service needs of tables that another role owns. An owner could drop the trigger that keeps history; this role cannot.
 * `on all tables in schema public` would fail at the first relation of a third role. Sequences that a function of the owner makes later are covered
 * by the default privileges.
 */
export function grants(role: string, insertOnly: readonly string[]): string {
  const to = pg.escapeIdentifier(role);
  const tables = insertOnly.map((name) => pg.escapeIdentifier(name));
  return `
    grant usage on schema public to ${to};
    do $grants$
    declare
      relation record;
    begin
      for relation in select oid::regclass as name, relkind = 'S' as is_sequence from pg_class where ${OF_THE_OWNER} and relkind in ('r', 'p', 'v', 'm', 'S') loop
        if relation.is_sequence then
          execute format('grant usage, select, update on sequence %s to %I', relation.name, ${pg.escapeLiteral(role)});
        else
          execute format('grant select, insert, update, delete, truncate on %s to %I', relation.name, ${pg.escapeLiteral(role)});
        end if;
      end loop;
    end $grants$;
    alter default privileges in schema public grant usage, select, update on sequences to ${to};
    ${tables.map((table) => `revoke update, delete, truncate on ${table} from ${to};`).join('\n    ')}
    revoke insert, update, delete, truncate on migrations from ${to};`;
}

/**
 * A hand-written migration that has no way back. TypeORM runs migrations in the order of the number at the end of their names, which is
 * `order`: 1 to 99 belong to the libs, 100 and above to the service.
 */
export function migration(order: number, name: string, sql: string): MigrationClass {
  return class implements MigrationInterface {
    static readonly sql = sql;
    name = `${name}${1_700_000_000_000 + order}`;
    async up(runner: QueryRunner): Promise<void> {
      await runner.query(sql);
    }
    async down(): Promise<void> {
      throw new Error('migrations only go forward');
    }
  };
}
