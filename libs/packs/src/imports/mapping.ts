import { Invalid } from '@gongdan/kernel';
import { z } from 'zod';
import { attributeKey, language, slug, zone } from '../fields.js';
import { flat, pointerOf } from '../located.js';

const scalar = z.union([z.string().max(2000), z.number(), z.boolean()]);
export type FieldValue = z.infer<typeof scalar>;

/**
 * Where a field's value comes from. `const`: the same for every row. `column`: the cell; `map` translates it; `default` stands in for an empty cell and
 * for a word the map does not know. A word the map does not know without a default is a mistake of that row.
 */
const source = z.union([
  z.strictObject({ const: scalar }),
  z.strictObject({ column: z.string().min(1).max(200), map: z.record(z.string(), scalar).optional(), default: scalar.optional() }),
]);
export type FieldSource = z.infer<typeof source>;

/** Every field of a ticket that an import can fill, in addition to `attributes.<key>`. */
export const IMPORT_FIELDS = [
  'type',
  'category',
  'item',
  'channel',
  'urgency',
  'impact',
  'priority',
  'title',
  'description',
  'language',
  'unit',
  'registeredAt',
  'place.address',
  'place.area',
  'place.latitude',
  'place.longitude',
  'contact.name',
  'contact.phone',
  'contact.email',
  'history.closedAt',
  'history.dueAt',
  'history.status',
  'history.outcome',
] as const;

/** A longer cell is a mistake in the file and not content. */
const LONGEST_CELL = 20_000;
/** The limits of the HTTP routes. Titles and words of the older system are cut to them; keys are checked by the pack. */
const LONGEST: Readonly<Record<string, number>> = {
  'place.address': 500,
  'place.area': 120,
  'contact.name': 200,
  'contact.phone': 40,
  'contact.email': 200,
};
const MOST: Readonly<Record<string, number>> = { 'place.latitude': 90, 'place.longitude': 180 };

const REQUIRED = ['type', 'category', 'channel', 'title', 'registeredAt'] as const;

/** How rows of a file become tickets (IN-03). It is kept beside a pack, because it uses the keys of the pack. */
export const ImportMapping = z
  .strictObject({
    /** Name of the older system; external keys are unique per organisation and source. */
    source: slug,
    format: z.enum(['csv', 'xlsx']),
    /** CSV only. `auto` decides by byte order mark, then takes UTF-8 when the bytes are valid UTF-8, and GB18030 otherwise. */
    encoding: z.enum(['auto', 'utf-8', 'gbk', 'gb18030', 'utf-16le', 'windows-1252']).optional(),
    delimiter: z.string().length(1).optional(),
    /** XLSX only: name of the sheet; without it, the first sheet. */
    sheet: z.string().min(1).optional(),
    /** Zone of instants that are written without one. */
    zone,
    /** Tokens YYYY MM DD HH hh mm ss SSS A, or 'iso'. Other characters are literal. Date cells of an XLSX need no format. */
    dateFormat: z.string().min(3).max(40),
    /** Column with the permanent key of a row. */
    externalKey: z.string().min(1).max(200),
    language: language.optional(),
    fields: z.record(z.string(), source),
  })
  .check((ctx) => {
    const { fields, format, encoding, delimiter, sheet } = ctx.value;
    const wrong = (path: PropertyKey[], message: string): void => void ctx.issues.push({ code: 'custom', path, message, input: ctx.value });
    for (const name of Object.keys(fields)) if (!isImportField(name)) wrong(['fields', name], 'is not a field of a ticket');
    for (const name of REQUIRED) if (!Object.hasOwn(fields, name)) wrong(['fields', name], 'is missing');
    for (const [name, from] of Object.entries(fields)) {
      for (const [path, value] of valuesOf(from)) {
        const read = readValue(name, value);
        if ('wrong' in read) wrong(['fields', name, ...path], read.wrong);
      }
    }
    if (format === 'xlsx' && (encoding !== undefined || delimiter !== undefined)) wrong(['format'], 'encoding and delimiter belong to csv');
    if (format === 'csv' && sheet !== undefined) wrong(['sheet'], 'belongs to xlsx');
  });
export type ImportMapping = z.infer<typeof ImportMapping>;

function isImportField(name: string): boolean {
  return IMPORT_FIELDS.some((f) => f === name) || (name.startsWith('attributes.') && attributeKey.safeParse(name.slice(11)).success);
}

/** Every value that the mapping itself names for a field, with its place. */
function valuesOf(from: FieldSource): [PropertyKey[], FieldValue][] {
  if ('const' in from) return [[['const'], from.const]];
  const words = Object.entries(from.map ?? {}).map(([word, value]): [PropertyKey[], FieldValue] => [['map', word], value]);
  return from.default === undefined ? words : [...words, [['default'], from.default]];
}

/** The value of a cell, or of a word of the mapping, in a field: coordinates are numbers, attributes keep their type, everything else is text. */
export function readValue(field: string, value: FieldValue): { value: FieldValue } | { wrong: string } {
  const text = String(value);
  const longest = LONGEST[field] ?? (field.startsWith('attributes.') ? 2_000 : LONGEST_CELL);
  if (text.length > longest) return { wrong: `has ${text.length} characters, ${longest} are possible` };
  if (!isText(text)) return { wrong: 'is not valid text' };
  const most = MOST[field];
  if (most === undefined) return { value: field.startsWith('attributes.') ? value : text };
  const number = isDecimal(text) ? Number(text) : NaN;
  return Math.abs(number) <= most ? { value: number } : { wrong: `'${text.slice(0, 40)}' is not a number from -${most} to ${most}` };
}

/** A finite decimal number. `Number` alone reads '' as 0, a place in the Gulf of Guinea, and `0x1F` as 31. */
export function isDecimal(text: string): boolean {
  return /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d{1,3})?\s*$/i.test(text) && Number.isFinite(Number(text));
}

/** Postgres cannot store NUL or a lone surrogate; a decoder replaces bytes that are invalid in the encoding of the file by U+FFFD. */
export function isText(value: string): boolean {
  return !value.includes('\u0000') && !value.includes('\uFFFD') && !/\p{Surrogate}/u.test(value);
}

/** Returns the mapping; throws `Invalid('packs/invalid-mapping')` with a violation per mistake. */
export function parseMapping(json: unknown): ImportMapping {
  const parsed = ImportMapping.safeParse(json);
  if (parsed.success) return parsed.data;
  const violations = parsed.error.issues.flatMap(flat).map((l) => ({ pointer: pointerOf(l.path), detail: l.rule }));
  throw new Invalid('packs/invalid-mapping', { violations }, violations.map((v) => `${v.pointer}: ${v.detail}`).join('\n'));
}

/** The words that the mapping can produce for a field, whatever the file holds; undefined when the cell itself is the word. */
export function wordsOf(from: FieldSource): string[] | undefined {
  if ('const' in from) return [String(from.const)];
  if (from.map === undefined) return undefined;
  return [...Object.values(from.map), ...(from.default === undefined ? [] : [from.default])].map(String);
}
