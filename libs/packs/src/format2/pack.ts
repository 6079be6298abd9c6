import { z } from 'zod';
import { count, language, names, slug, zone } from '../fields.js';
import { Catalogue } from './catalogue.js';
import { Sla } from './clocks.js';
import { Forms } from './forms.js';
import { Routing } from './holders.js';
import { Intake } from './intake.js';
import { Notify } from './notify.js';
import { Process } from './process.js';
import { Scenarios } from './scenarios.js';

const cover = z.strictObject({
  format: z.literal(2),
  key: slug,
  version: count,
  names,
  about: z.strictObject({ 'zh-CN': z.string().min(1).max(1000), en: z.string().min(1).max(1000) }),
  /** Language of tickets and mails that name no other. */
  language,
  /** Zone in which numbers are made and days are counted. */
  zone,
  /** The calendar of sla.yaml in which `wd` is counted. */
  calendar: slug.optional(),
  /** Roles that the pack adds to those of the platform; people get them in the directory. */
  roles: z.record(slug, z.strictObject({ names })).optional(),
});

/** One process as data, format 2 (engine.md 8): one file per part. Every object is closed, so that a misspelt key is a mistake. */
export const PackFormat2 = z.strictObject({
  pack: cover,
  catalogue: Catalogue,
  forms: Forms.optional(),
  intake: Intake,
  process: Process,
  routing: Routing.optional(),
  sla: Sla.optional(),
  notify: Notify.optional(),
  scenarios: Scenarios.optional(),
});
export type PackFormat2 = z.infer<typeof PackFormat2>;

export const FORMAT2_PARTS = ['pack', 'catalogue', 'forms', 'intake', 'process', 'routing', 'sla', 'notify', 'scenarios'] as const;
export type Format2Part = (typeof FORMAT2_PARTS)[number];
