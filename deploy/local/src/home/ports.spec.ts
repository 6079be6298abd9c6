import { createServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { freePort } from './ports.js';

const servers: Server[] = [];

function occupy(port: number): Promise<number> {
  const server = createServer();
  servers.push(server);
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
}

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => new Promise((done) => server.close(done))));
});

describe('freePort', () => {
  it('returns the preferred port when it is free', async () => {
    const preferred = await occupy(0);
    await new Promise((done) => servers.pop()?.close(done));
    expect(await freePort(preferred)).toBe(preferred);
  });

  it('returns a port 20 higher when the preferred one is taken', async () => {
    const taken = await occupy(0);
    const given = await freePort(taken);
    expect(given).toBeGreaterThan(taken);
    expect((given - taken) % 20).toBe(0);
    expect(await occupy(given)).toBe(given);
  });

  it('never returns one port twice, even before a server listens on it', async () => {
    const ports = await Promise.all(Array.from({ length: 50 }, () => freePort(0)));
    expect(new Set(ports).size).toBe(50);
    const preferred = await freePort(0);
    expect(await freePort(preferred)).not.toBe(preferred);
  });
});
