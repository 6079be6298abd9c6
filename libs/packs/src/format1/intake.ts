import { z } from 'zod';
import { attributeKey, names, slug, word } from '../fields.js';

/** Fields that a pack may require in addition to those the platform requires (number, type, category, title, description). */
export const REQUIRABLE = [
  'contact.name',
  'contact.phone',
  'contact.email',
  'place.address',
  'place.area',
  'place.latitude',
  'place.longitude',
  'item',
  'urgency',
  'impact',
  'unit',
  'externalKey',
] as const;

export const Attribute1 = z.strictObject({
  key: attributeKey,
  names,
  type: z.enum(['text', 'number', 'boolean', 'choice']),
  choices: z.array(word).min(1).optional(),
});

/** How tickets come in (pack part `intake`; IN-01 channels, IN-23 numbering). */
export const Intake = z.strictObject({
  channels: z.array(z.strictObject({ key: slug, names })).min(1),
  defaultChannel: slug,
  numbering: z.strictObject({
    /** Text with {unit}, {yyyy}, {yy}, {mm}, {dd} and exactly one {seq:n}, n = digits to pad to. */
    format: z.string().min(1).max(60),
    /** A new series begins with each of these. The format must show each of them, or two tickets would share a number. */
    scope: z.array(z.enum(['unit', 'year', 'month', 'day'])),
    /** Gap-free numbers serialise the creation of tickets of one series on a row lock; other numbers come from a sequence and may have gaps. */
    gapFree: z.boolean(),
  }),
  required: z.array(z.string().min(1).max(80)),
  /** Further attributes of tickets; any other attribute is refused. */
  attributes: z.array(Attribute1).optional(),
});
export type Intake = z.infer<typeof Intake>;
