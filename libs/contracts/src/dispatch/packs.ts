import { z } from 'zod';
import { defineEvent } from '../event.js';
import { key, text } from '../fields.js';

export const PackPublished = defineEvent(
  'dispatch.pack-published',
  1,
  'A version of a process pack is in force for new tickets of the organisation. Tickets that began with another version finish on that one.',
  z.object({
    key,
    version: z.number().int().positive(),
    digest: text(64).meta({ description: 'SHA-256 in hexadecimal over the pack with sorted keys.' }),
    pack: z.record(z.string(), z.unknown()).meta({ description: 'The whole pack as JSON.' }),
  }),
);
