import { performance } from 'node:perf_hooks';
import pg from 'pg';
import { DataSource, MigrationExecutor, type MigrationInterface, type QueryRunner } from 'typeorm';
import { Unavailable } from '@gongdan/kernel';
import { logger } from './logging.js';
import { Plans } from './plans.js';

// int8 counts and sequence numbers stay far below 2^53; `date` must not become a JS Date at local midnight; instants travel as ISO text
// with milliseconds, the form events and HTTP bodies carry (kernel/clock.ts).
pg.types.setTypeParser(20, Number);
pg.types.setTypeParser(1082, (text: string) => text);
pg.types.setTypeParser(1184, (text: string) => (text.endsWith('infinity') ? text : new Date(text).toISOString()));

/** A value pg binds: instants go as ISO text, objects as JSON text made by the caller. */
export type SqlValue = string | number | boolean | null | undefined | Buffer | readonly (string | number | boolean | null)[];

/** A result row; queries say what they select. */
export type Row = object;

/** One transaction. The doorway opens it and everything inside gets it as an argument. */
export class Tx {
  private readonly hooks: (() => void)[] = [];

  constructor(private readonly query: (sql: string, params: readonly SqlValue[]) => Promise<pg.QueryResult>) {}

  async rows<T extends Row>(sql: string, params: readonly SqlValue[] = []): Promise<T[]> {
    return (await this.query(sql, params)).rows as T[];
  }

  async one<T extends Row>(sql: string, params: readonly SqlValue[] = []): Promise<T | undefined> {
    return (await this.rows<T>(sql, params))[0];
  }

  /** Rows affected. */
  async run(sql: string, params: readonly SqlValue[] = []): Promise<number> {
    return (await this.query(sql, params)).rowCount ?? 0;
  }

  /** Runs after COMMIT only; must not throw and must not matter: a nudge, a metric. */
  afterCommit(hook: () => void): void {
    this.hooks.push(hook);
  }

  committed(): void {
    for (const hook of this.hooks) hook();
  }
}

export interface DatabaseOptions {
  url: string;
  poolSize: number;
  applicationName: string;
  migrations: MigrationClass[];
}

export interface MigrationClass {
  new (): MigrationInterface;
  readonly sql: string;
}

/** Another transaction made first what this one was about to make: `Database.transaction` runs it again, and it finds it. */
export class ConcurrentInsert extends Error {
  readonly code = '40001';
}

const MIGRATING = "hashtext('gongdan.migrations')";

const log = logger('database');

/** SQLSTATEs after which the whole transaction may simply run again: inside is only SQL and pure code. */
const RERUN = new Set(['40001', '40P01', '55P03']);

/** What can be asked of either the database (one statement, its own transaction) or a transaction. */
export type Queries = Pick<Tx, 'rows' | 'one' | 'run'>;

export class Database implements Queries {
  private readonly source: DataSource;
  private readonly plans = new Plans();
  /** Statements sent since boot, BEGIN and COMMIT included: a door has a budget of statements (docs/adr/0008). */
  statements = 0;

