import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { bool, ConfigError, int, list, serviceConfig, url } from './config.js';

const good = {
  GONGDAN_MODE: 'test',
  KAFKA_BROKERS: 'a:1, b:2 ,',
  INTAKE_DB_URL: 'postgres://intake:x@127.0.0.1:5432/intake',
  AUTH_JWKS: '/keys/jwks.json',
  AUTH_ISSUER: 'issuer',
  AUTH_AUDIENCE: 'gongdan',
  SEAL_KEY: Buffer.alloc(32, 7).toString('base64'),
};

function mistakesOf(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return '';
}

const pair = generateKeyPairSync('ed25519');
const signing = `2026a:${pair.privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64')}`;
const verify = `intake/2026a:${pair.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')}`;

describe('settings of a service', () => {
  it('settings are typed, in camel case, and have their documented defaults', () => {
    const config = serviceConfig('intake', { OFFER_TTL_S: int(900), STRICT: bool(false), PARTNER_URL: url.optional(), NAMES: list })({
      ...good,
      NAMES: 'x,y',
      STRICT: '1',
    });
    expect(config).toMatchObject({
      mode: 'test',
      host: '127.0.0.1',
      kafkaBrokers: ['a:1', 'b:2'],
      kafkaPartitions: 12,
      dbPool: 10,
      databaseUrl: good.INTAKE_DB_URL,
      logLevel: 'info',
      offerTtlS: 900,
      strict: true,
      names: ['x', 'y'],
    });
    expect(config.redisUrl).toBeUndefined();
  });

  it('the mode is production when GONGDAN_MODE is not set', () => {
    expect(mistakesOf(() => serviceConfig('intake', {})({ ...good, GONGDAN_MODE: undefined }))).toContain('production');
  });

  it('settings are refused with every mistake in one message', () => {
    const text = mistakesOf(() =>
      serviceConfig('intake', { OFFER_TTL_S: int() })({
        ...good,
        INTAKE_DB_URL: 'nonsense',
        AUTH_ISSUER: undefined,
        DB_POOL: 'many',
        GONGDAN_MODE: 'prod',
        SEAL_KEY: 'short',
      }),
    );
    for (const name of ['INTAKE_DB_URL', 'AUTH_ISSUER', 'DB_POOL', 'GONGDAN_MODE', 'SEAL_KEY', 'OFFER_TTL_S']) expect(text).toContain(name);
    expect(text).toMatch(/AUTH_ISSUER: is missing/);
    expect(text.split('\n')).toHaveLength(7);
  });

  it('settings trust only the proxies that TRUST_PROXY names', () => {
    const read = (TRUST_PROXY?: string) => serviceConfig('intake', {})({ ...good, TRUST_PROXY }).trustProxy;
    expect(read()).toBeUndefined();
    expect(read('10.0.0.0/8, ::1,loopback')).toEqual(['10.0.0.0/8', '::1', 'loopback']);
    for (const wrong of ['true', '1', '*', '10.0.0.0/33', '10.0.0.0/0', '10.0.0/8', '::1/129', '10.0.0.1/8/8', 'proxy.example'])
      expect(mistakesOf(() => read(wrong))).toContain('TRUST_PROXY');
  });

  it('settings count as absent when they are empty or blank', () => {
    const config = serviceConfig('intake', { OFFER_TTL_S: int(900) })({
      ...good,
      DB_POOL: '',
      REDIS_URL: '',
      OFFER_TTL_S: ' ',
      GONGDAN_MODE: 'test',
    });
    expect(config).toMatchObject({ dbPool: 10, offerTtlS: 900 });
    expect(config.redisUrl).toBeUndefined();
    expect(mistakesOf(() => serviceConfig('intake', {})({ ...good, AUTH_ISSUER: '' }))).toContain('AUTH_ISSUER: is missing');
  });

  it('settings are refused without repeating a secret', () => {
    const text = mistakesOf(() => serviceConfig('intake', {})({ ...good, SEAL_KEY: 'hunter2hunter2', INTAKE_DB_URL: 'hunter2' }));
    expect(text).not.toContain('hunter2');
  });

  it('settings require a pool of two connections, because a statement may be sent while a transaction is open', () => {
    const poolOf = (size: string) => serviceConfig('intake', {})({ ...good, DB_POOL: size }).dbPool;
    expect(poolOf('2')).toBe(2);
    for (const few of ['0', '1']) expect(mistakesOf(() => poolOf(few))).toContain('DB_POOL');
  });

  it('settings take an operator organisation that is spelled as in tokens, or none', () => {
    const orgOf = (org: string | undefined) => serviceConfig('intake', {})({ ...good, OPERATOR_ORG: org }).operatorOrg;
    expect(orgOf('host')).toBe('host');
    for (const none of [undefined, '', ' ']) expect(orgOf(none)).toBeUndefined();
    for (const wrong of ['Host', 'host,other', '*', 'a b']) expect(mistakesOf(() => orgOf(wrong))).toContain('OPERATOR_ORG');
  });

  it('settings are refused with the sample key in production only', () => {
    const sample = { ...good, SEAL_KEY: Buffer.alloc(32).toString('base64') };
    expect(mistakesOf(() => serviceConfig('intake', {})({ ...sample, GONGDAN_MODE: 'production' }))).toContain('SEAL_KEY');
    expect(mistakesOf(() => serviceConfig('intake', {})(sample))).toBe('');
  });

  it('settings contain the keys of events, and are refused without repeating a key', () => {
    const read = (env: object) => serviceConfig('intake', {})({ ...good, ...env });
    const config = read({ EVENT_SIGNING_KEY: signing, EVENT_VERIFY_KEYS: `${verify},${verify.replace('2026a', '2025')}` });
    expect(config.eventSigningKey).toMatchObject({ id: '2026a', key: { type: 'private' } });
    expect(config.eventVerifyKeys?.map((k) => [k.producer, k.id])).toEqual([
      ['intake', '2026a'],
      ['intake', '2025'],
    ]);
    for (const wrong of ['2026a', 'x:hunter2', `:${signing}`, signing.slice(0, 40), verify.slice(7)])
      expect(mistakesOf(() => read({ EVENT_SIGNING_KEY: wrong }))).toMatch(/EVENT_SIGNING_KEY: needs .*(?<!hunter2)$/s);
    for (const wrong of ['intake:x', 'intake/2026a:hunter2', `intake/2026a:${signing.slice(6)}`, `${verify},${verify}`, ','])
      expect(mistakesOf(() => read({ EVENT_VERIFY_KEYS: wrong }))).toMatch(/EVENT_VERIFY_KEYS: (?!.*hunter2)/s);
  });

  it('settings are refused in production without the keys of events, or with a clear-text link to Kafka that ALLOW_PLAINTEXT does not name', () => {
    const production = {
      ...good,
      GONGDAN_MODE: 'production',
      EVENT_SIGNING_KEY: signing,
      EVENT_VERIFY_KEYS: verify,
      ALLOW_PLAINTEXT: 'kafka,postgres,redis',
    };
    const mistakes = (env: object) => mistakesOf(() => serviceConfig('intake', {})({ ...production, ...env }));
    expect(mistakes({})).toBe('');
    expect(mistakes({ EVENT_SIGNING_KEY: undefined })).toContain('EVENT_SIGNING_KEY: is missing');
    expect(mistakes({ EVENT_VERIFY_KEYS: undefined })).toContain('EVENT_VERIFY_KEYS: is missing');
    expect(mistakes({ ALLOW_PLAINTEXT: 'postgres,redis' })).toContain('ALLOW_PLAINTEXT names kafka');
    expect(mistakes({ ALLOW_PLAINTEXT: 'everything' })).toContain('ALLOW_PLAINTEXT');
    expect(mistakes({ KAFKA_TLS: 'true', ALLOW_PLAINTEXT: 'postgres,redis' })).not.toContain('kafka');
    expect(mistakes({ KAFKA_SASL_USERNAME: 'intake' })).toContain('KAFKA_SASL_PASSWORD');
    expect(mistakes({ KAFKA_TLS_CERT: '/x.pem' })).toContain('KAFKA_TLS_KEY');
  });
});

