import { line, prose, instantInput } from '@gongdan/platform';
import { z } from 'zod';
import { EMAIL, LONGEST, normalisedEmail, normalisedPhone, PHONE } from '../domain/contact.js';

/** Requests about tickets. Keys (channel, type, category …) are those of the pack; the use case checks them against it (422). */
const key = line(120);
const MOST_ATTRIBUTES = 100;

export const ContactBody = z
  .strictObject({
    name: line(LONGEST.name).optional(),
    phone: z
      .string()
      .overwrite(normalisedPhone)
      .max(LONGEST.phone)
      .regex(PHONE, 'is not a phone number')
      .optional()
      .describe('Digits, blanks, hyphens and parentheses; full-width characters are accepted and stored in half width'),
    email: z.string().overwrite(normalisedEmail).max(LONGEST.email).regex(EMAIL, 'is not an e-mail address').optional(),
  })
  .meta({
    id: 'Contact',
    description: 'The complainant. The contact is stored sealed and shown masked.',
    examples: [{ name: '李雷', phone: '13800135678', email: 'li@example.org' }],
  });

const Place = z
  .strictObject({
    address: line(500).optional(),
    area: line(120).optional(),
    latitude: z.number().min(-90).max(90).optional(),
    longitude: z.number().min(-180).max(180).optional(),
  })
  .meta({ id: 'Place', examples: [{ address: '人民路 1 号', area: '朝阳区', latitude: 39.92, longitude: 116.44 }] });

const EXAMPLE = {
  type: 'complaint',
  category: 'network',
  title: '家里断网',
  description: '周一开始',
  contact: { name: '李雷', phone: '13800135678' },
};

export const RegisterBody = z
  .strictObject({
    pack: key.optional().describe('Process pack; default: the first that the organisation published'),
    channel: key.optional().describe('Default: the default channel of the pack'),
    type: key.optional().describe('Required: a ticket without one does not fit the pack (422)'),
    category: key.optional().describe('Required, as the type'),
    item: key.optional(),
    urgency: key.optional(),
    impact: key.optional(),
    priority: key.optional().describe('Default: from urgency and impact, by the pack'),
    title: line(300),
    description: prose(20_000).optional(),
    language: z.enum(['zh-CN', 'en']).optional().describe('Language of messages to the complainant'),
    place: Place.optional(),
    unit: key.optional().describe('The unit whose desk takes the ticket in'),
    contact: ContactBody.optional(),
    attributes: z
      .record(line(60), z.union([line(2_000), z.number(), z.boolean()]))
      .refine((a) => Object.keys(a).length <= MOST_ATTRIBUTES, `may have at most ${MOST_ATTRIBUTES} attributes`)
      .optional(),
    source: key.optional().describe('System that the external key belongs to; default: the caller'),
    externalKey: line(200).optional().describe('Key in the source system; the same key with the same content gets the first ticket'),
  })
  .meta({ id: 'RegisterBody', examples: [EXAMPLE] });

export const AmendBody = z
  .strictObject({
    title: line(300).optional(),
    description: prose(20_000).optional(),
    category: key.optional(),
    priority: key.optional(),
    place: Place.optional(),
    contact: ContactBody.optional(),
  })
  .refine((b) => Object.keys(b).length > 0, 'must change something')
  .meta({ id: 'AmendBody', examples: [{ priority: 'urgent' }] });

export const WithdrawBody = z.strictObject({ reason: line(2_000) }).meta({ id: 'WithdrawBody', examples: [{ reason: '已恢复' }] });

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

/** Every value is accepted here: what is not a tail is answered like a wrong one (P08). */
export const StatusQuery = z.strictObject({
  tail: z
    .string()
    .optional()
    .describe('Last four digits of the phone number; after `intake/more-digits-needed` at least the last eight, or all of a shorter number')
    .meta({ examples: ['5678'] }),
});
