import { z } from 'zod';
import { language, names, personId, slug } from '../fields.js';

/**
 * Rights of the platform, not of a pack. agent registers; handler works the tasks of its own units; supervisor acts for any unit and routes what no rule
 * routes; operator looks after bus and services; analyst reads reporting; machine is an API client; pack-author
 * publishes packs; admin changes packs and webhooks.
 */
export const ROLES = ['agent', 'handler', 'supervisor', 'operator', 'analyst', 'machine', 'pack-author', 'admin'] as const;
export type Role = (typeof ROLES)[number];

const unit = z.strictObject({
  key: slug,
  names,
  parent: slug.optional(),
  /** Appears in ticket numbers as {unit}. */
  code: z
    .string()
    .regex(/^[A-Z0-9]{1,8}$/, 'must be 1 to 8 capital letters or digits')
    .optional(),
  email: z.email().optional(),
});

const person = z.strictObject({
  id: personId,
  name: z.string().min(1).max(200),
  email: z.email().optional(),
  language: language.optional(),
  units: z.array(slug),
  roles: z.array(z.enum(ROLES)).min(1),
});

/** Units and people (pack part `org`). Skills, shifts and deputies will be added here when the engine supports them. */
export const Org = z.strictObject({ units: z.array(unit).min(1), people: z.array(person) });
export type Org = z.infer<typeof Org>;
export type Unit = Org['units'][number];
export type Person = Org['people'][number];
