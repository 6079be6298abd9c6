import { z } from 'zod';
import { defineEvent } from './event.js';
import { instant, key, text, uuid } from './fields.js';

const message = {
  message: uuid,
  channel: z.enum(['email', 'webhook']),
  template: key,
  /** Who it was for, without an address: 'reporter', 'unit:<key>', 'person:<id>', 'webhook:<id>'. */
  recipient: text(160),
  /** The event that made us speak. */
  about: uuid,
};

export const MessageSent = defineEvent(
  'notify.message-sent',
  1,
  'The provider or receiver took the message.',
  z.object({ ...message, attempt: z.number().int().positive(), sentAt: instant, receipt: text(300).optional() }),
);
export const MessageFailed = defineEvent(
  'notify.message-failed',
  1,
  'Given up, or in doubt: the provider may or may not have taken it and the template forbids a second try (services/notify/README.md).',
  z.object({ ...message, attempt: z.number().int().positive(), failedAt: instant, inDoubt: z.boolean(), error: text(500) }),
);
