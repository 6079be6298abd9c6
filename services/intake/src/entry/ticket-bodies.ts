import { line, prose, instantInput } from '@gongdan/platform';
import { z } from 'zod';

/** Bodies of intake's doors. Keys (channel, type, category …) are those of the pack; they are checked against it afterwards (422). */
const key = line(120);
const MOST_ATTRIBUTES = 100;

const Contact = z
  .strictObject({
    name: line(200).optional(),
    phone: line(40)
      .regex(/^\+?[\d\s()-]{4,}$/, 'is not a phone number')
      .optional(),
    email: z.email().max(200).optional(),
  })
  .meta({ id: 'Contact', description: 'Who complains. Stored sealed, shown masked.' });

const Place = z
  .strictObject({
    address: line(500).optional(),
    area: line(120).optional(),
    latitude: z.number().min(-90).max(90).optional(),
    longitude: z.number().min(-180).max(180).optional(),
  })
  .meta({ id: 'Place' });

export const RegisterBody = z
  .strictObject({
    pack: key.optional().describe('Process pack; default: the first the organisation published'),
    channel: key.optional().describe('Default: the pack says'),
    type: key,
    category: key,
    item: key.optional(),
    urgency: key.optional(),
    impact: key.optional(),
    priority: key.optional().describe('Default: urgency × impact by the pack'),
    title: line(300),
    description: prose(20_000).optional(),
    language: z.enum(['zh-CN', 'en']).optional().describe('Language of messages to the complainant'),
    place: Place.optional(),
    unit: key.optional().describe('The desk that takes it in'),
    contact: Contact.optional(),
    attributes: z
      .record(line(60), z.union([line(2_000), z.number(), z.boolean()]))
      .refine((a) => Object.keys(a).length <= MOST_ATTRIBUTES, `may have ${MOST_ATTRIBUTES} attributes`)
      .optional(),
    source: key.optional().describe('System the external key belongs to; default: the caller'),
    externalKey: line(200)
      .optional()
      .describe('Key in the source system: the same key with the same content answers with the first ticket'),
  })
  .meta({ id: 'RegisterBody' });

export const AmendBody = z
  .strictObject({
    title: line(300).optional(),
    description: prose(20_000).optional(),
    category: key.optional(),
    priority: key.optional(),
    place: Place.optional(),
    contact: Contact.optional(),
  })
  .refine((b) => Object.keys(b).length > 0, 'must change something')
  .meta({ id: 'AmendBody' });

export const WithdrawBody = z.strictObject({ reason: line(2_000) }).meta({ id: 'WithdrawBody' });

export const ListQuery = z.strictObject({
  state: z.enum(['registered', 'taken', 'withdrawn', 'closed']).optional(),
  channel: key.optional(),
  type: key.optional(),
  category: key.optional(),
  unit: key.optional(),
  from: instantInput.optional(),
  to: instantInput.optional(),
  cursor: z.string().max(500).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

export const StatusQuery = z.strictObject({ tail: z.string().regex(/^\d{4}$/, 'must be the last four digits of the phone number') });

export const RegisteredAnswer = z
  .object({
    id: z.uuid(),
    number: z.string(),
    state: z.string(),
    version: z.number().int(),
    registeredAt: z.string(),
    pack: z.object({ key: z.string(), version: z.number().int() }),
    priority: z.string(),
  })
  .meta({ id: 'RegisteredAnswer' });
