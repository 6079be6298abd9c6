import { dayOf, localDate } from '@gongdan/business-time';
import { type Instant, Invalid, ms, Refused, type Violation } from '@gongdan/kernel';
import { type Form, type FormColumn, type FormField, isInstant, listOf, looksLike, PARTIES } from '@gongdan/packs/format2';
import { holds } from '../facts/conditions.js';
import { type Context, factOf } from '../facts/context.js';
import { isDuration } from '../facts/durations.js';
import { type Value } from '../model/case.js';
import { type Acting } from '../model/env.js';
import { isWord, LONGEST_WORD } from '../model/words.js';

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

function problemOf(field: FormField, value: unknown, x: Context, key: string): Violation | undefined {
  const at = (detail: string, more = ''): Violation => ({ pointer: `/${key}${more}`, detail });
  switch (field.type) {
    case 'choices':
    case 'units':
    case 'files': {
      if (!Array.isArray(value) || value.length > 200) return at('must be a list');
      const one = field.type === 'choices' ? 'choice' : field.type === 'units' ? 'unit' : 'file';
      for (const [i, item] of (value as unknown[]).entries()) {
        const wrong = plainProblem({ ...field, type: one } as FormField, item, x);
        if (wrong !== undefined) return at(wrong, `/${i}`);
      }
      return new Set(value as unknown[]).size === value.length ? undefined : at('must name each only once');
    }
    case 'table': {
      if (!Array.isArray(value) || value.length > 1000) return at('must be a list of rows, at most 1,000');
      for (const [i, row] of (value as unknown[]).entries()) {
        if (typeof row !== 'object' || row === null || Array.isArray(row)) return at('must be a row', `/${i}`);
        for (const name of Object.keys(row))
          if (!Object.hasOwn(field.columns ?? {}, name)) return at('the table has no such column', `/${i}/${name}`);
        for (const [name, column] of Object.entries(field.columns ?? {})) {
          const cell = (row as Record<string, unknown>)[name];
          if (cell === undefined || cell === null || cell === '') {
            if (column.required === true) return at('is required', `/${i}/${name}`);
            continue;
          }
          const wrong = plainProblem(column, cell, x) ?? tooLong(cell, name === field.ledger?.item ? LONGEST_WORD : undefined);
          if (wrong !== undefined) return at(wrong, `/${i}/${name}`);
        }
      }
      return undefined;
    }
    default: {
      const wrong = plainProblem(field, value, x) ?? tooLong(value, MOST_OF_EVENTS.get(key));
      return wrong === undefined ? undefined : at(wrong);
    }
  }
}

/** How many characters events carry under the names that they have: a consumer parks a longer one, and with it the ticket. */
const MOST_OF_EVENTS: ReadonlyMap<string, number> = new Map([
  ['text', 20_000],
  ['solution', 20_000],
  ['reason', 2_000],
  ['evidence', 2_000],
  ['outcome', LONGEST_WORD],
  ['faultClass', LONGEST_WORD],
]);

function tooLong(value: unknown, most: number | undefined): string | undefined {
  return most !== undefined && typeof value === 'string' && value.length > most ? `must have at most ${most} characters` : undefined;
}

// Postgres can store neither NUL nor half a surrogate pair.
export const isUnstorable = (text: string): boolean => text.includes('\u0000') || !text.isWellFormed();

