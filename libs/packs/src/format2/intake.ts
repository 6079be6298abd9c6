import { z } from 'zod';
import { names, word } from '../fields.js';
import { Attribute1, Intake as Intake1 } from '../format1/intake.js';
import { Plan } from '../plans/plan.js';

const attribute = Attribute1.extend({
  /** Keys alone, or keys with the names that people see. */
  choices: z.union([z.array(word).min(1), z.record(word, names)]).optional(),
});

/** How tickets come in (pack part `intake`): as in format 1, with names of choices, and by plans. */
export const Intake = Intake1.extend({ attributes: z.array(attribute).optional(), plans: z.array(Plan).optional() });
export type Intake = z.infer<typeof Intake>;

/** The keys that can be chosen; undefined for an attribute that is not a choice. */
export function choicesOf({ choices }: Pick<z.infer<typeof attribute>, 'choices'>): string[] | undefined {
  return choices === undefined || Array.isArray(choices) ? choices : Object.keys(choices);
}
