import { z } from 'zod';
import { names, word } from '../fields.js';
import { Attribute1, Intake as Intake1 } from '../format1/intake.js';
import { Condition } from './condition.js';
import { pattern } from './pattern.js';
import { Plan } from '../plans/plan.js';

/** A field that registration requires: of every ticket, or of those for which the condition holds. */
const required = z.union([z.string().min(1).max(80), z.strictObject({ field: z.string().min(1).max(80), when: Condition })]);
export type RequiredField = z.infer<typeof required>;

const attribute = Attribute1.extend({
  type: z.enum(['text', 'number', 'boolean', 'choice', 'date']),
  /** Of text: what it must look like as a whole. */
  pattern: pattern.optional(),
  /** Keys alone, or keys with the names that people see. */
  choices: z.union([z.array(word).min(1), z.record(word, names)]).optional(),
});

/** How tickets come in (pack part `intake`): as in format 1, with names of choices, dates, patterns, conditions of what is required, and by plans. */
export const Intake = Intake1.extend({
  required: z.array(required),
  attributes: z.array(attribute).optional(),
  plans: z.array(Plan).optional(),
});
export type Intake = z.infer<typeof Intake>;

/** The keys that can be chosen; undefined for an attribute that is not a choice. */
export function choicesOf({ choices }: Pick<z.infer<typeof attribute>, 'choices'>): string[] | undefined {
  return choices === undefined || Array.isArray(choices) ? choices : Object.keys(choices);
}
