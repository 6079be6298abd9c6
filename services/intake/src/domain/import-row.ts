import { instantOfLocal, type LocalParts } from '@gongdan/business-time';
import { type Instant, iso, type Violation } from '@gongdan/kernel';
import { type FieldSource, type FieldValue, type ImportMapping, isText, type Pack, readValue } from '@gongdan/packs';
import { type Contact, type Draft } from './ticket.js';

/** One row of a file, read through its mapping (IN-03): a ticket to be, or what is wrong with it. */
export interface ImportedRow {
  externalKey: string;
  draft: Draft;
  contact?: Contact | undefined;
  registeredAt: Instant;
  history: { closedAt?: Instant; dueAt?: Instant; status?: string; outcome?: string };
  /** Dates the mapping expects and the file lacks: reported, not dropped. */
  notes: Violation[];
}

export type RowReading = { ok: true; row: ImportedRow } | { ok: false; externalKey: string | undefined; mistakes: Violation[] };

const DATES = ['registeredAt', 'history.closedAt', 'history.dueAt'] as const;
const NEEDED = ['type', 'category', 'title'] as const;

/** Columns the mapping reads. */
export function mappedColumns(mapping: ImportMapping): string[] {
  return [...new Set([mapping.externalKey, ...Object.values(mapping.fields).flatMap((f) => ('column' in f ? [f.column] : []))])];
}

/** Columns the mapping needs and the header lacks. */
export function missingColumns(mapping: ImportMapping, header: readonly string[]): string[] {
  return mappedColumns(mapping).filter((c) => !header.includes(c));
}

export function readRow(cells: Readonly<Record<string, string>>, mapping: ImportMapping): RowReading {
  const mistakes: Violation[] = [];
  const notes: Violation[] = [];
  const values: Record<string, FieldValue> = {};
  for (const [field, source] of Object.entries(mapping.fields)) {
    const value = valueOf(field, source, cells, mistakes);
    if (value !== undefined) values[field] = value;
  }
  for (const field of NEEDED) {
    const source = mapping.fields[field];
    if (values[field] === undefined && source && 'column' in source && (cells[source.column] ?? '').trim() === '')
      mistakes.push({ pointer: source.column, detail: 'is empty' });
  }
  const instants: Partial<Record<(typeof DATES)[number], Instant>> = {};
  for (const field of DATES) {
    const text = values[field];
    if (text === undefined) {
      const source = mapping.fields[field];
      if (source && 'column' in source)
        (field === 'registeredAt' ? mistakes : notes).push({ pointer: source.column, detail: 'has no date' });
      continue;
    }
    const at = instantIn(String(text), mapping);
    if (at === undefined)
      mistakes.push({
        pointer: columnOf(mapping, field),
        detail: `'${cut(String(text), 40)}' is not a date of the form ${mapping.dateFormat}`,
      });
    else instants[field] = at;
  }
  const externalKey = cells[mapping.externalKey]?.trim();
  if (!externalKey) mistakes.push({ pointer: mapping.externalKey, detail: 'the row has no key' });
  else if (!isText(externalKey)) mistakes.push({ pointer: mapping.externalKey, detail: 'is not valid text' });
  else if (externalKey.length > 200) mistakes.push({ pointer: mapping.externalKey, detail: 'is longer than 200 characters' });
  const { registeredAt } = instants;
  if (mistakes.length > 0 || !externalKey || registeredAt === undefined)
    return { ok: false, externalKey: externalKey && isText(externalKey) ? cut(externalKey, 200) : undefined, mistakes };
  const closedAt = instants['history.closedAt'];
  if (closedAt !== undefined && closedAt < registeredAt)
    notes.push({ pointer: columnOf(mapping, 'history.closedAt'), detail: 'is before the registration' });
  return { ok: true, row: { externalKey, registeredAt, notes, ...partsOf(values, mapping), history: historyOf(values, instants) } };
}

