import { days, int, serviceConfig } from '@gongdan/platform';

export const readConfig = serviceConfig('intake', {
  IMPORT_MAX_MB: int(512),
  /** Answers to Idempotency-Keys: they protect retries only. */
  KEYS_KEPT_DAYS: days(7),
  STATUS_TRIES_PER_ADDRESS: int(50),
  /** How long plans that are due wait until the published packs have been heard, counted while the broker is away, too. */
  PLANS_UNHEARD_WAIT_MS: int(60_000),
});
export type IntakeConfig = ReturnType<typeof readConfig>;
