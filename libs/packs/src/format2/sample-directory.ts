import { dayOf } from '@gongdan/business-time';
import { z } from 'zod';
import { language, names, personId, slug } from '../fields.js';
import { isInstant } from './words.js';

const span = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)$/, "must be a span such as '09:00-12:00'");

const membership = z.strictObject({
  unit: slug.optional(),
  roles: z.array(slug).min(1),
  /** Level of each skill, 1 the lowest. */
  skills: z.record(slug, z.number().int().min(1).max(100)).optional(),
  /** The most tasks that routing gives the person at a time. */
  capacity: z.number().int().min(0).max(10_000).optional(),
  shift: z.partialRecord(z.enum(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']), z.array(span).min(1)).optional(),
});

const DAY_OR_INSTANT = 'must be a date such as 2026-03-02, or an instant with its offset';
const moment = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}(?:T[\d:.]+(?:Z|[+-]\d{2}:\d{2}))?$/, DAY_OR_INSTANT)
  .refine((text) => dayOf(text) !== undefined || isInstant(text), DAY_OR_INSTANT);

/** Units and people for demos and scenarios, loaded through the API of the directory. It is never published. */
export const SampleDirectory = z.strictObject({
  units: z.array(
    z.strictObject({
      key: slug,
      names,
      parent: slug.optional(),
      level: slug.optional(),
      code: z.string().min(1).max(40).optional(),
      email: z.email().optional(),
      coordinates: z.strictObject({ latitude: z.number().min(-90).max(90), longitude: z.number().min(-180).max(180) }).optional(),
    }),
  ),
  people: z.array(
    z.strictObject({
      id: personId,
      name: z.string().min(1).max(200),
      email: z.email().optional(),
      language: language.optional(),
      memberships: z.array(membership).min(1),
    }),
  ),
  /** Who stands in for whom: everywhere, or in one unit. On disk the first and last day, or instants; read as instants, the end excluded. */
  deputies: z.array(z.strictObject({ deputy: personId, of: personId, from: moment, until: moment, unit: slug.optional() })).optional(),
});
export type SampleDirectory = z.infer<typeof SampleDirectory>;