function valueOf(
  field: string,
  source: FieldSource,
  cells: Readonly<Record<string, string>>,
  mistakes: Violation[],
): FieldValue | undefined {
  const [pointer, cell] = 'const' in source ? [field, ''] : [source.column, (cells[source.column] ?? '').trim()];
  // A cell that is no text stands for itself, to be refused: neither map nor default may hide it.
  const said = isText(cell) ? saidOf(source, cell) : cell;
  if (said === undefined) {
    if (cell !== '') mistakes.push({ pointer, detail: `'${cut(cell, 60)}' is not in the mapping` });
    return undefined;
  }
  const read = readValue(field, said);
  if ('value' in read) return read.value;
  mistakes.push({ pointer, detail: read.wrong });
  return undefined;
}

function saidOf(source: FieldSource, cell: string): FieldValue | undefined {
  if ('const' in source) return source.const;
  if (cell === '') return source.default;
  if (!source.map) return cell;
  return Object.hasOwn(source.map, cell) ? source.map[cell] : source.default;
}

/** The first `max` UTF-16 units, without half a character at the end. */
function cut(value: string, max: number): string {
  return value.length <= max ? value : value.slice(0, max).replace(/[\uD800-\uDBFF]$/, '');
}

/** Where the file says this field; the field itself when it says it nowhere. */
export function columnOf(mapping: ImportMapping, field: string): string {
  const source = mapping.fields[field];
  return source && 'column' in source ? source.column : field;
}

function partsOf(values: Record<string, FieldValue>, mapping: ImportMapping): { draft: Draft; contact: Contact | undefined } {
  const text = (field: string): string | undefined => (values[field] === undefined ? undefined : String(values[field]));
  const group = (prefix: string) =>
    Object.entries(values).flatMap(([k, v]) => (k.startsWith(prefix) ? [[k.slice(prefix.length), v] as const] : []));
  const place = Object.fromEntries(group('place.'));
  const contact = Object.fromEntries(group('contact.').map(([k, v]) => [k, String(v)]));
  const attributes = Object.fromEntries(group('attributes.'));
  const language = text('language') ?? mapping.language;
  return {
    draft: {
      type: text('type') ?? '',
      category: text('category') ?? '',
      channel: text('channel'),
      item: text('item'),
      urgency: text('urgency'),
      impact: text('impact'),
      priority: text('priority'),
      title: cut(text('title') ?? '', 300),
      description: text('description'),
      language: language === 'en' || language === 'zh-CN' ? language : undefined,
      unit: text('unit'),
      ...(Object.keys(place).length === 0 ? {} : { place }),
      ...(Object.keys(attributes).length === 0 ? {} : { attributes }),
    },
    contact: Object.keys(contact).length === 0 ? undefined : contact,
  };
}

/** Cells are text, whatever the pack says an attribute is: it becomes that where it reads so. What does not is left as it is, for `complete` to refuse. */
export function attributesOf(
  said: NonNullable<Draft['attributes']>,
  declared: NonNullable<Pack['intake']['attributes']>,
): NonNullable<Draft['attributes']> {
  const types = new Map(declared.map((a) => [a.key, a.type]));
  return Object.fromEntries(Object.entries(said).map(([key, value]) => [key, valueAs(types.get(key), value)]));
}

function valueAs(type: string | undefined, value: FieldValue): FieldValue {
  if (type === 'text' || type === 'choice') return String(value);
  if (typeof value !== 'string') return value;
  if (type === 'number' && value !== '' && Number.isFinite(Number(value))) return Number(value);
  if (type === 'boolean' && (value === 'true' || value === 'false')) return value === 'true';
  return value;
}

function historyOf(values: Record<string, unknown>, instants: Partial<Record<string, Instant>>): ImportedRow['history'] {
  const history: ImportedRow['history'] = {};
  if (instants['history.closedAt'] !== undefined) history.closedAt = instants['history.closedAt'];
  if (instants['history.dueAt'] !== undefined) history.dueAt = instants['history.dueAt'];
  if (values['history.status'] !== undefined) history.status = cut(String(values['history.status']), 120);
  if (values['history.outcome'] !== undefined) history.outcome = cut(String(values['history.outcome']), 2_000);
  return history;
}

/** A date cell of a workbook, as file-rows.ts writes it. */
const WALL = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}$/;

