import { performance } from 'node:perf_hooks';
import pg from 'pg';
import { DataSource, MigrationExecutor } from 'typeorm';
import { Unavailable } from '@gongdan/kernel';
import { beginWith } from './beginning.js';
import { sqlState } from './database-errors.js';
import { grants, type MigrationClass, MIGRATING, OF_THE_OWNER, untilAlone } from './migrations.js';
import { Plans } from './plans.js';

// int8 counts and sequence numbers stay far below 2^53; `date` must not become a JS Date at local midnight; instants travel as ISO text
// with milliseconds, the form events and HTTP bodies carry (kernel/clock.ts).
pg.types.setTypeParser(20, Number);
pg.types.setTypeParser(1082, (text: string) => text);
pg.types.setTypeParser(1184, (text: string) => (text.endsWith('infinity') ? text : new Date(text).toISOString()));

/** A value that pg binds. Instants are bound as ISO text, objects as JSON text that the caller makes. */
export type SqlValue = string | number | boolean | null | undefined | Buffer | readonly (string | number | boolean | null)[];

/** A result row; each query names the type of what it selects. */
export type Row = object;

type Send = (sql: string, params: readonly SqlValue[]) => Promise<pg.QueryResult>;

/** Statements on one connection. */
class Statements {
  constructor(private readonly query: Send) {}

  async rows<T extends Row>(sql: string, params: readonly SqlValue[] = []): Promise<T[]> {
    return (await this.query(sql, params)).rows as T[];
  }

  async one<T extends Row>(sql: string, params: readonly SqlValue[] = []): Promise<T | undefined> {
    return (await this.rows<T>(sql, params))[0];
  }

  /** Runs a statement and returns how many rows it affected. */
  async run(sql: string, params: readonly SqlValue[] = []): Promise<number> {
    return (await this.query(sql, params)).rowCount ?? 0;
  }
}

/** One transaction. The controller or event handler that receives the request or event opens it, and everything inside gets it as an argument. */
export class Tx extends Statements {
  private readonly hooks: (() => void)[] = [];

  /** Adds a hook that runs after COMMIT only. It must not throw, and nothing may depend on it: it may wake a relay or count a metric. */
  afterCommit(hook: () => void): void {
    this.hooks.push(hook);
  }

  committed(): void {
    for (const hook of this.hooks) hook();
  }
}

/** One connection, on which each statement is a transaction of its own. */
export class Connection extends Statements {
  /**
   * Runs a statement; undefined when it was rolled back because of another transaction: a deadlock, a lock that was not free in time, a row that was inserted meanwhile.
   * The caller repeats its work in `Database.transaction`, where it locks first.
   */
  async unlessBlocked<T extends Row>(sql: string, params: readonly SqlValue[]): Promise<T[] | undefined> {
    try {
      return await this.rows<T>(sql, params);
    } catch (error) {
      const state = sqlState(error) ?? '';
      if (!RERUN.has(state) && state !== UNIQUE_VIOLATION) throw error;
      return undefined;
    }
  }
}

export interface DatabaseOptions {
  url: string;
  poolSize: number;
  applicationName: string;
  migrations: MigrationClass[];
  /** A role that owns the tables: it runs the migrations and grants the role of `url` what a service needs, which is less than ownership. */
  migrationUrl?: string | undefined;
  /** Tables in which the role of `url` may only insert and read. */
  insertOnly?: readonly string[] | undefined;
}

/** Thrown when another transaction has inserted the same row first: `Database.transaction` runs this one again, and then it finds the row. */
export class ConcurrentInsert extends Error {
  readonly code = '40001';
}

/** SQLSTATEs after which the whole transaction runs again. That is safe because it contains only SQL and pure code. */
const RERUN = new Set(['40001', '40P01', '55P03']);

const UNIQUE_VIOLATION = '23505';

/** The methods that the database (each statement in its own transaction) and a transaction have in common. */
export type Queries = Pick<Tx, 'rows' | 'one' | 'run'>;

export class Database implements Queries {
  private readonly source: DataSource;
  private readonly plans = new Plans();
  /** Statements sent since boot, BEGIN and COMMIT included. Tests compare it with the budget of a route (docs/adr/0008). */
  statements = 0;

  constructor(private readonly options: DatabaseOptions) {
    this.source = new DataSource({
      type: 'postgres',
      url: options.url,
      applicationName: options.applicationName,
      migrations: options.migrations,
      migrationsTableName: 'migrations',
      synchronize: false,
      logging: false,
      extra: {
        max: options.poolSize,
        connectionTimeoutMillis: 5_000,
        // With the default of 10 s connections were opened and closed all the time, and each costs both sides 4,096 rounds of SCRAM.
        idleTimeoutMillis: 300_000,
        // The poll of the outbox relies on no transaction outliving this (docs/adr/0003).
        idle_in_transaction_session_timeout: 15_000,
        statement_timeout: 60_000,
        lock_timeout: 5_000,
        keepAlive: true,
      },
      poolErrorHandler: () => undefined,
    });
  }

  async connect(): Promise<void> {
    await this.source.initialize();
  }

  /**
   * Runs the missing migrations under a lock: of replicas that start together one runs them, and the others wait until it is done. With a role for
   * migrations it opens a connection for it, but only when one is missing.
   */
  async migrate(): Promise<void> {
    const { migrationUrl, insertOnly = [] } = this.options;
    if (migrationUrl === undefined) return this.migrateAs(this.source);
    if (await this.isMigrated()) return;
    const owner = new Database({ ...this.options, url: migrationUrl, migrationUrl: undefined, poolSize: 1 });
    await owner.connect();
    try {
      await owner.migrateAs(owner.source, grants(decodeURIComponent(new URL(this.options.url).username), insertOnly));
    } finally {
      await owner.close();
    }
  }

