import { bool, int, serviceConfig, url } from '@gongdan/platform';
import { z } from 'zod';

export const readConfig = serviceConfig('notify', {
  SMTP_URL: url,
  MAIL_FROM: z.string().regex(/^[^\s<>,;"@]+@[^\s<>,;"@]+$/, 'must be a plain address'),
  /** Mails in the hands of the provider at once, per process. */
  MAIL_WORKERS: int(4),
  /** How long a provider may think after the final dot. RFC 5321 (4.5.3.2.6) asks for ten minutes: who gives up sooner sends what was taken again. */
  MAIL_ANSWER_MS: int(600_000),
  /** Webhooks to http and to private addresses: for one's own machine and tests only. */
  WEBHOOK_ALLOW_PRIVATE: bool(false),
  PUBLIC_URL: url.optional(),
});

export type NotifyConfig = ReturnType<typeof readConfig>;
