import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Home } from '../home/home.js';
import { ensureKeys } from '../clients/keys.js';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const example = join(root, 'docs/packs-howto/lost-property');

interface Asked {
  path: string;
  body: Record<string, unknown>;
}
type Reply = (asked: Asked) => { status?: number; body: object };

// The services are not here: the tests say what dispatch answers, and see what the commands make of it.
describe('commands of gongdan pack that need a running stack', () => {
  let server: Server;
  let home: string;
  let reply: Reply;
  let asked: Asked[] = [];

  beforeAll(async () => {
    server = createServer((request, response) => {
      let text = '';
      request.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
      request.on('end', () => {
        const one = { path: `${request.method ?? ''} ${request.url ?? ''}`, body: JSON.parse(text || '{}') as Record<string, unknown> };
        asked.push(one);
        const { status = 200, body } = reply(one);
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      });
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    home = mkdtempSync(join(tmpdir(), 'gongdan-home-'));
    const at = new Home(home);
    await ensureKeys(at);
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    at.write({ mode: 'demo', ports: {}, pids: {}, urls: { dispatch: url, intake: url } });
  });
  afterAll(async () => {
    await new Promise((closed) => server.close(closed));
    rmSync(home, { recursive: true });
  });
  beforeEach(() => {
    asked = [];
  });

  function gongdan(...args: string[]): Promise<{ status: number | null; stdout: string; stderr: string }> {
    const child = spawn(process.execPath, [join(root, 'deploy/local/bin/gongdan.mjs'), 'pack', ...args], {
      cwd: root,
      env: { ...process.env, LANG: 'C', LC_ALL: 'C', GONGDAN_HOME: home },
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString('utf8')));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString('utf8')));
    return new Promise((done) => child.on('close', (status) => done({ status, stdout, stderr })));
  }

  const total = { table: 'desks', rule: 'fallback', before: 3, after: 2, moved: 1, undecidable: 1 };
  const moved = {
    ticketId: '019d2c1e-6f3a-7c55-9d0b-3a1f6a2b7c10', number: 'SW1', no: 1, at: '2026-03-02T01:00:00.000Z', table: 'desks', pack: { key: 'lost-property', version: 1 },
    verdict: 'moved', was: { rule: 'fallback', unit: 'lost-desk' }, would: { rule: 'keys', unit: 'airport-police' }, facts: { 'class.categories': ['other'], 'place.area': null },
  }; // prettier-ignore
  const unsure = { ...moved, number: 'SW2', verdict: 'undecidable', missing: ['attributes.flight'], would: undefined, facts: undefined };
  const pages: Reply = ({ body }) =>
    body['cursor'] === undefined
      ? { body: { judged: 2, withoutTable: 0, items: [moved], rules: [{ ...total, undecidable: 0 }], next: 'second' } }
      : { body: { judged: 2, withoutTable: 4, items: [unsure], rules: [{ ...total, moved: 0 }], next: null } };

  it('replay follows the pages, lists what would have gone elsewhere, and adds up the totals', async () => {
    reply = pages;
    const { stdout, status } = await gongdan('replay', example, '--from', '2026-03-01', '--to', '2026-04-01T00:00:00+08:00');
    expect(stdout.split('\n').slice(0, 2)).toEqual([
      'SW1  lost-desk (fallback) -> airport-police (keys)  [class.categories=other place.area=-]',
      'SW2  lost-desk (fallback) -> undecidable: not recorded: attributes.flight',
    ]);
    expect(stdout).toMatch(/desks +fallback +6 +4 +1 +1\n/);
    expect(stdout).toContain('4 decisions judged: 1 moved, 1 undecidable, 2 the same.\n4 more were made by tables');
    expect(status).toBe(0);
    expect(asked.map((a) => a.body['cursor'])).toEqual([undefined, 'second']);
    expect(asked[0]).toMatchObject({
      path: 'POST /v1/routing/replay',
      body: { pack: 'lost-property', routing: { tables: { desks: {} } }, from: '2026-03-01T00:00:00.000Z', to: '2026-03-31T16:00:00.000Z' },
    });
  });
  it('replay --json prints one object, and --limit bounds what is looked at', async () => {
    reply = pages;
    const { stdout } = await gongdan('replay', example, '--json');
    const said = JSON.parse(stdout) as { items: { number: string }[]; rules: object[] };
    expect(said).toMatchObject({ judged: 4, withoutTable: 4, moved: 1, undecidable: 1, rules: [{ before: 6 }] });
    expect(said.items.map((i) => i.number)).toEqual(['SW1', 'SW2']);
    asked = [];
    await gongdan('replay', example, '--limit', '7');
    expect(asked.map((a) => a.body['limit'])).toEqual([7]);
  });
  it('replay speaks Chinese, and says why it cannot run', async () => {
    reply = pages;
    expect((await gongdan('replay', example, '--lang', 'zh-CN')).stdout).toMatch(/无法判断：没有记录 attributes\.flight/);
    reply = () => ({ status: 404, body: { code: 'dispatch/no-pack', title: 'Not found', detail: 'there is no such pack' } });
    expect(await gongdan('replay', example)).toMatchObject({ status: 1, stderr: 'dispatch/no-pack: there is no such pack\n' });
    expect((await gongdan('replay', example, '--from', 'yesterday')).stderr).toMatch(/--from is a date or an instant/);
    expect((await gongdan('replay', example, '--limit', '0')).stderr).toMatch(/whole number/);
  });

  it('publish names who is missing and what to do about it', async () => {
    reply = ({ path }) =>
      path.startsWith('PUT')
        ? {
            body: {
              key: 'lost-property',
              version: 1,
              digest: 'x',
              missing: {
                roles: [{ key: 'duty-manager', pointer: '/process/start/0' }],
                units: [{ key: 'lost-desk', pointer: '/process/start/0' }],
              },
            },
          }
        : { status: 400, body: { code: 'platform/invalid-input' } };
    const { stdout, status } = await gongdan('publish', example);
    expect(stdout.split('\n').slice(0, 4)).toEqual([
      'in force: lost-property version 1',
      expect.stringMatching(/^warning: nobody holds the role duty-manager \(needed at .*lost-property\/process\.yaml:3\)$/),
      expect.stringMatching(/^warning: the directory has no unit lost-desk \(needed at .*lost-property\/process\.yaml:3\)$/),
      expect.stringMatching(/^Tickets wait at these places until somebody is there\. For a trial: gongdan pack directory /),
    ]);
    expect(status).toBe(0);
  });
  it('list prints a table, and JSON with --json', async () => {
    const items = [{ key: 'lost-property', version: 2, digest: 'x', readable: true, names: { 'zh-CN': '机场失物招领', en: 'Lost property' }, publishedAt: '2026-03-02T01:00:00.000Z', publishedBy: 'root' }]; // prettier-ignore
    reply = () => ({ body: { items } });
    expect((await gongdan('list')).stdout).toMatch(
      /^key +version +published +by +name\nlost-property +2 +2026-03-02 01:00 +root +Lost property\n$/,
    );
    expect((await gongdan('list', '--lang', 'zh-CN')).stdout).toMatch(/机场失物招领/);
    expect(JSON.parse((await gongdan('list', '--json')).stdout)).toEqual({ items });
  });
  it('a refusal is told in a sentence', async () => {
    reply = () => ({
      status: 403,
      body: { type: 'about:blank', code: 'platform/forbidden', title: 'Forbidden', detail: 'the right packs:read is missing' },
    });
    expect((await gongdan('list')).stderr).toBe('dispatch GET /v1/packs: 403 platform/forbidden: the right packs:read is missing\n');
  });
  it('publish says in one line why the platform refused', async () => {
    reply = () => ({
      status: 409,
      body: { code: 'dispatch/pack-version-taken', title: 'Conflict', detail: 'a published version never changes; raise pack.version' },
    });
    expect(await gongdan('publish', example)).toMatchObject({
      status: 1,
      stderr: 'the platform refused the pack: dispatch/pack-version-taken: a published version never changes; raise pack.version\n',
    });
  });
});
