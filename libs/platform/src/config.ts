import { isIP } from 'node:net';
import { z } from 'zod';
import { type SigningKey, signingKey, type VerifyKey, verifyKeys } from './secrets/event-keys.js';

/** Schemas of settings: each parses the text of an environment variable to a typed value. */
export const int = (fallback?: number) => {
  const n = z.coerce.number().int().nonnegative();
  return fallback === undefined ? n : n.default(fallback);
};
/** For how many days something is kept. Zero would delete what was written a moment ago. */
export const days = (fallback: number) => z.coerce.number().int().min(1).max(36_500).default(fallback);
export const bool = (fallback: boolean) =>
  z
    .enum(['true', 'false', '1', '0'])
    .default(fallback ? 'true' : 'false')
    .transform((v) => v === 'true' || v === '1');
export const list = z.string().transform((v) => v.split(',').map((s) => s.trim()).filter(Boolean)); // prettier-ignore
export const url = z.string().regex(/^[a-z][a-z0-9+.-]*:\/\/\S+$/i, 'must be a URL');
/** Addresses, networks (`10.0.0.0/8`), and the names that Fastify has for networks. */
const proxies = list.refine(
  (all) => all.every(isNetwork),
  'must be addresses, networks like 10.0.0.0/8, or loopback, linklocal, uniquelocal',
);

function isNetwork(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/');
  const most = { 0: 0, 4: 32, 6: 128 }[isIP(address)] ?? 0;
  const fits = bits === undefined || (/^[1-9]\d{0,2}$/.test(bits) && Number(bits) <= most);
  return ['loopback', 'linklocal', 'uniquelocal'].includes(text) || (most > 0 && fits && more.length === 0);
}

/** The key of an organisation, as tokens carry it. */
export const orgKey = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/);

const base = {
  GONGDAN_MODE: z.enum(['production', 'demo', 'test']).default('production'),
  HOST: z.string().default('127.0.0.1'),
  PORT: int(0),
  TRUST_PROXY: proxies.optional(),
  KAFKA_BROKERS: list,
  KAFKA_PARTITIONS: int(12),
  KAFKA_REPLICATION: int(1),
  KAFKA_SESSION_MS: int(10_000),
  KAFKA_SASL_MECHANISM: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']).default('scram-sha-512'),
  KAFKA_SASL_USERNAME: z.string().min(1).optional(),
  KAFKA_SASL_PASSWORD: z.string().min(1).optional(),
  KAFKA_TLS: bool(false),
  KAFKA_TLS_CA: z.string().min(1).optional(),
  KAFKA_TLS_CERT: z.string().min(1).optional(),
  KAFKA_TLS_KEY: z.string().min(1).optional(),
  ALLOW_PLAINTEXT: list.pipe(z.array(z.enum(['kafka', 'postgres', 'redis']))).default([]),
  EVENT_SIGNING_KEY: signingKey.optional(),
  EVENT_VERIFY_KEYS: verifyKeys.optional(),
  // With a single connection, a statement that is sent while a transaction is open would wait for ever.
  DB_POOL: z.coerce.number().int().min(2).default(10),
  REDIS_URL: url.optional(),
  REDIS_TLS_CA: z.string().optional(),
  AUTH_JWKS: z.string().min(1),
  AUTH_ISSUER: z.string().min(1),
  AUTH_AUDIENCE: z.string().min(1),
  OPERATOR_ORG: orgKey.optional(),
  SEAL_KEY: z.string().refine((v) => Buffer.from(v, 'base64').length === 32, 'must be 32 bytes in base64'),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
  DRAIN_MS: int(5_000),
  RATE_CALLER_PER_S: int(100),
  RATE_ORG_PER_S: int(300),
};

/** A link of a service to a part of the installation. */
export type PlaintextLink = 'kafka' | 'postgres' | 'redis';

/** The settings every service has; ARCHITECTURE.md lists the variables, each service's README its own. */
export interface BaseConfig {
  mode: 'production' | 'demo' | 'test';
  host: string;
  port: number;
  /** Proxies whose `x-forwarded-for` is trusted. Without it no proxy is trusted: the client is then the peer of the connection. */
  trustProxy?: string[];
  kafkaBrokers: string[];
  kafkaPartitions: number;
  /** Copies of each topic this service creates: 1 on one broker, 3 on a cluster. */
  kafkaReplication: number;
  kafkaSessionMs: number;
  /** Applies when a user name is set. */
  kafkaSaslMechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  kafkaSaslUsername?: string;
  kafkaSaslPassword?: string;
  kafkaTls: boolean;
  /** PEM files: the authorities the broker's certificate is checked against (without it, those of the system), and this client's own certificate. */
  kafkaTlsCa?: string;
  kafkaTlsCert?: string;
  kafkaTlsKey?: string;
  /** With this key the service signs what it publishes. */
  eventSigningKey?: SigningKey;
  /** Events are accepted only with a signature of one of these. Without the setting, which production refuses, unsigned events are accepted. */
  eventVerifyKeys?: VerifyKey[];
  dbPool: number;
  redisUrl?: string;
  /** PEM file of the authority that signed the certificate of Redis; without it, the authorities that Node trusts. */
  redisTlsCa?: string;
  /** Links that may be in clear text although the mode is production. */
  allowPlaintext: readonly PlaintextLink[];
  authJwks: string;
  authIssuer: string;
  authAudience: string;
  /** The organisation whose admins and operators may operate the installation. Without it, no caller may. */
  operatorOrg?: string;
  sealKey: string;
  logLevel: 'debug' | 'info' | 'warn' | 'error';
  /** How long a service continues to serve after SIGTERM, while its readiness answers 503, in milliseconds. */
  drainMs: number;
  /** Requests per second of one caller, averaged over ten seconds; 0 means no limit. */
  rateCallerPerS: number;
  /** Requests per second of all callers of one organisation together, averaged over ten seconds; 0 means no limit. */
  rateOrgPerS: number;
  databaseUrl: string;
  /** The role that owns the tables and runs the missing migrations. Without it, the role of `databaseUrl` does both. */
  migrationDatabaseUrl?: string | undefined;
}

