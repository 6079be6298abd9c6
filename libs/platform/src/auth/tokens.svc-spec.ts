import { createHmac, generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { generateKeyPair, SignJWT } from 'jose';
import { AUDIENCE, ISSUER, type Sample, sampleKeys, startSample } from '../sample-service.js';

let sample: Sample;
beforeAll(async () => {
  sample = await startSample();
});
afterAll(() => sample.stop());

const now = () => Math.floor(Date.now() / 1_000);
const ask = (token: string | null) => sample.call('GET', '/v1/cause', { token });
const b64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const claims = () => ({ sub: 'wang', org: 'acme', roles: ['admin'], units: [], iss: ISSUER, aud: AUDIENCE, iat: now(), exp: now() + 600 });

describe('a valid token', () => {
  it('takes the caller and the organisation from the token', async () => {
    const answer = await ask(await sample.keys.sign());
    expect(answer).toMatchObject({
      status: 200,
      body: { who: { id: 'wang', org: 'acme', name: '王芳', roles: ['admin'], units: ['desk'] } },
    });
  });

  it('accepts a token with the type of an access token, of a JWT, or none', async () => {
    for (const typ of ['at+jwt', 'application/at+jwt', 'AT+JWT', 'JWT', undefined])
      expect((await ask(await sample.keys.sign({}, { typ }))).status).toBe(200);
  });

  it('accepts a token that is expired, or not valid yet, for less than 60 seconds', async () => {
    expect((await ask(await sample.keys.sign({ exp: now() - 30 }))).status).toBe(200);
    expect((await ask(await sample.keys.sign({ nbf: now() + 30 }))).status).toBe(200);
  });

  it('answers 403 with the name of the right when the roles of a token lack it', async () => {
    const answer = await sample.call('POST', '/v1/things', { token: await sample.keys.sign({ roles: ['analyst'] }), json: { name: 'x' } });
    expect(answer).toMatchObject({ status: 403, body: { code: 'platform/no-right', right: 'tickets:create' } });
    expect((await ask(await sample.keys.sign({ roles: [] }))).status).toBe(403);
    expect((await ask(await sample.keys.sign({ roles: ['__proto__', 'constructor'] }))).status).toBe(403);
  });

  it('answers 403 to another organisation’s admin for what all organisations share', async () => {
    const tenant = await sample.keys.sign({ org: 'tenant', roles: ['admin', 'operator'] });
    const shift = () => sample.call('PUT', '/v1/clock', { token: tenant, json: { offsetMs: 86_400_000 } });
    expect(await shift()).toMatchObject({ status: 403, body: { code: 'platform/no-right', right: 'clock:shift' } });
    expect((await sample.call('GET', '/v1/clock', { token: tenant })).body).toMatchObject({ offsetMs: 0 });
    expect((await sample.call('POST', '/v1/things', { token: tenant, json: { name: 'own' } })).status).toBe(201);
  });

  it('decides by real time whether a token has expired, not by the shifted clock', async () => {
    const token = await sample.keys.sign({ jti: 'shifted' });
    expect((await sample.call('PUT', '/v1/clock', { json: { offsetMs: 10 * 86_400_000 } })).status).toBe(200);
    expect((await ask(token)).status).toBe(200);
    expect((await ask(await sample.keys.sign({ exp: now() - 120 }))).status).toBe(401);
    expect((await sample.call('PUT', '/v1/clock', { json: { offsetMs: 0 } })).status).toBe(200);
  });
});

describe('an invalid token', () => {
  const bad: [string, () => Promise<string> | string][] = [
    ['another audience', () => sample.keys.sign({ aud: 'elsewhere' })],
    ['no audience', () => sample.keys.sign({ aud: undefined })],
    ['another issuer', () => sample.keys.sign({ iss: 'https://evil.example' })],
    ['no issuer', () => sample.keys.sign({ iss: undefined })],
    ['expired', () => sample.keys.sign({ exp: now() - 61 })],
    ['without an end', () => sample.keys.sign({ exp: undefined })],
    ['not valid yet', () => sample.keys.sign({ nbf: now() + 120 })],
    ['without a subject', () => sample.keys.sign({ sub: undefined })],
    ['in the name of a service', () => sample.keys.sign({ sub: 'system:intake' })],
    ['without an organisation', () => sample.keys.sign({ org: undefined })],
    ['with an organisation that is a path', () => sample.keys.sign({ org: '../other' })],
    ['with an organisation that is a list', () => sample.keys.sign({ org: ['acme', 'other'] })],
    ...['dpop+jwt', 'logout+jwt', 'secevent+jwt', 'id+jwt', 'application/jwt; x=1', '', 7].map((typ): [string, () => Promise<string>] => [
      `of another kind (typ ${JSON.stringify(typ)})`,
      () => sample.keys.sign({}, { typ }),
    ]),
    ['with roles that are text', () => sample.keys.sign({ roles: 'admin' })],
    ['unknown key id', () => sample.keys.sign({}, { kid: 'nobody' })],
    ['key id that is a path', () => sample.keys.sign({}, { kid: '../../../../dev/null' })],
    [
      'a key of its own under our id',
      async () => new SignJWT(claims()).setProtectedHeader({ alg: 'EdDSA', kid: 'k1' }).sign((await generateKeyPair('EdDSA')).privateKey),
    ],
    [
      'a key in its own header',
      async () => {
        const { publicKey, privateKey } = generateKeyPairSync('ed25519');
        return new SignJWT(claims())
          .setProtectedHeader({ alg: 'EdDSA', jwk: publicKey.export({ format: 'jwk' }) as never })
          .sign(privateKey);
      },
    ],
    ['alg none', () => `${b64({ alg: 'none', kid: 'k1' })}.${b64(claims())}.`],
    ['alg none in mixed case', () => `${b64({ alg: 'nOnE', kid: 'k1' })}.${b64(claims())}.`],
    [
      'HMAC with the public key',
      () => {
        const text = `${b64({ alg: 'HS256', kid: 'k1' })}.${b64(claims())}`;
        const jwk = (JSON.parse(readFileSync(sample.keys.file, 'utf8')) as { keys: { x: string }[] }).keys[0]?.x ?? '';
        return `${text}.${createHmac('sha256', Buffer.from(jwk, 'base64url')).update(text).digest('base64url')}`;
      },
    ],
    ['a changed payload', async () => { const [h, , s] = (await sample.keys.sign()).split('.'); return `${h}.${b64({ ...claims(), sub: 'root' })}.${s}`; }], // prettier-ignore
    ['no token at all', () => 'nonsense'],
    ['three dots', () => '...'],
    ['12,000 letters', () => 'a'.repeat(12_000)],
  ];

  it.each(bad)('answers 401 to an invalid token: %s', async (_, make) => {
    const answer = await ask(await make());
    expect(answer).toMatchObject({ status: 401, body: { code: expect.stringMatching(/^platform\/(bad|no)-token$/) } });
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/);
    expect(Object.keys(answer.body).sort()).toEqual(['code', 'correlationId', 'detail', 'instance', 'status', 'title', 'type']);
  });

  it('answers 401 when the token is missing or has another scheme', async () => {
    expect(await ask(null)).toMatchObject({ status: 401, body: { code: 'platform/no-token' } });
    const good = await sample.keys.sign();
    for (const authorization of ['Basic d2FuZzp4', `Bearer  ${good}`, `Token ${good}`, 'Bearer', 'Bearer ']) {
      expect((await sample.call('GET', '/v1/cause', { token: null, headers: { authorization } })).status).toBe(401);
    }
  });

  it('answers 401 before the body is validated', async () => {
    expect((await sample.call('POST', '/v1/things', { token: null, json: { nonsense: 1 } })).status).toBe(401);
  });

  it('answers 404 on a path that does not exist, whatever the token', async () => {
    expect((await sample.call('GET', '/v1/nothing', { token: null })).status).toBe(404);
  });
});

describe('the key file', () => {
  it('answers 503 when the key file is missing, because the token may be valid', async () => {
    const other = await startSample({ env: { AUTH_JWKS: '/nowhere/jwks.json' } });
    const answer = await other.call('GET', '/v1/cause');
    await other.stop();
    expect(answer).toMatchObject({ status: 503, body: { code: 'platform/keys-away' } });
  });

  it('reads a replaced key file while the service runs, and refuses tokens of the old key', async () => {
    expect((await ask(await sample.keys.sign())).status).toBe(200);
    // The file is read again at most once a second.
    await new Promise((wake) => setTimeout(wake, 1_100));
    const next = await sampleKeys(sample.keys.file, 'k2');
    expect((await ask(await next.sign())).status).toBe(200);
    expect((await ask(await sample.keys.sign({ jti: 'by the old key' }))).status).toBe(401);
  });
});