function plainProblem(field: FormField | FormColumn, value: unknown, x: Context): string | undefined {
  const { min, max } = field;
  switch (field.type) {
    case 'text': {
      if (typeof value !== 'string') return 'must be text';
      if (isUnstorable(value)) return 'must be text without NUL';
      if (value.length > (max ?? 2000)) return `must have at most ${max ?? 2000} characters`;
      if (min !== undefined && value.length < min) return `must have at least ${min} characters`;
      return field.pattern !== undefined && value !== '' && !looksLike(field.pattern, value)
        ? `must look like ${field.pattern}`
        : undefined;
    }
    case 'number':
    case 'money': {
      if (typeof value !== 'number' || !Number.isFinite(value)) return 'must be a number';
      if (field.type === 'money' && (value < 0 || Math.abs(value - Number(value.toFixed(2))) > 1e-8))
        return 'must be an amount with at most two decimals';
      if (min !== undefined && value < min) return `must be at least ${min}`;
      return max !== undefined && value > max ? `must be at most ${max}` : undefined;
    }
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'must be true or false';
    case 'choice': {
      const choices = field.choices ?? Object.fromEntries(PARTIES.map((p) => [p, p]));
      return typeof value === 'string' && Object.hasOwn(choices, value) ? undefined : `must be one of ${Object.keys(choices).join(', ')}`;
    }
    case 'date':
      if (typeof value !== 'string' || dayOf(value) === undefined) return 'must be a date such as 2026-03-02';
      return field.future === true && value < localDate(x.pack.zone, ms(x.now)) ? 'must not lie in the past' : undefined;
    case 'instant':
      if (typeof value !== 'string' || !isInstant(value)) return 'must be an instant with an offset, such as 2026-03-02T15:00:00+08:00';
      return field.future === true && Date.parse(value) <= ms(x.now) ? 'must lie in the future' : undefined;
    case 'duration':
      return isDuration(value) ? undefined : 'must be a length of time such as 30min, 4h, 3d or 2wd';
    case 'person':
      return personProblem(field, value, x);
    case 'unit':
      return unitProblem(field as FormField, value, x);
    case 'category':
      return typeof value === 'string' && x.pack.parents.has(value) ? undefined : 'must be a category of the pack';
    case 'file':
    case 'signature':
      return receiptProblem(value);
    default:
      return 'must have another form';
  }
}

function personProblem(field: FormField | FormColumn, value: unknown, x: Context): string | undefined {
  if (typeof value !== 'string' || value === '') return 'must be the login id of one person';
  const { directory } = x.view;
  if (!directory.isActive(value, x.now)) return `the directory has no active person ${value}`;
  if (field.role === undefined) return undefined;
  const unit = x.task?.holder.unit;
  const { role, scope = 'unit' } = field;
  const fits =
    scope === 'subtree' && unit !== undefined
      ? directory
          .membershipsOf(value, x.now)
          .some((m) => m.roles.includes(role) && (m.unit === undefined || directory.isWithin(m.unit, unit)))
      : directory.hasRole(value, role, scope === 'any' ? undefined : unit, x.now);
  return fits ? undefined : `must be ${role} of unit ${unit ?? '-'}`;
}

function unitProblem(field: FormField, value: unknown, x: Context): string | undefined {
  if (typeof value !== 'string') return 'must be the key of exactly one unit';
  const { directory } = x.view;
  if (!directory.isOpen(value, x.now)) return `the directory has no open unit ${value}`;
  const own = x.task?.holder.unit;
  if (own === undefined || field.among === undefined || field.among === 'any') return undefined;
  const fits =
    field.among === 'peers'
      ? directory.parentOf(value) === directory.parentOf(own) && value !== own
      : directory.isWithin(value, own) && (field.among === 'subtree' || value !== own);
  return fits ? undefined : `must be a unit ${{ peers: 'beside', below: 'below', subtree: 'within' }[field.among]} ${own}`;
}

function receiptProblem(value: unknown): string | undefined {
  if (typeof value === 'string') return value.trim() === '' || value.length > 2000 ? 'must name what was given' : undefined;
  const { name } = (value ?? {}) as { name?: unknown };
  return typeof name === 'string' && name.trim() !== '' && name.length <= 300 && !isUnstorable(name) ? undefined : 'must have a name';
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

/** One entry of an account that reporting sums (parts P25, hours P27, points P03). */
/** So many entries fit into an event. */
const MOST_ENTRIES = 1_000;

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
