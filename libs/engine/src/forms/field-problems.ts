import { dayOf, localDate } from '@gongdan/business-time';
import { ms, type Violation } from '@gongdan/kernel';
import { type FormColumn, type FormField, isInstant, looksLike, PARTIES } from '@gongdan/packs/format2';
import { type Context } from '../facts/context.js';
import { isDuration } from '../facts/durations.js';
import { LONGEST_WORD } from '../model/words.js';

/** What is wrong with the value of a field, with the pointer of the field, the item or the cell. */
export function problemOf(field: FormField, value: unknown, x: Context, key: string): Violation | undefined {
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
