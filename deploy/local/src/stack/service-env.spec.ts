import { describe, expect, it } from '@jest/globals';
import { withoutSettings } from './service-env.js';

describe('withoutSettings', () => {
  it('keeps the variables that programs need and removes every setting of a service', () => {
    const kept = {
      PATH: '/bin',
      HOME: '/home/li',
      JAVA_HOME: '/java',
      NODE_OPTIONS: '--trace-warnings',
      HTTPS_PROXY: 'http://proxy',
      TZ: 'UTC',
      GONGDAN_HOME: '/data',
    };
    const settings =
      'GONGDAN_MODE HOST PORT KAFKA_BROKERS KAFKA_PARTITIONS KAFKA_REPLICATION KAFKA_SESSION_MS INTAKE_DB_URL REPORTING_DB_URL DB_POOL REDIS_URL AUTH_JWKS AUTH_ISSUER AUTH_AUDIENCE OPERATOR_ORG SEAL_KEY EVENT_SIGNING_KEY EVENT_VERIFY_KEYS ALLOW_PLAINTEXT KAFKA_SASL_PASSWORD KAFKA_TLS LOG_LEVEL DRAIN_MS RATE_CALLER_PER_S RATE_ORG_PER_S IMPORT_MAX_MB KEYS_KEPT_DAYS SMTP_URL MAIL_FROM MAIL_WORKERS WEBHOOKS_PER_ORG WEBHOOK_ALLOW_PRIVATE PUBLIC_URL';
    expect(withoutSettings({ ...kept, ...Object.fromEntries(settings.split(' ').map((name) => [name, 'live'])) })).toEqual(kept);
  });
});
