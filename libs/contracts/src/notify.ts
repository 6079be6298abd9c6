import { z } from 'zod';
import { defineEvent } from './event.js';
import { instantOf, keyOf, text, uuid } from './fields.js';

const message = {
  message: uuid.meta({ description: 'Id of the message; the same in every attempt.' }),
  channel: z.enum(['email', 'webhook']),
  template: keyOf('Template of the pack; of a webhook, the name of the event.'),
  recipient: text(160).meta({ description: 'Who it was for, without an address: reporter, unit:<key>, person:<id> or webhook:<id>.' }),
  about: uuid.meta({ description: 'Id of the event that caused the message.' }),
  attempt: z.number().int().positive().meta({ description: 'Attempts so far, this one included.' }),
};

export const MessageSent = defineEvent(
  'notify.message-sent',
  1,
  'The mail provider or the receiver of the webhook accepted the message.',
  z.object({
    ...message,
    sentAt: instantOf('When it was accepted.'),
    receipt: text(300).meta({ description: 'Answer of the provider or receiver, without addresses.' }).optional(),
  }),
);

export const MessageFailed = defineEvent(
  'notify.message-failed',
  1,
  'The message is not tried again: every attempt failed, or the last one is in doubt and the template forbids a second try (services/notify/README.md).',
  z.object({
    ...message,
    failedAt: instantOf('When it was given up.'),
    inDoubt: z.boolean().meta({ description: 'true: the provider may have accepted it, and the answer was lost.' }),
    error: text(500).meta({ description: 'Last error, without addresses.' }),
  }),
);
