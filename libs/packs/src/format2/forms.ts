import { z } from 'zod';
import { names, slug, word } from '../fields.js';
import { Condition } from './condition.js';
import { AMONG } from './holders.js';
import { pattern } from './pattern.js';
import { factRef, fieldKey, scalar } from './words.js';

/** What a field holds. `units` is a list of units; `table` is a list of rows; a `file` or `signature` is a receipt that intake signed. */
export const FIELD_TYPES = [
  'text', 'number', 'boolean', 'choice', 'choices', 'date', 'instant', 'duration', 'money', 'person', 'unit', 'units', 'category', 'file', 'files', 'signature', 'table',
] as const; // prettier-ignore
export type FieldType = (typeof FIELD_TYPES)[number];

/** public: the complainant may see it; internal (default): staff; personal: sealed in store and on the bus. */
export const TIERS = ['public', 'internal', 'personal'] as const;

const common = {
  names,
  help: names.optional(),
  /** `true`, or the condition under which the field must be filled. Conditions may ask for `input.*`. */
  required: z.union([z.boolean(), Condition]).optional(),
  /** The field is shown and accepted only when this holds. */
  visible: Condition.optional(),
  /** Roles that see the value. Whoever may do the action fills it in; `visible: { actor.roles: … }` asks some people only. */
  roles: z.array(slug).min(1).optional(),
  tier: z.enum(TIERS).optional(),
  /** Of choice and choices. */
  choices: z.record(word, names).optional(),
  /** Of number, money and the length of texts. */
  min: z.number().optional(),
  max: z.number().optional(),
  /** Of text: what it must look like as a whole. */
  pattern: pattern.optional(),
  /** Of unit and units. */
  among: z.enum(AMONG).optional(),
  /** Of person: who holds this role in the task's unit (`unit`, default), below it (`subtree`), or anywhere. */
  role: slug.optional(),
  scope: z.enum(['unit', 'subtree', 'any']).optional(),
  /** Of instant and date: must lie behind now. */
  future: z.literal(true).optional(),
  /** Filled in when it is missing. */
  default: z.union([scalar, factRef]).optional(),
};

const column = z.strictObject({ ...common, type: z.enum(['text', 'number', 'choice', 'date', 'money', 'person', 'boolean']) });

const field = z.strictObject({
  ...common,
  type: z.enum(FIELD_TYPES),
  /** Of table. */
  columns: z.record(fieldKey, column).optional(),
  /**
   * Each value is an entry of an account that reporting sums (parts P25, hours P27, deduction points P03): of a number the value itself, of a table one entry
   * per row. `item` says what was counted: a column, or a fact.
   */
  ledger: z
    .strictObject({
      account: slug,
      item: z.union([fieldKey, factRef]).optional(),
      /** Column with the quantity; only of tables. */
      quantity: fieldKey.optional(),
      /** The entry is subtracted. */
      minus: z.boolean().optional(),
    })
    .optional(),
});

/** What an action asks of whoever does it (pack part `forms`). */
export const Form = z.strictObject({ names: names.optional(), fields: z.record(fieldKey, field) });
export const Forms = z.record(slug, Form);
export type Form = z.infer<typeof Form>;
export type Forms = z.infer<typeof Forms>;
export type FormField = z.infer<typeof field>;
export type FormColumn = z.infer<typeof column>;
