import { join } from 'node:path';
import { type Home, PROJECT, type ServiceName } from '../home/home.js';
import { type ChildSpec } from '../processes/child.js';
import { AUDIENCE, eventSigningKey, eventVerifyKeys, ISSUER } from '../clients/keys.js';

export interface StackSettings {
  home: Home;
  mode: 'demo' | 'test';
  port: number;
  kafka: string;
  redis: string;
  databaseUrl: string;
  /** Undefined when the database is one that runs elsewhere. */
  migrationUrl: string | undefined;
  smtpUrl: string | undefined;
  /** Settings that name parts which run elsewhere. */
  outside: NodeJS.ProcessEnv;
}

const SETTING =
  /^(?:GONGDAN_MODE|HOST|PORT|REDIS_URL|SEAL_KEY|SMTP_URL|PUBLIC_URL|DB_POOL|LOG_LEVEL|DRAIN_MS|IMPORT_MAX_MB|OPERATOR_ORG|ALLOW_PLAINTEXT|REDIS_TLS_CA)$|^(?:RATE|KAFKA|EVENT|AUTH|MAIL|WEBHOOKS?)_|_(?:DB_URL|KEPT_DAYS)$/;

/** Returns the environment without the variables that a service reads as settings. */
export function withoutSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !SETTING.test(name)));
}

/** Returns the environment without empty variables, which the services read as unset. */
export function withoutEmpty(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value?.trim() !== ''));
}

/** Returns the settings of one service, with its own database and no other. */
export function serviceEnv(name: ServiceName, at: StackSettings): Record<string, string> {
  const { outside } = at;
  return {
    GONGDAN_MODE: at.mode,
    HOST: '127.0.0.1',
    PORT: String(at.port),
    KAFKA_BROKERS: at.kafka,
    KAFKA_SESSION_MS: '6000',
    REDIS_URL: at.redis,
    [`${name.toUpperCase()}_DB_URL`]: at.databaseUrl,
    ...(at.migrationUrl === undefined ? {} : { [`${name.toUpperCase()}_MIGRATION_DB_URL`]: at.migrationUrl }),
    AUTH_JWKS: outside['AUTH_JWKS'] ?? at.home.dir('jwks.json'),
    AUTH_ISSUER: outside['AUTH_ISSUER'] ?? ISSUER,
    AUTH_AUDIENCE: outside['AUTH_AUDIENCE'] ?? AUDIENCE,
    OPERATOR_ORG: outside['OPERATOR_ORG'] ?? 'demo',
    // The local stack has no load balancer, so nothing is gained by serving on after SIGTERM.
    DRAIN_MS: '0',
    SEAL_KEY: outside['SEAL_KEY'] ?? Buffer.from(at.home.secret('seal', 32), 'base64url').toString('base64'),
    EVENT_SIGNING_KEY: eventSigningKey(at.home, name),
    EVENT_VERIFY_KEYS: eventVerifyKeys(at.home),
    // Node 22 and newer keep compiled code here: a start costs a fifth less CPU. Older versions ignore it.
    NODE_COMPILE_CACHE: at.home.dir('compile-cache'),
    // Measured: with 4 MB intake accepts a tenth less, with V8's own 16 MB an idle service uses more memory. Source maps are off, because they cost
    // 14 MB and the compiled lines read like the sources.
    NODE_OPTIONS: `${process.env['NODE_OPTIONS'] ?? ''} --max-semi-space-size=12`.trim(),
    ...(name === 'notify'
      ? {
          SMTP_URL: outside['SMTP_URL'] ?? at.smtpUrl ?? '',
          MAIL_FROM: outside['MAIL_FROM'] ?? 'desk@gongdan.local',
          WEBHOOK_ALLOW_PRIVATE: 'true',
        }
      : {}),
  };
}

/** Returns the process of one service: its own settings, and of those of the caller no database, because each service has one of its own. */
export function serviceProcess(name: ServiceName, home: Home, outside: NodeJS.ProcessEnv, settings: Record<string, string>): ChildSpec {
  const main = join(PROJECT, 'services', name, 'dist/src/main.js');
  const given = Object.fromEntries(Object.entries(outside).filter(([key]) => !key.endsWith('_DB_URL')));
  return {
    name,
    command: process.execPath,
    args: [main],
    log: home.log(name),
    marker: main,
    env: { ...withoutSettings(process.env), ...given, ...settings },
    cwd: PROJECT,
  };
}