  constructor(options: DatabaseOptions) {
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
        // After 10 s, the default, connections come and go all the time, and each costs both sides 4,096 rounds of SCRAM.
        idleTimeoutMillis: 300_000,
        // The floor of the outbox poll relies on no transaction outliving this (docs/adr/0003).
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

  /** Runs what is missing, under a lock: of replicas that boot together one does it, the others wait until it is done. */
  async migrate(): Promise<void> {
    const runner = this.source.createQueryRunner();
    try {
      // An index over a large table takes its time. lock_timeout stays: what queues for a table stops everybody behind it.
      await runner.query('set statement_timeout = 0');
      await untilAlone(runner);
      const executor = new MigrationExecutor(this.source, runner);
      executor.transaction = 'each';
      await executor.executePendingMigrations();
    } finally {
      await runner.query(`reset statement_timeout; select pg_advisory_unlock(${MIGRATING})`).catch(() => undefined);
      await runner.release();
    }
  }

  /** Runs `work` in one transaction; commits when it resolves. Serialization failures, deadlocks and lock timeouts run it again, up to 5 times. */
  async transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.attempt(work);
      } catch (error) {
        if (attempt >= 5 || !(RERUN.has(sqlState(error) ?? '') || this.plans.outdatedBy(error))) throw error;
        // Full jitter, so that two losers of a deadlock do not meet again.
        await new Promise((wake) => setTimeout(wake, Math.random() * 20 * attempt));
      }
    }
  }

  private async attempt<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    const runner = this.source.createQueryRunner();
    try {
      this.statements += 2;
      await runner.startTransaction();
      // The runner holds this connection from BEGIN to COMMIT; its own query() cannot name a statement.
      const client = (await runner.connect()) as pg.PoolClient;
      const tx = new Tx((sql, params) => {
        this.statements += 1;
        return client.query(this.plans.of(sql, params));
      });
      const result = await work(tx);
      await runner.commitTransaction();
      tx.committed();
      return result;
    } catch (error) {
      // After a lost connection the rollback fails too; the first error is the one that tells.
      if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => undefined);
      throw error;
    } finally {
      await runner.release();
    }
  }

  /** One statement outside any transaction. */
  async rows<T extends Row>(sql: string, params: readonly SqlValue[] = []): Promise<T[]> {
    return (await this.query(sql, params)).rows as T[];
  }

  async one<T extends Row>(sql: string, params: readonly SqlValue[] = []): Promise<T | undefined> {
    return (await this.rows<T>(sql, params))[0];
  }

  async run(sql: string, params: readonly SqlValue[] = []): Promise<number> {
    return (await this.query(sql, params)).rowCount ?? 0;
  }

  private async query(sql: string, params: readonly SqlValue[]): Promise<pg.QueryResult> {
    this.statements += 1;
    try {
      return await this.pool().query(this.plans.of(sql, params));
    } catch (error) {
      if (!this.plans.outdatedBy(error)) throw error;
      return this.pool().query(this.plans.of(sql, params));
    }
  }

  /** Milliseconds one trivial statement takes; throws when the database is away. */
  async ping(): Promise<number> {
    const start = performance.now();
    await this.pool().query('select 1');
    return performance.now() - start;
  }

  /** Callers that wait for a connection. */
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

// Asked again and again: pg_advisory_lock would fall to lock_timeout, and a statement that waits for hours holds a snapshot that long.
async function untilAlone(runner: QueryRunner): Promise<void> {
  for (let tries = 0; ; tries++) {
    const [{ alone }] = (await runner.query(`select pg_try_advisory_lock(${MIGRATING}) as alone`)) as [{ alone: boolean }];
    if (alone) return;
    if (tries % 40 === 0) log.info('another replica migrates: this one waits');
    await new Promise((wake) => setTimeout(wake, 250));
  }
}

/** SQLSTATE of a Postgres error anywhere in the chain of causes. */
export function sqlState(error: unknown): string | undefined {
  for (let e = error; e instanceof Error; e = e.cause) {
    const code = (e as { code?: unknown }).code;
    if (typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code)) return code;
    const driver = (e as { driverError?: unknown }).driverError;
    if (driver instanceof Error && driver !== e) return sqlState(driver);
  }
  return undefined;
}

/** True when the database (or the way to it) is away, as opposed to a statement that is wrong: class 08, 53, 57P and socket errors. */
export function isDatabaseAway(error: unknown): boolean {
  for (let e = error; e instanceof Error; e = e.cause) {
    const code = (e as { code?: unknown }).code;
    if (typeof code === 'string' && /^(08...|53...|57P0.|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EHOSTUNREACH)$/.test(code))
      return true;
    if (
      /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|not queryable|Query runner already released/.test(
        e.message,
      )
    )
      return true;
    const driver = (e as { driverError?: unknown }).driverError;
    if (driver instanceof Error && driver !== e && isDatabaseAway(driver)) return true;
  }
  return false;
}

/**
 * A hand-written, forward-only migration. TypeORM orders by the number at the end of the name, so `order` decides; 1–99 belong to libs,
 * 100 and up to the service.
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
