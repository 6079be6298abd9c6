import { bool, int, serviceConfig, url } from '@gongdan/platform';
import { z } from 'zod';

export const readConfig = serviceConfig('notify', {
  SMTP_URL: url,
  MAIL_FROM: z.string().regex(/^[^\s<>,;"@]+@[^\s<>,;"@]+$/, 'must be a plain address'),
  /** Mails that are being sent at once, per process. */
  MAIL_WORKERS: int(4),
  /** How long a provider may take to answer after the final dot. RFC 5321 (4.5.3.2.6) recommends ten minutes: a sender that gives up sooner repeats what was taken. */
  MAIL_ANSWER_MS: int(600_000),
  /** Allows webhooks to http and to private addresses, for one's own machine and for tests only. */
  WEBHOOK_ALLOW_PRIVATE: bool(false),
  /** Webhooks an organisation may have. Each of them costs a delivery per event. */
  WEBHOOKS_PER_ORG: int(20),
  PUBLIC_URL: url.optional(),
});

export type NotifyConfig = ReturnType<typeof readConfig>;
