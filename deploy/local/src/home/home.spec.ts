import { createPrivateKey, createPublicKey } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeProtectedHeader, importJWK, jwtVerify, type JWK } from 'jose';
import { createTransport } from 'nodemailer';
import { Child } from '../processes/child.js';
import { Home, SERVICES } from './home.js';
import { AUDIENCE, ensureKeys, eventSigningKey, eventVerifyKeys, ISSUER, tokenFor } from '../clients/keys.js';
import { MailCatcher } from '../servers/mail-catcher.js';
import { freePort } from './ports.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gongdan-home-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const modeOf = (path: string): number => statSync(path).mode & 0o777;

/** Files and folders of a home that give any right to others than their owner, with their mode. */
function openToOthers(path: string): string[] {
  const entries = ['', ...(readdirSync(path, { recursive: true }) as string[])];
  return entries
    .filter((entry) => (modeOf(join(path, entry)) & 0o077) !== 0)
    .map((entry) => `${entry === '' ? 'home' : entry} ${modeOf(join(path, entry)).toString(8)}`);
}

describe('Home', () => {
  it('makes a secret once and lets only its owner read it', () => {
    const home = new Home(join(folder, 'secrets-home'));
    const first = home.secret('db-intake');
    expect(first.length).toBeGreaterThanOrEqual(32);
    expect(new Home(home.path).secret('db-intake')).toBe(first);
    expect(home.secret('db-sla')).not.toBe(first);
    expect(modeOf(home.dir('secrets'))).toBe(0o700);
    expect(modeOf(home.dir('secrets', 'db-intake'))).toBe(0o600);
  });

  it('gives other users no right to any file or folder, but for passing through the home when it runs as root', async () => {
    const home = new Home(join(folder, 'private', 'home'));
    home.secret('seal');
    home.write(home.read());
    await ensureKeys(home);
    eventVerifyKeys(home);
    const mails = await MailCatcher.start(home.dir('mail.jsonl'), await freePort(0), await freePort(0));
    await createTransport(mails.smtpUrl).sendMail({ from: 'a@example.org', to: 'b@example.org', subject: 's', text: 't' });
    await mails.stop();
    const child = new Child({
      name: 'part',
      command: 'sh',
      args: ['-c', `echo x > ${home.dir('kafka.out')}`],
      log: home.log('part'),
      marker: 'part',
    });
    child.start();
    await child.gone();
    expect(existsSync(home.dir('mail.jsonl')) && existsSync(home.dir('kafka.out'))).toBe(true);
    expect(openToOthers(home.path)).toEqual(process.getuid?.() === 0 ? ['home 711'] : []);
  });

  it('closes files and folders that an earlier version left open, except the data of Postgres and downloads', () => {
    const path = join(folder, 'open-home');
    mkdirSync(path);
    chmodSync(path, 0o755);
    for (const dir of ['logs', 'secrets', 'kafka/data', 'postgres', 'cache']) mkdirSync(join(path, dir), { recursive: true, mode: 0o755 });
    for (const file of ['logs/a.log', 'mail.jsonl', 'jwks.json', 'kafka/data/0.log', 'postgres/PG_VERSION', 'cache/a.jar'])
      writeFileSync(join(path, file), '', { mode: 0o644 });
    for (const entry of readdirSync(path, { recursive: true }) as string[])
      chmodSync(join(path, entry), statSync(join(path, entry)).isDirectory() ? 0o755 : 0o644);
    new Home(path);
    // The folder itself was there with files in it, so its mode stays.
    expect(openToOthers(path).sort()).toEqual(['cache 755', 'cache/a.jar 644', 'home 755', 'postgres 755', 'postgres/PG_VERSION 644']);
  });

  it('makes a secret of the requested length', () => {
    expect(Buffer.from(new Home(join(folder, 'seal')).secret('seal', 32), 'base64url')).toHaveLength(32);
  });

  it('stores the state of a run, and begins with an empty one', () => {
    const home = new Home(join(folder, 'state-home'));
    expect(home.read()).toEqual({ mode: 'demo', ports: {}, pids: {}, urls: {} });
    const state = {
      mode: 'test' as const,
      ports: { intake: 4101 },
      pids: { intake: { pid: 7, marker: 'main.js' } },
      urls: { intake: 'http://127.0.0.1:4101' },
    };
    home.write(state);
    expect(new Home(home.path).read()).toEqual(state);
    expect(modeOf(home.dir('state.json'))).toBe(0o600);
    expect(existsSync(home.dir('state.json.new'))).toBe(false);
  });

  it('deletes everything a run made and keeps the cache of downloads', () => {
    const home = new Home(join(folder, 'wiped'));
    home.secret('seal');
    home.write(home.read());
    writeFileSync(home.dir('mail.jsonl'), '');
    new Home(home.dir('cache', 'kafka-0.0.0'));
    home.wipe();
    expect(existsSync(home.dir('cache', 'kafka-0.0.0'))).toBe(true);
    for (const gone of ['secrets', 'state.json', 'mail.jsonl']) expect(existsSync(home.dir(gone))).toBe(false);
    expect(existsSync(home.dir('logs'))).toBe(true);
  });

  it('gives each home a control socket of its own, short enough for a socket path', () => {
    const deep = new Home(join(folder, 'x'.repeat(120)));
    const other = new Home(join(folder, 'other'));
    expect(deep.controlSocket).not.toBe(other.controlSocket);
    expect(new Home(other.path).controlSocket).toBe(other.controlSocket);
    expect(deep.controlSocket.length).toBeLessThan(104);
  });
});

describe('keys', () => {
  it('makes the key pair for tokens once; the public half verifies a token and holds no private part', async () => {
    const home = new Home(join(folder, 'keys'));
    const file = await ensureKeys(home);
    const before = readFileSync(file, 'utf8');
    await ensureKeys(home);
    expect(readFileSync(file, 'utf8')).toBe(before);
    expect(modeOf(home.dir('secrets', 'signing-key.pem'))).toBe(0o600);
    const { keys } = JSON.parse(before) as { keys: JWK[] };
    const [jwk] = keys;
    expect(keys).toHaveLength(1);
    expect(jwk).not.toHaveProperty('d');

    const token = await tokenFor(home, { id: 'mei', roles: ['agent'], units: ['hall'] }, 1);
    expect(decodeProtectedHeader(token)).toMatchObject({ alg: 'EdDSA', kid: jwk?.kid });
    const { payload } = await jwtVerify(token, await importJWK(jwk as JWK, 'EdDSA'), { issuer: ISSUER, audience: AUDIENCE });
    expect(payload).toMatchObject({ sub: 'mei', org: 'demo', name: 'mei', roles: ['agent'], units: ['hall'] });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(3_600);
  });

  it('makes the event keys once per service, and gives every service all public halves', () => {
    const home = new Home(join(folder, 'event-keys'));
    const shared = new Map(
      eventVerifyKeys(home)
        .split(',')
        .map((entry) => entry.split(':') as [string, string]),
    );
    expect([...shared.keys()]).toEqual(SERVICES.map((service) => `${service}/local`));
    for (const service of SERVICES) {
      expect(modeOf(home.dir('secrets', `event-key-${service}.pem`))).toBe(0o600);
      const [id, der = ''] = eventSigningKey(home, service).split(':');
      expect([id, eventSigningKey(home, service)]).toEqual(['local', `local:${der}`]);
      const own = createPublicKey(createPrivateKey({ key: Buffer.from(der, 'base64'), format: 'der', type: 'pkcs8' }));
      expect(shared.get(`${service}/local`)).toBe(own.export({ type: 'spki', format: 'der' }).toString('base64'));
    }
  });
});