/** Date cells of a workbook have no form, only a time; the mapping's form is that of text. */
function instantIn(text: string, mapping: ImportMapping): Instant | undefined {
  return parseInstant(text, mapping.format === 'xlsx' && WALL.test(text) ? 'iso' : mapping.dateFormat, mapping.zone);
}

const TOKENS = {
  YYYY: '(\\d{4})',
  MM: '(\\d{1,2})',
  DD: '(\\d{1,2})',
  HH: '(\\d{1,2})',
  hh: '(\\d{1,2})',
  mm: '(\\d{1,2})',
  ss: '(\\d{1,2})',
  SSS: '(\\d{3})',
  A: '([AaPp][Mm])',
} as const;
const patterns = new Map<string, { regex: RegExp; tokens: string[] }>();

const ISO = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(Z|[+-]\d{2}:?\d{2})?)?$/;

/** The instant a cell means: tokens YYYY MM DD HH hh mm ss SSS A, or 'iso'; in the file's zone unless an offset says otherwise. Undefined when it is none. */
export function parseInstant(text: string, format: string, zone: string): Instant | undefined {
  if (format === 'iso') return parseIso(text.trim(), zone);
  let pattern = patterns.get(format);
  if (!pattern) {
    const tokens: string[] = [];
    const source = format.replace(/YYYY|MM|DD|HH|hh|mm|SSS|ss|A|[^A-Za-z]/g, (part) => {
      if (!Object.hasOwn(TOKENS, part)) return part.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
      tokens.push(part);
      return TOKENS[part as keyof typeof TOKENS];
    });
    pattern = { regex: new RegExp(`^${source}$`), tokens };
    patterns.set(format, pattern);
  }
  const found = pattern.regex.exec(text.trim());
  if (!found) return undefined;
  const part = (name: string): string | undefined => found[(pattern?.tokens.indexOf(name) ?? -1) + 1 || Infinity];
  const number = (name: string, fallback: number): number => Number(part(name) ?? fallback);
  const half = part('A')?.toLowerCase();
  const hour = half === undefined ? number('HH', number('hh', 0)) : (number('hh', 12) % 12) + (half === 'pm' ? 12 : 0);
  if (half !== undefined && number('hh', 12) > 12) return undefined;
  const p = {
    year: number('YYYY', 0),
    month: number('MM', 1),
    day: number('DD', 1),
    hour,
    minute: number('mm', 0),
    second: number('ss', 0),
  };
  return isReal(p) ? written(instantOfLocal(zone, p, number('SSS', 0))) : undefined;
}

function parseIso(text: string, zone: string): Instant | undefined {
  const found = ISO.exec(text);
  if (!found) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = found.slice(1, 7).map((n) => Number(n ?? 0));
  const p = { year, month, day, hour, minute, second };
  if (!isReal(p)) return undefined;
  const ms = Math.trunc(Number(`0.${found[7] ?? 0}`) * 1_000);
  const offset = found[8];
  if (offset === undefined) return written(instantOfLocal(zone, p, ms));
  const [, sign = '', hours = '', minutes = ''] = /^([+-])(\d{2}):?(\d{2})$/.exec(offset) ?? [];
  if (Number(hours) > 23 || Number(minutes) > 59) return undefined;
  const shift = (Number(hours) * 60 + Number(minutes)) * 60_000 * (sign === '-' ? -1 : 1);
  return written(Date.UTC(year, month - 1, day, hour, minute, second, ms) - shift);
}

// West of Greenwich the last hours of 9999, which old systems write for "never", are in a year of five digits: no instant of any event.
function written(ms: number): Instant | undefined {
  return ms < Date.UTC(10_000, 0) ? iso(ms) : undefined;
}

// Date.UTC rolls 31 February over and reads year 50 as 1950; 0001-01-01, which old systems write for "none", is no date either.
function isReal(p: LocalParts): boolean {
  const day = new Date(Date.UTC(p.year, p.month - 1, p.day));
  return (
    day.getUTCFullYear() === p.year &&
    day.getUTCMonth() === p.month - 1 &&
    day.getUTCDate() === p.day &&
    p.hour < 24 &&
    p.minute < 60 &&
    p.second < 60
  );
}
