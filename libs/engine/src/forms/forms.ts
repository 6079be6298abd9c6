import { type Instant, Invalid, Refused, type Violation } from '@gongdan/kernel';
import { type Form, type FormField, listOf } from '@gongdan/packs/format2';
import { holds } from '../facts/conditions.js';
import { type Context, factOf } from '../facts/context.js';
import { type Value } from '../model/case.js';
import { type Compiled } from '../model/compiled.js';
import { type Acting } from '../model/env.js';
import { isWord } from '../model/words.js';
import { problemOf } from './field-problems.js';

export type Input = Readonly<Record<string, Value>>;

interface PlannedField {
  key: string;
  field: FormField;
}

/** What is asked of a form for each action, sorted out once. */
interface Plan {
  fields: ReadonlyMap<string, FormField>;
  defaults: readonly PlannedField[];
  /** Asked for on a condition. */
  conditional: readonly PlannedField[];
  required: readonly PlannedField[];
  personal: readonly string[];
  ledgers: readonly PlannedField[];
}

// Forms are part of packs, which never change.
const plans = new WeakMap<Form, Plan>();
/** An action without a form takes no fields. */
const NO_FORM: Plan = { fields: new Map(), defaults: [], conditional: [], required: [], personal: [], ledgers: [] };

function planOf(form: Form | undefined): Plan {
  return form === undefined ? NO_FORM : (plans.get(form) ?? makePlan(form));
}

function makePlan(form: Form): Plan {
  const all = Object.entries(form.fields).map(([key, field]) => ({ key, field }));
  const made: Plan = {
    fields: new Map(all.map(({ key, field }) => [key, field])),
    defaults: all.filter(({ field }) => field.default !== undefined),
    conditional: all.filter(({ field }) => field.visible !== undefined),
    required: all.filter(({ field }) => field.required !== undefined && field.required !== false),
    personal: all.filter(({ field }) => field.tier === 'personal').map(({ key }) => key),
    ledgers: all.filter(({ field }) => field.ledger !== undefined),
  };
  plans.set(form, made);
  return made;
}

const NOTHING: Input = {};

/**
 * What was filled in, checked and completed with defaults (personal values still clear). Throws `Invalid('dispatch/unexpected-fields')` for a field that the form does not have or does not
 * show, and `Refused('dispatch/missing-fields' or 'dispatch/invalid-fields')` with a pointer for each field that is missing or wrong.
 */
export function readForm(form: Form | undefined, raw: Readonly<Record<string, unknown>>, x: Context): Input {
  const plan = planOf(form);
  const keys = Object.keys(raw);
  if (keys.length === 0 && plan.defaults.length === 0 && plan.required.length === 0) return NOTHING;
  const input: Record<string, Value> = {};
  const unexpected: Violation[] = [];
  const wrong: Violation[] = [];
  for (const key of keys) {
    const value = raw[key];
    if (value === undefined || value === null) continue;
    const field = plan.fields.get(key);
    const problem = field === undefined ? undefined : problemOf(field, value, x, key);
    if (field === undefined) unexpected.push({ pointer: `/${key}`, detail: 'this action does not take the field' });
    else if (problem === undefined) input[key] = normalised(field, value);
    else wrong.push(problem);
  }
  const seen = { ...x, input };
  for (const { key, field } of plan.defaults)
    if (!Object.hasOwn(input, key)) {
      const value = typeof field.default === 'object' ? factOf(seen, field.default.fact) : field.default;
      if (value !== undefined) input[key] = value as Value;
    }
  const hidden = plan.conditional.filter(({ field }) => !holds(field.visible, seen)).map(({ key }) => key);
  for (const key of hidden) if (isGiven(raw, key)) unexpected.push({ pointer: `/${key}`, detail: 'the field is not asked for now' });
  if (unexpected.length > 0) throw new Invalid('dispatch/unexpected-fields', { violations: unexpected });
  const missing: Violation[] = [];
  for (const { key, field } of plan.required)
    if (isEmpty(input[key]) && !hidden.includes(key) && isRequired(field, seen) && !wrong.some((w) => w.pointer === `/${key}`))
      missing.push({ pointer: `/${key}`, detail: 'is required for this action' });
  if (wrong.length > 0) throw new Refused('dispatch/invalid-fields', { violations: [...wrong, ...missing] });
  if (missing.length > 0) throw new Refused('dispatch/missing-fields', { violations: missing });
  for (const key of hidden) delete input[key];
  return input;
}