/** Settings that do not parse. The message lists all mistakes, so that five mistakes do not take five restarts. */
export class ConfigError extends Error {}

type Shape = Record<string, z.ZodType>;
type Camel<S extends string> = S extends `${infer A}_${infer B}` ? `${Lowercase<A>}${Capitalize<Camel<B>>}` : Lowercase<S>;
type Extra<S extends Shape> = { [K in keyof S & string as Camel<K>]: z.infer<S[K]> };

/**
 * Makes the function that reads a service's settings. `serviceConfig('intake', {…})` adds INTAKE_DB_URL (as `databaseUrl`) and the service's
 * own settings to the base. SOME_NAME becomes `someName`.
 * @throws ConfigError from the returned function, with every mistake.
 */
export function serviceConfig<S extends Shape>(service: string, extra: S): (env: NodeJS.ProcessEnv) => BaseConfig & Extra<S> {
  const dbUrl = `${service.toUpperCase()}_DB_URL`;
  const migrationUrl = `${service.toUpperCase()}_MIGRATION_DB_URL`;
  const names: Record<string, string> = { [dbUrl]: 'databaseUrl', [migrationUrl]: 'migrationDatabaseUrl', GONGDAN_MODE: 'mode' };
  const schema = z.object({ ...base, [dbUrl]: url, [migrationUrl]: url.optional(), ...extra });
  return (env) => {
    // An empty variable counts as not set: `DB_POOL=` must not become a pool of 0.
    const parsed = schema.safeParse(Object.fromEntries(Object.entries(env).filter(([, value]) => value?.trim() !== '')));
    if (!parsed.success) {
      const lines = parsed.error.issues.map(
        (i) => `  ${i.path.join('.')}: ${(env[String(i.path[0])] ?? '').trim() === '' ? 'is missing' : i.message}`,
      );
      throw new ConfigError(`${service} cannot start with these settings:\n${lines.join('\n')}`);
    }
    const values = Object.fromEntries(Object.entries(parsed.data).map(([k, v]) => [names[k] ?? camel(k), v]));
    const config = values as unknown as BaseConfig & Extra<S>;
    const mistakes = [...(config.mode === 'production' ? productionMistakes(config, dbUrl, migrationUrl) : []), ...busMistakes(config)];
    if (mistakes.length > 0)
      throw new ConfigError(`${service} cannot start with these settings:\n${mistakes.map((m) => `  ${m}`).join('\n')}`);
    return config;
  };
}

/** Settings of Kafka and of signatures that do not fit together, or that production refuses. */
function busMistakes(c: BaseConfig): string[] {
  const production = c.mode === 'production';
  return [
    ...((c.kafkaSaslUsername === undefined) === (c.kafkaSaslPassword === undefined)
      ? []
      : ['KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD come together']),
    ...((c.kafkaTlsCert === undefined) === (c.kafkaTlsKey === undefined) ? [] : ['KAFKA_TLS_CERT and KAFKA_TLS_KEY come together']),
    ...(!production || c.kafkaTls || c.allowPlaintext.includes('kafka')
      ? []
      : ['KAFKA_TLS is off: production refuses a clear-text link unless ALLOW_PLAINTEXT names kafka']),
    ...(production && c.eventSigningKey === undefined ? ['EVENT_SIGNING_KEY: is missing, and production signs what it publishes'] : []),
    ...(production && c.eventVerifyKeys === undefined ? ['EVENT_VERIFY_KEYS: is missing, and production accepts no unsigned event'] : []),
  ];
}

/** What only production refuses. */
function productionMistakes(config: BaseConfig, dbUrl: string, migrationUrl: string): string[] {
  const mistakes: string[] = [];
  if (/^A+=*$/.test(config.sealKey)) mistakes.push('SEAL_KEY: is the sample key: production refuses it');
  const plain = (link: PlaintextLink) => !config.allowPlaintext.includes(link);
  // The only mode whose meaning is the same in every version of pg: encrypted, and the certificate is checked against the host's name.
  const databases = { [dbUrl]: config.databaseUrl, [migrationUrl]: config.migrationDatabaseUrl };
  for (const [name, given] of Object.entries(databases))
    if (plain('postgres') && given !== undefined && !/[?&]sslmode=verify-full(&|$)/.test(given))
      mistakes.push(`${name}: has no sslmode=verify-full: production refuses a clear-text link unless ALLOW_PLAINTEXT names postgres`);
  if (plain('redis') && config.redisUrl !== undefined && !/^rediss:/i.test(config.redisUrl))
    mistakes.push('REDIS_URL: does not begin with rediss: production refuses a clear-text link unless ALLOW_PLAINTEXT names redis');
  return mistakes;
}

function camel(name: string): string {
  return name.toLowerCase().replace(/_([a-z0-9])/g, (_, c: string) => c.toUpperCase());
}
