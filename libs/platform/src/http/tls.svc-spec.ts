import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Database } from '../database/database.js';
import { RedisConnection } from '../redis.js';
import { sampleStack } from '../sample-service.js';
import { eventually } from '../testing.js';

// Made for this spec and used nowhere else: a certificate for localhost, signed by itself, valid until 2126.
const KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgAX37Ds1H5j3i7fq2
9VmWdi8EsSwPbkvaPyMXLdOGiwGhRANCAATU4xUKq/krS3MBKW2pX60jjnemQ7nr
FITcTS1O72a1PHuhElQy7Lk7Sy3XsPLzuPqBl/BV9EtZEU4dh67x9Kkv
-----END PRIVATE KEY-----
`;
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBoTCCAUegAwIBAgIUGz6FKSGDKjQqnn+L/OltI/zttr0wCgYIKoZIzj0EAwIw
FzEVMBMGA1UEAwwMZ29uZ2RhbiB0ZXN0MCAXDTI2MTEyODA5MTc1MFoYDzIxMjYx
MTA0MDkxNzUwWjAXMRUwEwYDVQQDDAxnb25nZGFuIHRlc3QwWTATBgcqhkjOPQIB
BggqhkjOPQMBBwNCAATU4xUKq/krS3MBKW2pX60jjnemQ7nrFITcTS1O72a1PHuh
ElQy7Lk7Sy3XsPLzuPqBl/BV9EtZEU4dh67x9Kkvo28wbTAdBgNVHQ4EFgQUMTFy
wwCWp04tigj+4rOMwA7XVQIwHwYDVR0jBBgwFoAUMTFywwCWp04tigj+4rOMwA7X
VQIwDwYDVR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEw
CgYIKoZIzj0EAwIDSAAwRQIgCxos1zQPySygDRZBTbt2Ukwng9tm/yGsDNlzyued
+V4CIQCEujB9RCw18aMumUVKUweJ5OTXFLGWH6Pwwh2vCfA9+A==
-----END CERTIFICATE-----
`;

const folder = mkdtempSync(join(tmpdir(), 'gongdan-tls-'));
const ca = join(folder, 'ca.pem');
writeFileSync(ca, CERTIFICATE);
const servers: Server[] = [];
afterAll(() => {
  for (const server of servers) server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A server that speaks TLS, after `greet` where the protocol begins in clear text, and hands everything on to `target`. */
async function tlsInFrontOf(target: URL, greet: (socket: Socket) => Promise<void>): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    void greet(socket).then(() => {
      const secure = new TLSSocket(socket, { isServer: true, key: KEY, cert: CERTIFICATE });
      const upstream = connect(Number(target.port), target.hostname);
      for (const end of [secure, upstream]) end.on('error', () => void [secure.destroy(), upstream.destroy()]);
      secure.pipe(upstream).pipe(secure);
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** The client asks for TLS with eight bytes, the server agrees with one (PostgreSQL protocol, SSLRequest). */
const postgresGreeting = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    socket.once('data', () => {
      socket.write('S');
      resolve();
    });
  });

let postgres: URL;
let redisPort: number;
beforeAll(async () => {
  postgres = new URL(sampleStack().postgres);
  const port = await tlsInFrontOf(new URL(postgres), postgresGreeting);
  postgres.port = String(port);
  redisPort = await tlsInFrontOf(new URL(sampleStack().redis), () => Promise.resolve());
});

async function ask(url: URL): Promise<unknown> {
  const database = new Database({ url: url.toString(), poolSize: 2, applicationName: 'tls', migrations: [] });
  try {
    await database.connect();
    return (await database.one<{ n: number }>('select 1 as n'))?.n;
  } finally {
    await database.close().catch(() => undefined);
  }
}

describe('TLS to Postgres', () => {
  it('TLS to Postgres is used with sslmode=verify-full and the certificate of sslrootcert', async () => {
    postgres.search = `?sslmode=verify-full&sslrootcert=${ca}`;
    expect(await ask(postgres)).toBe(1);
  });

  it('refuses a server whose certificate no trusted authority signed', async () => {
    postgres.search = '?sslmode=verify-full';
    await expect(ask(postgres)).rejects.toThrow(/self-signed certificate/);
  });
});

describe('TLS to Redis', () => {
  const open = async (caFile?: string): Promise<RedisConnection> => {
    const url = new URL(sampleStack().redis);
    url.port = String(redisPort);
    const redis = new RedisConnection(url.toString().replace(/^redis:/, 'rediss:'), caFile);
    await redis.start();
    return redis;
  };

  it('TLS to Redis is used with rediss:// and the certificate of REDIS_TLS_CA', async () => {
    const redis = await open(ca);
    try {
      await eventually(() => expect(redis.available).toBe(true));
      expect(await redis.run((client) => client.ping())).toBe('PONG');
    } finally {
      redis.stop();
    }
  });

  it('refuses a server whose certificate no trusted authority signed', async () => {
    const redis = await open();
    try {
      await new Promise((wake) => setTimeout(wake, 300));
      expect(redis.available).toBe(false);
    } finally {
      redis.stop();
    }
  });
});