function isGiven(raw: Readonly<Record<string, unknown>>, key: string): boolean {
  return Object.hasOwn(raw, key) && raw[key] !== undefined && raw[key] !== null;
}

/** Whether the reader sees the value of the field. Who may do the action fills it in, whoever sees it afterwards (docs/adr/0055). */
export function maySee({ roles }: FormField, reader: Acting): boolean {
  return roles === undefined || reader.memberships.some((m) => m.roles.some((r) => roles.includes(r)));
}

/** Whether the fact is no field of the case or of a task, or one whose value the reader sees: a personal one, which is sealed, nobody. */
export function maySeeFact({ pack, personal }: Compiled, fact: string, reader: Acting): boolean {
  const key = /^(?:tasks\.[^.]+\.)?fields\.(.+)$/.exec(fact)?.[1];
  if (key === undefined) return true;
  return (
    !personal.has(key) &&
    Object.values(pack.forms ?? {}).every(({ fields: { [key]: field } }) => field === undefined || maySee(field, reader))
  );
}

function isRequired(field: FormField, x: Context): boolean {
  return typeof field.required === 'object' ? holds(field.required, x) : field.required === true;
}

// A required reason of invisible characters, U+200B for example, would be none to whoever reads the history.
const BLANK = /^[\s\p{Default_Ignorable_Code_Point}\p{Cf}\u2800]*$/u;
function isEmpty(value: Value | undefined): boolean {
  return (
    value === undefined ||
    value === null ||
    (typeof value === 'string' && BLANK.test(value)) ||
    (Array.isArray(value) && value.length === 0)
  );
}

// Instants of events and of the case have one form, so that they sort as texts.
function normalised(field: FormField, value: unknown): Value {
  if (field.type === 'instant' && typeof value === 'string') return new Date(Date.parse(value)).toISOString() as Instant;
  return value as Value;
}

/** The names of the personal fields of a form. */
export function personalFields(form: Form | undefined): readonly string[] {
  return planOf(form).personal;
}

/** So many entries fit into an event. */
const MOST_ENTRIES = 1_000;

/** One entry of an account that reporting sums (parts P25, hours P27, points P03). */
export interface LedgerEntry {
  account: string;
  item?: string;
  quantity: number;
}

export function ledgerOf(form: Form | undefined, input: Input, x: Context): LedgerEntry[] | undefined {
  const { ledgers } = planOf(form);
  if (ledgers.length === 0) return undefined;
  const entries = ledgers.flatMap(({ key, field }) => {
    const { ledger } = field;
    const value = input[key];
    if (ledger === undefined || value === undefined || value === null) return [];
    const sign = ledger.minus === true ? -1 : 1;
    const rows =
      field.type === 'table' ? (listOf(value) as Record<string, unknown>[]) : [{ ...input, [key]: value } as Record<string, unknown>];
    return rows.flatMap((row) => {
      const quantity = row[field.type === 'table' ? (ledger.quantity ?? '') : key];
      const item =
        typeof ledger.item === 'object'
          ? factOf({ ...x, input }, ledger.item.fact)
          : ledger.item === undefined
            ? undefined
            : row[ledger.item];
      if (typeof quantity !== 'number') return [];
      return [{ account: ledger.account, ...(isWord(item) ? { item } : {}), quantity: sign * quantity }];
    });
  });
  if (entries.length > MOST_ENTRIES)
    throw new Refused('dispatch/invalid-fields', {
      violations: [{ pointer: `/${ledgers.at(-1)?.key ?? ''}`, detail: 'the rows of one action that are added up are at most 1,000' }],
    });
  return entries;
}
