import { execFile } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { promisify } from 'node:util';
import { createClient } from 'redis';
import { Child, until } from './child.js';
import { type Home } from './home.js';

const run = promisify(execFile);

async function installed(): Promise<boolean> {
  return run('redis-server', ['--version']).then(
    () => true,
    () => false,
  );
}

/** Redis from the PATH; on Debian as root it is fetched, elsewhere one sentence says what to do. */
export async function ensureRedis(detail: (text: string) => void): Promise<void> {
  if (await installed()) return;
  if (process.getuid?.() === 0 && existsSync('/etc/debian_version')) {
    detail('installing the Debian package redis-server');
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
    await run('apt-get', ['update', '-qq'], { env }).catch(() => undefined);
    await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'redis-server'], { env, maxBuffer: 16 * 1024 * 1024 });
    // The package starts a server of its own on 6379, which nobody asked for.
    await run('service', ['redis-server', 'stop']).catch(() => undefined);
    if (await installed()) return;
  }
  throw new Error('Redis is missing: install redis-server (Debian: apt-get install redis-server; macOS: brew install redis), or set REDIS_URL.');
}

/** Started, not yet ready. Nothing is kept on disk: Redis holds only what may be lost. */
export function startRedis(home: Home, port: number, onExit: (child: Child, how: string) => void): Child {
  mkdirSync(home.dir('redis'), { recursive: true });
  const child = new Child(
    {
      name: 'redis',
      command: 'redis-server',
      args: ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--maxmemory', '64mb', '--maxmemory-policy', 'allkeys-lru', '--dir', home.dir('redis')],
      log: home.log('redis'),
      // Redis replaces its command line by this title.
      marker: `127.0.0.1:${port}`,
    },
    onExit,
  );
  child.start();
  return child;
}

export function redisReady(port: number, child: Child): Promise<void> {
  return until(
    'Redis',
    async () => {
      const client = createClient({ url: `redis://127.0.0.1:${port}`, socket: { reconnectStrategy: false, connectTimeout: 1_000 } });
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
