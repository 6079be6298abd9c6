import http from 'node:http';
import { type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { pinnedLookup } from './pinned-lookup.js';

describe('pinnedLookup', () => {
  let server: http.Server;
  let requests = 0;
  beforeAll(async () => {
    server = http.createServer((_, response) => {
      requests += 1;
      response.end();
    });
    await new Promise<void>((done) => server.listen(0, 'localhost', done));
  });
  afterAll(() => new Promise<void>((done) => server.close(() => done())));

  const get = (allowPrivate: boolean) =>
    new Promise<string>((resolve) => {
      const { port } = server.address() as AddressInfo;
      http
        .get({ host: 'localhost', port, lookup: pinnedLookup(allowPrivate), agent: false }, (response) =>
          resolve(`HTTP ${response.statusCode}`),
        )
        .on('error', (error) => resolve(error.message));
    });

  it('connects to no name that resolves to this machine', async () => {
    expect(await get(false)).toContain('public');
    expect(requests).toBe(0);
  });

  it('connects to this machine where private addresses are allowed', async () => {
    expect(await get(true)).toBe('HTTP 200');
  });
});
