import { z } from 'zod';
import { slug } from '../fields.js';
import { Notify as Notify1 } from '../format1/notify.js';
import { Condition } from './condition.js';

const recipient = z.union([
  /** reporter: the complainant; unit and holder: of the lead; task: who holds the side task that the event is about; registrar: who registered the ticket. */
  z.enum(['reporter', 'unit', 'holder', 'task', 'registrar', 'watchers']),
  z
    .string()
    .regex(/^(unit|person):[^\p{Cc}\s]{1,120}$/u, 'must be reporter, unit, holder, registrar, watchers, unit:<key>, person:<id> or a role'),
  /** Everybody who holds the role in the unit of the case, in its parent, in a unit of that level above it, or in a named unit; it climbs where nobody holds it. */
  z.strictObject({ role: slug, of: z.string().max(70).optional() }),
]);
const rule = Notify1.shape.rules.element;

/** Which events send which mail to whom (pack part `notify`). */
export const Notify = z.strictObject({
  rules: z.array(z.strictObject({ ...rule.shape, to: z.array(recipient).min(1), when: Condition.optional() })),
  templates: Notify1.shape.templates,
});
export type Notify = z.infer<typeof Notify>;

/** A rule of the `notify` part. */
export type NotifyRule = Notify['rules'][number];
