type Json = Readonly<Record<string, unknown>>;

/** One key of a part, for people: what it holds and what it says. */
export interface OutlineRow {
  key: string;
  required: boolean;
  /** `text`, `a | b`, `list of table`, … */
  holds: string;
  /** Chinese and English, as in the schema. */
  words: readonly [zh: string, en: string];
  /** There are keys below it. */
  more: boolean;
}

/** The keys at a path; of several forms of which one is written, each by itself. */
export interface Outline {
  words: readonly [zh: string, en: string];
  forms: OutlineRow[][];
  /** What stands there when it has no keys. */
  holds: string;
}

const MOST_WORDS = 40;

/** What may stand at a path of a part: `['actions', 'do']`. Names that an author chooses and places in lists may be left out. Undefined when there is no such key. */
export function outlineOf(schema: Json, path: readonly string[]): Outline | undefined {
  const root = schema;
  let at: Json[] = [schema];
  let words = wordsOf(schema);
  for (const part of path) {
    const below = at.flatMap((s) => stepInto(root, s, part));
    if (below.length === 0) return undefined;
    words = wordsOf(below[0] ?? {});
    at = below;
  }
  const open = distinct(at.flatMap((s) => tables(root, s)));
  return { words, forms: open.map((s) => rowsOf(root, s)), holds: [...new Set(at.map((s) => holdsOf(root, s)))].join(' | ') };
}

/** The keys that may follow at a path, for a message. */
export function keysAfter(schema: Json, path: readonly string[]): string[] {
  return [
    ...new Set(
      outlineOf(schema, path)
        ?.forms.flat()
        .map((row) => row.key) ?? [],
    ),
  ];
}

function stepInto(root: Json, schema: Json, part: string): Json[] {
  const found = tables(root, schema).flatMap((table) => {
    const properties = table['properties'] as Json | undefined;
    return properties && Object.hasOwn(properties, part) ? [withWords(root, properties[part] as Json)] : [];
  });
  return found.length > 0 ? found : named(root, schema);
}

/** The value below a name that the author chooses, such as the key of an action. */
function named(root: Json, schema: Json): Json[] {
  const s = resolved(root, schema);
  const options = (s['anyOf'] ?? s['oneOf']) as Json[] | undefined;
  if (options) return options.flatMap((o) => named(root, o));
  const value = s['additionalProperties'];
  return s['properties'] === undefined && typeof value === 'object' && value !== null ? [value as Json] : [];
}

/** The tables that a value can be: through references, alternatives, lists and tables of names that the author chooses. */
function tables(root: Json, schema: Json, seen = new Set<Json>()): Json[] {
  const s = resolved(root, schema);
  if (seen.has(s)) return [];
  seen.add(s);
  const options = (s['anyOf'] ?? s['oneOf']) as Json[] | undefined;
  if (options) return options.flatMap((o) => tables(root, o, seen));
  if (s['type'] === 'array' && typeof s['items'] === 'object') return tables(root, s['items'] as Json, seen);
  if (s['properties']) return [s];
  return named(root, s).flatMap((value) => tables(root, value, seen));
}

function distinct(list: readonly Json[]): Json[] {
  return [...new Map(list.map((s) => [JSON.stringify(Object.keys((s['properties'] as Json | undefined) ?? {})), s])).values()];
}

function rowsOf(root: Json, table: Json): OutlineRow[] {
  const required = (table['required'] as string[] | undefined) ?? [];
  return Object.entries((table['properties'] as Json | undefined) ?? {}).map(([key, value]) => {
    const property = withWords(root, value as Json);
    return {
      key,
      required: required.includes(key),
      holds: holdsOf(root, property),
      words: wordsOf(property),
      more: tables(root, property).length > 0,
    };
  });
}

function withWords(root: Json, property: Json): Json {
  const whole = resolved(root, property);
  return property['description'] === undefined ? whole : { ...whole, description: property['description'] };
}

function resolved(root: Json, schema: Json): Json {
  const ref = schema['$ref'];
  if (typeof ref !== 'string') return schema;
  const target = (root['$defs'] as Record<string, Json> | undefined)?.[ref.split('/').at(-1) ?? ''];
  return target === undefined ? schema : resolved(root, target);
}

function wordsOf(schema: Json): readonly [string, string] {
  const [zh = '', en = ''] = String(schema['description'] ?? '').split('\n\n');
  return [zh, en];
}

function holdsOf(root: Json, schema: Json, depth = 0): string {
  const s = resolved(root, schema);
  const options = (s['anyOf'] ?? s['oneOf']) as Json[] | undefined;
  if (options) {
    const all = [...new Set(options.map((o) => holdsOf(root, o, depth)))];
    const tablesOf = all.filter((h) => h.startsWith('{'));
    // Of many tables the place itself tells; `explain` one key further shows each.
    const short = tablesOf.length > 3 ? [...all.filter((h) => !h.startsWith('{')), '{ … }'] : all;
    return short.join(' | ');
  }
  if (s['const'] !== undefined) return String(s['const']);
  if (Array.isArray(s['enum'])) {
    const list = s['enum'].map(String);
    return list.length > MOST_WORDS ? `${list.slice(0, MOST_WORDS).join(' | ')} …` : list.join(' | ');
  }
  const items = s['items'];
  if (s['type'] === 'array')
    return depth > 1 ? '[…]' : `[${typeof items === 'object' && items !== null ? holdsOf(root, items as Json, depth + 1) : '…'}, …]`;
  const languages = Object.keys((s['properties'] as Json | undefined) ?? {});
  if (languages.includes('zh-CN') && languages.includes('en')) return '{ zh-CN: …, en: … }';
  if (languages.includes('any')) return '{ fact: test, … }';
  if (languages.length > 0) return languages.length <= 3 ? `{ ${languages.map((k) => `${k}: …`).join(', ')} }` : '{ … }';
  if (s['type'] === 'object') {
    const [value] = named(root, s);
    return value !== undefined && depth < 2 ? `{ *: ${holdsOf(root, value, depth + 1)} }` : '{ … }';
  }
  return { string: 'text', integer: 'number', number: 'number', boolean: 'true | false', null: 'null' }[String(s['type'])] ?? '…';
}
