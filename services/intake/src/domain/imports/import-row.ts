import { cut, type Instant, type Violation } from '@gongdan/kernel';
import { type FieldSource, type FieldValue, type ImportMapping, isDecimal, isText, type Pack, readValue } from '@gongdan/packs';
import { type Contact, contactMistake, normalisedContact } from '../contact.js';
import { readInstant } from './file-instant.js';
import { type Draft } from '../content.js';

/** One row of a file, read through its mapping (IN-03). */
export interface ImportedRow {
  externalKey: string;
  draft: Draft;
  contact?: Contact | undefined;
  registeredAt: Instant;
  history: { closedAt?: Instant; dueAt?: Instant; status?: string; outcome?: string };
  /** Dates that the mapping names and the row lacks, or that contradict each other: the ticket is created all the same. */
  notes: Violation[];
}

export type RowReading = { ok: true; row: ImportedRow } | { ok: false; externalKey: string | undefined; mistakes: Violation[] };

const DATES = ['registeredAt', 'history.closedAt', 'history.dueAt'] as const;
const REQUIRED = ['type', 'category', 'title'] as const;

/** Columns that the mapping reads. */
export function mappedColumns(mapping: ImportMapping): string[] {
  return [...new Set([mapping.externalKey, ...Object.values(mapping.fields).flatMap((f) => ('column' in f ? [f.column] : []))])];
}

/** Columns that the mapping reads and the header does not have. */
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
  for (const field of REQUIRED) {
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
    const at = readInstant(String(text), mapping);
    if (at === undefined)
      mistakes.push({
        pointer: columnOf(mapping, field),
        detail: `'${cut(String(text), 40)}' is not a date of the form ${mapping.dateFormat} before the year 2101`,
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
  // A cell that is no text is checked as it is and refused: neither map nor default may hide it.
  const word = isText(cell) ? wordOf(source, cell) : cell;
  const contactField = contactFieldOf(field);
  if (word === undefined) {
    // The notes of a row are listed without the right to see a contact: they never quote one.
    if (cell !== '') mistakes.push({ pointer, detail: `${contactField ? 'the cell' : `'${cut(cell, 60)}'`} is not in the mapping` });
    return undefined;
  }
  const read = readValue(field, word);
  const checked = 'value' in read && contactField ? readContactValue(contactField, read.value) : read;
  if ('value' in checked) return checked.value;
  mistakes.push({ pointer, detail: checked.wrong });
  return undefined;
}

/** The value that the mapping gives to a cell; undefined when the cell is empty without a default, or is not a key of the map. */
function wordOf(source: FieldSource, cell: string): FieldValue | undefined {
  if ('const' in source) return source.const;
  if (cell === '') return source.default;
  if (!source.map) return cell;
  return Object.hasOwn(source.map, cell) ? source.map[cell] : source.default;
}

const CONTACT_FIELDS: Readonly<Record<string, keyof Contact>> = {
  'contact.name': 'name',
  'contact.phone': 'phone',
  'contact.email': 'email',
};

function contactFieldOf(field: string): keyof Contact | undefined {
  return Object.hasOwn(CONTACT_FIELDS, field) ? CONTACT_FIELDS[field] : undefined;
}

function readContactValue(field: keyof Contact, word: FieldValue): { value: string } | { wrong: string } {
  const value = normalisedContact(field, String(word));
  const wrong = contactMistake(field, value);
  return wrong === undefined ? { value } : { wrong };
}

/** Words for a contact that the mapping itself holds and the contact rule refuses: they would be rejected in every row. */
export function contactMistakesIn(mapping: ImportMapping): Violation[] {
  return Object.entries(mapping.fields).flatMap(([name, source]) => {
    const field = contactFieldOf(name);
    if (!field) return [];
    const words: [string, FieldValue][] =
      'const' in source
        ? [['const', source.const]]
        : [
            ...Object.entries(source.map ?? {}).map(([word, value]): [string, FieldValue] => [`map/${escaped(word)}`, value]),
            ...(source.default === undefined ? [] : [['default', source.default] as [string, FieldValue]]),
          ];
    return words.flatMap(([path, word]) => {
      const read = readContactValue(field, word);
      return 'wrong' in read ? [{ pointer: `/fields/${name}/${path}`, detail: read.wrong }] : [];
    });
  });
}

/** A name as a part of an RFC 6901 pointer. */
const escaped = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1');

/** The column a field is read from; the name of the field when the mapping names no column for it. */
export function columnOf(mapping: ImportMapping, field: string): string {
  if (field === 'externalKey') return mapping.externalKey;
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
      // A title is one line, although the cell of an old system may have several.
      title: cut((text('title') ?? '').replace(/\s*[\r\n]+\s*/g, ' '), 300),
      description: text('description'),
      language: language === 'en' || language === 'zh-CN' ? language : undefined,
      unit: text('unit'),
      ...(Object.keys(place).length === 0 ? {} : { place }),
      ...(Object.keys(attributes).length === 0 ? {} : { attributes }),
    },
    contact: Object.keys(contact).length === 0 ? undefined : contact,
  };
}

/** Cells are text: each becomes the type its attribute has in the pack where it can. What cannot stays as it is, and `complete` refuses it. */
export function attributesOf(
  given: NonNullable<Draft['attributes']>,
  declared: NonNullable<Pack['intake']['attributes']>,
): NonNullable<Draft['attributes']> {
  const types = new Map(declared.map((a) => [a.key, a.type]));
  return Object.fromEntries(Object.entries(given).map(([key, value]) => [key, valueAs(types.get(key), value)]));
}

function valueAs(type: string | undefined, value: FieldValue): FieldValue {
  if (type === 'text' || type === 'choice' || type === 'date') return String(value);
  if (typeof value !== 'string') return value;
  if (type === 'number' && isDecimal(value)) return Number(value);
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
