import { z } from 'zod';
import { Condition } from '../conditions/condition.js';
import { slug } from '../fields.js';

/** The variables of templates. Any other is a mistake in the pack: it would render as an empty text without an error. */
export const TEMPLATE_VARIABLES = [
  'number',
  'title',
  'description',
  'type',
  'category',
  'channel',
  'priority',
  'unit',
  'fromUnit',
  'state',
  'step',
  'name',
  'registeredAt',
  'at',
  'text',
  'reason',
  'solution',
  'outcome',
  'until',
  'count',
  'clock',
  'threshold',
  'dueAt',
  'statusUrl',
] as const;
export type TemplateVariable = (typeof TEMPLATE_VARIABLES)[number];

const message = z.strictObject({ subject: z.string().min(1).max(200), text: z.string().min(1).max(10_000) });

const recipient = z.union([
  z.enum(['reporter', 'unit', 'holder']),
  z.string().regex(/^(unit|person):[^\p{Cc}\s]{1,120}$/u, 'must be reporter, unit, holder, unit:<key> or person:<id>'),
]);

/** Which events send which mail to whom (pack part `notify`; NO-02, NO-09). */
export const Notify = z.strictObject({
  rules: z.array(
    z.strictObject({
      key: slug,
      on: z.string(),
      when: Condition.optional(),
      to: z.array(recipient).min(1),
      channel: z.enum(['email']),
      template: slug,
      /** Whether a mail is sent again when it is unknown whether the provider accepted it (services/notify/README.md). */
      repeat: z.enum(['at-most-once', 'at-least-once']),
    }),
  ),
  templates: z.record(slug, z.strictObject({ 'zh-CN': message, en: message })),
});
export type Notify = z.infer<typeof Notify>;
