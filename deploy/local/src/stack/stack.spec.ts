import { spawn } from 'node:child_process';
import { chmodSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TICKETS } from '@gongdan/contracts';
import { newId } from '@gongdan/kernel';
import { KafkaBus } from '@gongdan/messaging';
import { createClient } from 'redis';
import { until } from '../processes/child.js';
import { Home, PROJECT, SERVICES } from '../home/home.js';
import { countPublished, isRunning, kafka, ping, publish, sql } from './stack-clients.suite.js';
import { Stack } from './stack.js';
import { tail, type TailFilter } from '../processes/tail.js';

const SLOW = 120_000;
let folder: string;
let stack: Stack;

function homeFolder(name: string): string {
  const path = join(folder, name);
  mkdirSync(path);
  return path;
}

const PARTS = ['kafka', 'postgres', 'redis'];
/** Exported settings of a live installation, which no stack here may use. */
const live: Record<string, string> = {
  KAFKA_BROKERS: '127.0.0.1:1',
  REDIS_URL: 'redis://127.0.0.1:1',
  SMTP_URL: 'smtp://127.0.0.1:1',
  AUTH_JWKS: '/live/jwks.json',
  SEAL_KEY: 'live',
  GONGDAN_PORT_BASE: '1',
  ...Object.fromEntries(SERVICES.map((s) => [`${s.toUpperCase()}_DB_URL`, 'postgres://live@127.0.0.1:1/live'])),
};
const pidsOf = (s: Stack): (number | undefined)[] => PARTS.map((name) => s.pid(name));

beforeAll(async () => {
  Object.assign(process.env, live);
  folder = mkdtempSync(join(tmpdir(), 'gongdan-stack-'));
  // As root, Postgres runs as another user, who must be able to enter.
  chmodSync(folder, 0o755);
  stack = await Stack.infra({ home: homeFolder('first'), mode: 'test', portBase: 0, quiet: true });
}, SLOW);

afterAll(async () => {
  for (const name of Object.keys(live)) delete process.env[name];
  await stack.stop();
  rmSync(folder, { recursive: true, force: true });
}, SLOW);

const ownerUrl = (service: 'intake' | 'sla'): string => stack.serviceEnv(service)[`${service.toUpperCase()}_MIGRATION_DB_URL`] ?? '';