  /** Whether every migration is recorded, and the grants that follow them were made. Relations of other owners, a backup of a DBA, do not count. */
  private async isMigrated(): Promise<boolean> {
    const tables = await this.one<{ granted: boolean | null }>(
      `select bool_and(has_table_privilege(oid, 'select')) as granted from pg_class where ${OF_THE_OWNER} and relkind = 'r'`,
    );
    if (tables?.granted !== true) return false;
    const done = new Set((await this.rows<{ name: string }>('select name from migrations')).map((m) => m.name));
    return this.options.migrations.every((M) => done.has(new M().name ?? ''));
  }

  /** `afterwards` runs under the lock, too: of two replicas that grant on the same table at the same time one would fail. */
  private async migrateAs(source: DataSource, afterwards?: string): Promise<void> {
    const runner = source.createQueryRunner();
    try {
      // An index over a large table takes long. lock_timeout stays: a statement that waits for a table blocks all that come after it.
      await runner.query('set statement_timeout = 0');
      await untilAlone(runner);
      const executor = new MigrationExecutor(source, runner);
      executor.transaction = 'each';
      await executor.executePendingMigrations();
      if (afterwards !== undefined) await runner.query(afterwards);
    } finally {
      await runner.query(`reset statement_timeout; select pg_advisory_unlock(${MIGRATING})`).catch(() => undefined);
      await runner.release();
    }
  }

  /**
   * Runs `work` in one transaction; commits when it resolves. Serialization failures, deadlocks and lock timeouts run it again, up to 5 times. With `lazy` it begins with
   * the first statement, which spares a round trip; then no instant that an event carries may be taken before that statement, because a watermark is behind the begin of
   * the oldest transaction (docs/adr/0019).
   */
  async transaction<T>(work: (tx: Tx) => Promise<T>, lazy = false): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.attempt(work, lazy);
      } catch (error) {
        if (attempt >= 5 || !(RERUN.has(sqlState(error) ?? '') || this.plans.outdatedBy(error))) throw error;
        // The random wait keeps two transactions that deadlocked from deadlocking again.
        await new Promise((wake) => setTimeout(wake, Math.random() * 20 * attempt));
      }
    }
  }

  private attempt<T>(work: (tx: Tx) => Promise<T>, lazy: boolean): Promise<T> {
    return this.withClient(async (client, broken) => {
      let begun = !lazy;
      this.statements += 2;
      try {
        if (begun) await client.query('begin');
        const tx = new Tx((sql, params) => {
          this.statements += 1;
          const statement = this.plans.of(sql, params);
          if (begun) return client.query(statement);
          begun = true;
          return beginWith(client, statement);
        });
        const result = await work(tx);
        if (begun) await client.query('commit');
        tx.committed();
        return result;
      } catch (error) {
        // After a lost connection the rollback fails, too; the first error is the cause.
        if (begun) await client.query('rollback').catch(broken);
        throw error;
      }
    });
  }

  /** Runs one statement outside any transaction. */
  async rows<T extends Row>(sql: string, params: readonly SqlValue[] = []): Promise<T[]> {
    return (await this.query(sql, params)).rows as T[];
  }

  async one<T extends Row>(sql: string, params: readonly SqlValue[] = []): Promise<T | undefined> {
    return (await this.rows<T>(sql, params))[0];
  }

  async run(sql: string, params: readonly SqlValue[] = []): Promise<number> {
    return (await this.query(sql, params)).rowCount ?? 0;
  }

  /** Runs `work` on one connection without a transaction: a statement that follows another does not wait for a connection again. */
  onOneConnection<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    return this.withClient((client) => work(new Connection((sql, params) => this.send(client, sql, params))));
  }

  /** A connection of the pool; one that was lost, or that `work` calls broken, does not go back. */
  private async withClient<T>(work: (client: pg.PoolClient, broken: (error: Error) => void) => Promise<T>): Promise<T> {
    const client = await this.pool().connect();
    // Without a listener the loss of a connection that is in use would end the process; the statement under way rejects by itself.
    let lost: Error | undefined;
    const lose = (error: Error): void => void (lost = error);
    client.on('error', lose);
    try {
      return await work(client, lose);
    } finally {
      client.off('error', lose);
      client.release(lost);
    }
  }

  private query(sql: string, params: readonly SqlValue[]): Promise<pg.QueryResult> {
    return this.send(this.pool(), sql, params);
  }

  private async send(to: pg.Pool | pg.PoolClient, sql: string, params: readonly SqlValue[]): Promise<pg.QueryResult> {
    this.statements += 1;
    try {
      return await to.query(this.plans.of(sql, params));
    } catch (error) {
      if (!this.plans.outdatedBy(error)) throw error;
      return to.query(this.plans.of(sql, params));
    }
  }

  /** Returns how many milliseconds a trivial statement takes; throws when the database cannot be reached. */
  async ping(): Promise<number> {
    const start = performance.now();
    await this.pool().query('select 1');
    return performance.now() - start;
  }

  /** How many callers wait for a connection of the pool. */
  get waiting(): number {
    return this.pool().waitingCount;
  }

  async close(): Promise<void> {
    if (this.source.isInitialized) await this.source.destroy();
  }

  private pool(): pg.Pool {
    if (!this.source.isInitialized) throw new Unavailable('platform/database-away');
    // TypeORM keeps its pg pool here; statements outside a transaction use it directly, because a QueryRunner cannot name them.
    return (this.source.driver as unknown as { master: pg.Pool }).master;
  }
}
