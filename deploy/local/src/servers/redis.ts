import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createClient } from 'redis';
import { Child, until } from '../processes/child.js';
import { CACHE, type Home } from '../home/home.js';

const run = promisify(execFile);

/** The only source of a server binary that needs neither root nor a compiler; the artifact has one per platform (docs/adr/0009). */
const ARTIFACT = 'com.github.codemonstur:embedded-redis:1.4.3';
const BINARIES: Record<string, string> = {
  'linux-x64': 'redis-server-6.2.6-v5-linux-amd64',
  'linux-arm64': 'redis-server-6.2.7-linux-arm64',
  'darwin-x64': 'redis-server-6.2.6-v5-darwin-amd64',
  'darwin-arm64': 'redis-server-6.2.6-v5-darwin-arm64',
};

async function runs(command: string): Promise<boolean> {
  return run(command, ['--version']).then(
    () => true,
    () => false,
  );
}

/** Returns the command that starts Redis, from the PATH or fetched. Throws an error that names what to install when neither works. */
export async function ensureRedis(detail: (text: string) => void): Promise<string> {
  if (await runs('redis-server')) return 'redis-server';
  const fetched = BINARIES[`${process.platform}-${process.arch}`];
  const own = join(CACHE, 'redis', fetched ?? '');
  if (fetched !== undefined && (await runs(own))) return own;
  const failures: unknown[] = [];
  if (process.getuid?.() === 0 && existsSync('/etc/debian_version')) {
    detail('installing the Debian package redis-server');
    await fromDebian().catch((error: unknown) => failures.push(error));
    if (await runs('redis-server')) return 'redis-server';
  }
  if (fetched !== undefined) {
    detail('fetching redis-server, 12 MB');
    await fromMaven(fetched).catch((error: unknown) => failures.push(error));
    if (await runs(own)) return own;
  }
  throw new Error(
    'Redis is missing: install redis-server (Debian: apt-get install redis-server; macOS: brew install redis), or set REDIS_URL.',
    {
      cause: new AggregateError(failures, failures.map(String).join('\n')),
    },
  );
}

async function fromDebian(): Promise<void> {
  // With RUNLEVEL=1 the package starts no server of its own on 6379. Without the sandbox user apt needs no /tmp that others may write to.
  const options = ['-qq', '-o', 'APT::Sandbox::User=root', '-o', 'DPkg::Lock::Timeout=60'];
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  await run('apt-get', [...options, 'update'], { env });
  await run('apt-get', [...options, 'install', '-y', '--no-install-recommends', 'redis-server'], { env, maxBuffer: 16 * 1024 * 1024 });
}

async function fromMaven(binary: string): Promise<void> {
  const unpack = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:unpack';
  const folder = join(CACHE, 'redis');
  mkdirSync(folder, { recursive: true });
  // Without a pom the plugin makes a folder `${project.basedir}` for its markers in the working directory, which must not be the checkout.
  await run('mvn', ['-q', '-B', unpack, `-Dartifact=${ARTIFACT}`, `-Dmdep.unpack.includes=${binary}`, `-DoutputDirectory=${folder}`], {
    cwd: folder,
    maxBuffer: 16 * 1024 * 1024,
  });
  chmodSync(join(folder, binary), 0o755);
}

/** The address of the Redis of this home, password included. */
export function redisUrl(home: Home, port: number): string {
  return `redis://:${home.secret('redis')}@127.0.0.1:${port}`;
}

/** Starts Redis and returns before it is ready. It keeps nothing on disk, because it holds only what may be lost. */
export function startRedis(home: Home, command: string, port: number, onExit: (child: Child, how: string) => void): Child {
  mkdirSync(home.dir('redis'), { recursive: true });
  // The password is in a file, because every user of the machine can read command lines.
  const configuration = home.dir('redis', 'redis.conf');
  writeFileSync(
    configuration,
    [
      `port ${port}`,
      'bind 127.0.0.1',
      `requirepass ${home.secret('redis')}`,
      'save ""',
      'appendonly no',
      'maxmemory 64mb',
      'maxmemory-policy allkeys-lru',
      `dir "${home.dir('redis')}"`,
      '',
    ].join('\n'),
    { mode: 0o600 },
  );
  const child = new Child(
    {
      name: 'redis',
      command,
      args: [configuration],
      log: home.log('redis'),
      // Redis replaces its command line by its address.
      marker: `127.0.0.1:${port}`,
    },
    onExit,
  );
  child.start();
  return child;
}

export function redisReady(url: string, child: Child): Promise<void> {
  return until(
    'Redis',
    async () => {
      const client = createClient({ url, socket: { reconnectStrategy: false, connectTimeout: 1_000 } });
      client.on('error', () => undefined);
      try {
        await client.connect();
        return (await client.ping()) === 'PONG';
      } finally {
        client.destroy();
      }
    },
    20_000,
    () => child.alive,
  );
}