describe('clear-text links in production', () => {
  const secure = {
    ...good,
    GONGDAN_MODE: 'production',
    INTAKE_DB_URL: 'postgres://intake:x@db:5432/intake?sslmode=verify-full',
    REDIS_URL: 'rediss://redis:6379',
    ALLOW_PLAINTEXT: 'kafka',
    EVENT_SIGNING_KEY: signing,
    EVENT_VERIFY_KEYS: verify,
  };
  const read = (env: Record<string, string | undefined>) => mistakesOf(() => serviceConfig('intake', {})({ ...secure, ...env }));

  it('clear-text links are refused unless ALLOW_PLAINTEXT names them', () => {
    expect(read({})).toBe('');
    expect(read({ INTAKE_DB_URL: good.INTAKE_DB_URL })).toMatch(/INTAKE_DB_URL.*sslmode=verify-full.*ALLOW_PLAINTEXT/);
    expect(read({ REDIS_URL: 'redis://redis:6379' })).toMatch(/REDIS_URL.*rediss:.*ALLOW_PLAINTEXT/);
    expect(read({ INTAKE_DB_URL: good.INTAKE_DB_URL, REDIS_URL: 'redis://redis:6379', ALLOW_PLAINTEXT: 'kafka, postgres,redis' })).toBe('');
  });

  it.each(['disable', 'prefer', 'require', 'no-verify'])(
    'links to Postgres are refused with sslmode=%s, which does not verify the server',
    (mode) => {
      expect(read({ INTAKE_DB_URL: `postgres://intake:x@db:5432/intake?sslmode=${mode}` })).toContain('INTAKE_DB_URL');
    },
  );

  it('refused clear-text links are all named at once', () => {
    const text = read({ INTAKE_DB_URL: good.INTAKE_DB_URL, REDIS_URL: 'redis://redis:6379' });
    expect(text).toContain('INTAKE_DB_URL');
    expect(text).toContain('REDIS_URL');
  });

  it('clear-text links need no permission when Redis is not used, or outside production', () => {
    expect(read({ REDIS_URL: undefined })).toBe('');
    expect(mistakesOf(() => serviceConfig('intake', {})({ ...good, GONGDAN_MODE: 'demo', REDIS_URL: 'redis://redis:6379' }))).toBe('');
  });

  it('clear-text links are permitted by known names only', () => {
    expect(read({ ALLOW_PLAINTEXT: 'kafka,postgress' })).toContain('ALLOW_PLAINTEXT');
  });
});