describe('Stack.infra', () => {
  it(
    'starts PostgreSQL 18 with fsync, Kafka without automatic topics and Redis without persistence',
    async () => {
      const [settings] = await sql<{ version: string; fsync: string; commit: string }>(
        stack.postgresAdminUrl,
        "select current_setting('server_version') version, current_setting('fsync') fsync, current_setting('synchronous_commit') commit",
      );
      expect(settings).toMatchObject({ version: expect.stringMatching(/^18\./), fsync: 'on', commit: 'on' });
      await publish(stack.kafka, 'one');
      const producer = kafka(stack.kafka).producer({ allowAutoTopicCreation: true, retry: { retries: 1 } });
      await producer.connect();
      await expect(producer.send({ topic: 'never-created', messages: [{ value: 'x' }] })).rejects.toThrow(/does not host this topic/);
      await producer.disconnect();
      const client = createClient({ url: stack.redis });
      await client.connect();
      expect(await client.configGet(['save', 'appendonly'])).toMatchObject({ save: '', appendonly: 'no' });
      await client.close();
    },
    SLOW,
  );

  it('refuses Redis clients without the password of the home, which no command line shows', async () => {
    const bare = new URL(stack.redis);
    const { password } = bare;
    expect(password.length).toBeGreaterThanOrEqual(32);
    bare.password = '';
    await expect(ping(bare.toString())).rejects.toThrow(/NOAUTH/);
    bare.password = 'wrong';
    await expect(ping(bare.toString())).rejects.toThrow(/WRONGPASS/);
    expect(await ping(stack.redis)).toBe('PONG');
    expect(stack.child('redis').spec.args.join(' ')).not.toContain(password);
    expect(stack.serviceEnv('intake')['REDIS_URL']).toBe(stack.redis);
  });

  it('leaves no file or folder in its home that other users may read', () => {
    const home = stack.home.path;
    const modes = (readdirSync(home, { recursive: true }) as string[]).map((entry) => {
      return { entry, mode: lstatSync(join(home, entry)).mode };
    });
    expect(modes.length).toBeGreaterThan(100);
    expect(modes.filter(({ mode }) => (mode & 0o077) !== 0)).toEqual([]);
    expect(statSync(home).mode & 0o066).toBe(0);
  });

  it("lets a service's role connect to its own database and to no other", async () => {
    for (const service of SERVICES) {
      const own = stack.databaseUrl(service);
      expect(await sql(own, 'select current_user as who, current_database() as where')).toEqual([
        { who: `gongdan_${service}`, where: `gongdan_${service}` },
      ]);
      for (const other of SERVICES.filter((s) => s !== service)) {
        await expect(sql(own.replace(/gongdan_\w+$/, `gongdan_${other}`), 'select 1')).rejects.toMatchObject({ code: '42501' });
      }
    }
  });

  it('gives the role for migrations the rights of an owner, the role of the service none of them, and neither those of a superuser', async () => {
    const own = stack.databaseUrl('sla');
    const owner = ownerUrl('sla');
    await sql(owner, 'create table probe (n int); drop table probe; create schema s; drop schema s');
    for (const change of ['create table probe (n int)', 'create schema s'])
      await expect(sql(own, change)).rejects.toMatchObject({ code: '42501' });
    for (const url of [own, owner]) {
      await expect(sql(url, 'create role other')).rejects.toMatchObject({ code: '42501' });
      await expect(sql(url, "copy (select 1) to program 'true'")).rejects.toMatchObject({ code: '42501' });
      await expect(sql(url.replace(/:[^:@]+@/, ':wrong@'), 'select 1')).rejects.toMatchObject({ code: '28P01' });
    }
  });

  it.each(PARTS)(
    'starts %s again with all its data after kill -9',
    async (name) => {
      await sql(ownerUrl('intake'), 'create table if not exists kept (name text); insert into kept values (' + `'${name}')`);
      await publish(stack.kafka, name);
      const before = stack.pid(name);
      const published = await countPublished(stack.kafka);
      await stack.kill(name);
      expect(isRunning(before)).toBe(false);
      await stack.revive(name);
      expect(stack.pid(name)).not.toBe(before);
      expect(await sql(ownerUrl('intake'), `select * from kept where name = '${name}'`)).toEqual([{ name }]);
      await until('the topic', async () => (await countPublished(stack.kafka)) === published, 20_000);
      expect(await ping(stack.redis)).toBe('PONG');
    },
    SLOW,
  );

  it(
    'leaves no process when it is stopped, and has all data when it is started again',
    async () => {
      const pids = pidsOf(stack);
      const published = await countPublished(stack.kafka);
      await stack.stop();
      expect(pids.map(isRunning)).toEqual([false, false, false]);
      expect(stack.home.read().pids).toEqual({});
      stack = await Stack.infra({ home: stack.home.path, mode: 'test', portBase: 0, quiet: true });
      expect(await countPublished(stack.kafka)).toBe(published);
      expect(await sql(ownerUrl('intake'), 'select count(*)::int as n from kept')).toEqual([{ n: 3 }]);
    },
    SLOW,
  );

  it('starts all parts itself, whatever settings are exported', () => {
    expect(pidsOf(stack)).not.toContain(undefined);
    for (const service of SERVICES)
      for (const value of Object.values(stack.serviceEnv(service))) expect(Object.values(live)).not.toContain(value);
  });

  it(
    'starts no part for which the outside settings name another one',
    async () => {
      const outside: Record<string, string> = {
        KAFKA_BROKERS: stack.kafka,
        REDIS_URL: stack.redis,
        SMTP_URL: 'smtp://127.0.0.1:25',
        SEAL_KEY: 'theirs',
        AUTH_JWKS: ' ',
      };
      for (const service of SERVICES) outside[`${service.toUpperCase()}_DB_URL`] = stack.databaseUrl(service);
      const other = await Stack.infra({ home: homeFolder('external'), mode: 'test', portBase: 0, quiet: true, outside });
      expect(pidsOf(other)).toEqual([undefined, undefined, undefined]);
      expect([other.kafka, other.redis]).toEqual([stack.kafka, stack.redis]);
      for (const service of SERVICES) {
        const own = `${service.toUpperCase()}_DB_URL`;
        expect(other.serviceEnv(service)).toMatchObject({
          KAFKA_BROKERS: stack.kafka,
          REDIS_URL: stack.redis,
          SEAL_KEY: 'theirs',
          AUTH_JWKS: other.home.dir('jwks.json'),
          [own]: outside[own],
        });
      }
      expect(other.serviceEnv('notify')).toMatchObject({ SMTP_URL: outside['SMTP_URL'] });
      for (const part of ['kafka', 'postgres', 'redis']) expect(existsSync(other.home.dir(part))).toBe(false);
      await other.stop();
      expect(await ping(stack.redis)).toBe('PONG');
    },
    SLOW,
  );

  it(
    'tails events that are published from now on, whatever instant they carry, and all events of one ticket',
    async () => {
      const [ticket, other] = [newId(), newId()];
      const bus = new KafkaBus({ brokers: [stack.kafka], clientId: 'test', partitions: 3 });
      await bus.ensureTopics([TICKETS]);
      const event = (subject: string, seq: number, at: string) => ({ key: subject, value: Buffer.from('{}'), headers: { ce_id: newId(), ce_source: '/gongdan/intake', ce_type: 'intake.ticket-registered', ce_eventversion: '1', ce_subject: subject, ce_org: 'demo', ce_sequence: String(seq), ce_time: at } }); // prettier-ignore
      await bus.publish(TICKETS.name, [event(ticket, 1, '2999-01-01T00:00:00.000Z')]);
      const printed: Record<string, string[]> = { all: [], ticket: [], named: [] };
      const follow = (who: string, filter: TailFilter) => tail([stack.kafka], filter, (line) => printed[who]?.push(line.slice(0, 4)), () => undefined); // prettier-ignore
      const leave = await Promise.all([follow('all', {}), follow('ticket', { ticket }), follow('named', { name: 'intake.ticket-merged' })]);
      await bus.publish(TICKETS.name, [event(ticket, 2, '2016-01-01T00:00:00.000Z'), event(other, 1, '2015-01-01T00:00:00.000Z')]);
      await until('the events', async () => printed['all']?.length === 2 && printed['ticket']?.length === 2, 20_000);
      expect(printed).toEqual({ all: expect.arrayContaining(['2016', '2015']), ticket: ['2999', '2016'], named: [] });
      await Promise.all(leave.map((f) => f()));
      await bus.close();
    },
    SLOW,
  );

  it('gives a service the address of its own database and no other', () => {
    for (const service of SERVICES) {
      const names = Object.keys(stack.serviceEnv(service)).filter((name) => name.endsWith('_DB_URL'));
      expect(names).toEqual(['', '_MIGRATION'].map((kind) => `${service.toUpperCase()}${kind}_DB_URL`));
    }
  });

  it.each(['ready', 'starting'])(
    'ends the processes of a run that was killed while %s',
    async (when) => {
      const home = new Home(homeFolder(`killed-${when}`));
      const options = { home: home.path, mode: 'test' as const, portBase: 0, unsafePostgres: true, quiet: true };
      const code = `
      const { Stack } = await import(${JSON.stringify(pathToFileURL(join(PROJECT, 'deploy/local/dist/index.js')).href)});
      await Stack.infra(${JSON.stringify(options)});
      console.log('ready');
      setInterval(() => undefined, 1000);`;
      const run = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
      const gone = new Promise((resolve) => run.once('exit', resolve));
      const ready = new Promise((resolve) => run.stdout.once('data', resolve));
      const started = until('the parts', async () => PARTS.every((p) => home.read().pids[p] !== undefined), 60_000);
      await (when === 'ready' ? ready : started);
      run.kill('SIGKILL');
      await gone;
      const left = PARTS.map((p) => home.read().pids[p]?.pid);
      expect(left.map(isRunning)).toEqual([true, true, true]);
      const next = await Stack.infra(options);
      try {
        expect(left.map(isRunning)).toEqual([false, false, false]);
        expect(await sql(next.databaseUrl('notify'), 'select 1 as one')).toEqual([{ one: 1 }]);
      } finally {
        await next.stop();
      }
    },
    SLOW,
  );
});
