import { days, int, serviceConfig } from '@gongdan/platform';

/** Settings of dispatch beside those of every service. The quotas hold per organisation. */
export const readConfig = serviceConfig('dispatch', {
  PACK_QUOTA_VERSIONS: int(1_000),
  PACK_QUOTA_MB: int(100),
  /** Idempotency-Keys of actions: they protect retries only. */
  KEYS_KEPT_DAYS: days(7),
  BULK_KEPT_DAYS: days(30),
  /** Cascades wait for tickets that are linked later. */
  CASCADES_KEPT_DAYS: days(400),
  REFUSED_UPDATES_KEPT_DAYS: days(400),
});

export type DispatchConfig = ReturnType<typeof readConfig>;
