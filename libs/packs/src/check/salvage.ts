import { type z } from 'zod';
import { PackFormat2 } from '../format2/index.js';
import { isKeyed } from './guessed.js';
import { valueAt } from './shape.js';

const ROUNDS = 8;
/** With more mistakes of shape than an author corrects at a time, the others wait for the next check. */
const MOST_ISSUES = 500;

/** What is left of a pack whose shape is broken in places, so that its other mistakes are reported in the same answer. */
export interface Salvage {
  pack: PackFormat2;
  /** Parts that were lost whole: nobody knows which names they declare. */
  lost: Set<string>;
  /** The path in the pack as it was written. */
  original(path: readonly PropertyKey[]): PropertyKey[];
}

const EMPTY: Readonly<Record<string, unknown>> = {
  pack: {
    format: 2,
    key: 'x',
    version: 1,
    names: { 'zh-CN': '?', en: '?' },
    about: { 'zh-CN': '?', en: '?' },
    language: 'zh-CN',
    zone: 'Asia/Shanghai',
  },
  catalogue: {
    types: [{ key: '?', names: { 'zh-CN': '?', en: '?' } }],
    categories: [{ key: '?', names: { 'zh-CN': '?', en: '?' } }],
    priorities: ['x'],
    urgencies: [],
    impacts: [],
    matrix: {},
    defaultPriority: 'x',
  },
  intake: {
    channels: [{ key: 'x', names: { 'zh-CN': '?', en: '?' } }],
    defaultChannel: 'x',
    numbering: { format: '{seq:1}', scope: [], gapFree: false },
    required: [],
  },
  process: { start: [{ go: 'x' }], system: { unroutable: 'x', withdrawn: 'x', importedClosed: 'x' }, steps: {}, actions: {} },
};

/** Takes out what the schema refuses, smallest pieces first; undefined when nothing sensible is left. */
export function salvage(json: Record<string, unknown>): Salvage | undefined {
  const copy = structuredClone(json);
  const places = new WeakMap<unknown[], PropertyKey[]>();
  const tried = new Set<string>();
  for (let round = 0; round < ROUNDS; round++) {
    for (const part of Object.keys(EMPTY)) copy[part] ??= structuredClone(EMPTY[part]);
    const parsed = PackFormat2.safeParse(copy);
    if (parsed.success) {
      const lost = Object.keys(EMPTY).filter((part) => JSON.stringify(copy[part]) === JSON.stringify(EMPTY[part]));
      return { pack: copy as unknown as PackFormat2, lost: new Set(lost), original: (path) => originalPath(copy, path, places) };
    }
    if (parsed.error.issues.length > MOST_ISSUES) return undefined;
    if (
      [fillTexts(copy, parsed.error.issues), fillKeys(copy, parsed.error.issues), listed(copy, parsed.error.issues, places)].includes(true)
    )
      continue;
    for (const path of unwanted(parsed.error.issues, copy))
      if (!emptied(copy, path, parsed.error.issues, tried)) remove(copy, path, places);
  }
  return undefined;
}

/** Whether the mistake is about a text for people: what stands around it can be judged as it is. */
export function isOfText(path: readonly PropertyKey[]): boolean {
  const last = path.at(-1);
  return last === 'zh-CN' || last === 'en' || last === 'names' || last === 'about' || last === 'unless';
}

/** Puts a text where one is missing, so that a step without a translation is not missing itself. */
function fillTexts(json: unknown, issues: readonly z.core.$ZodIssue[]): boolean {
  let filled = false;
  for (const issue of issues) {
    const { path } = issue;
    const last = path.at(-1);
    const wanted = last === 'zh-CN' || last === 'en' ? 'string' : 'object';
    if (last === undefined || !isOfText(path) || issue.code !== 'invalid_type' || issue.expected !== wanted) continue;
    const holder = valueAt(json, path.slice(0, -1));
    if (typeof holder !== 'object' || holder === null || Array.isArray(holder)) continue;
    (holder as Record<PropertyKey, unknown>)[last] = last === 'zh-CN' || last === 'en' ? '?' : { 'zh-CN': '?', en: '?' };
    filled = true;
  }
  return filled;
}

/** Keys by which no other place names anything: without one of them the rest of its part can be judged as it is. */
const ALONE: Readonly<Record<string, readonly string[]>> = {
  pack: ['format', 'key', 'version', 'language', 'zone'],
  catalogue: ['urgencies', 'impacts', 'matrix', 'defaultPriority'],
  intake: ['defaultChannel', 'numbering', 'required'],
};

/** Puts a value where such a key is missing, so that not the whole part is lost. */
function fillKeys(json: Record<string, unknown>, issues: readonly z.core.$ZodIssue[]): boolean {
  let filled = false;
  for (const { path } of issues) {
    const [part, key, ...deeper] = path;
    const holder = json[String(part)];
    if (deeper.length > 0 || !ALONE[String(part)]?.includes(String(key)) || typeof holder !== 'object' || holder === null) continue;
    if (Object.hasOwn(holder, String(key))) continue;
    (holder as Record<string, unknown>)[String(key)] = structuredClone((EMPTY[String(part)] as Record<string, unknown>)[String(key)]);
    filled = true;
  }
  return filled;
}

/** Reads a table of things with names as the list of things with keys that was expected. */
function listed(json: unknown, issues: readonly z.core.$ZodIssue[], places: WeakMap<unknown[], PropertyKey[]>): boolean {
  let changed = false;
  for (const issue of issues) {
    const { path } = issue;
    const [holder, last, value] = [valueAt(json, path.slice(0, -1)), path.at(-1), valueAt(json, path)];
    if (issue.code !== 'invalid_type' || issue.expected !== 'array' || last === undefined) continue;
    if (typeof value !== 'object' || value === null || Object.keys(value).length === 0 || !isKeyed(value)) continue;
    const list = Object.entries(value).map(([key, of]) => ({ key, ...of }));
    places.set(list, Object.keys(value));
    (holder as Record<PropertyKey, unknown>)[last] = list;
    changed = true;
  }
  return changed;
}

/** Puts an empty list where a list was expected, so that what stands around it is kept; once for each place. */
function emptied(json: unknown, path: readonly PropertyKey[], issues: readonly z.core.$ZodIssue[], tried: Set<string>): boolean {
  const at = path.join('/');
  const wanted = issues.some((i) => i.code === 'invalid_type' && i.expected === 'array' && i.path.join('/') === at);
  const [holder, last] = [valueAt(json, path.slice(0, -1)), path.at(-1)];
  if (!wanted || tried.has(at) || typeof holder !== 'object' || holder === null || last === undefined) return false;
  tried.add(at);
  (holder as Record<PropertyKey, unknown>)[last] = [];
  return true;
}

function unwanted(issues: readonly z.core.$ZodIssue[], json: unknown): PropertyKey[][] {
  const paths = issues.flatMap((issue): PropertyKey[][] => {
    if (issue.code === 'unrecognized_keys') return issue.keys.map((k) => [...issue.path, k]);
    return [valueAt(json, issue.path) === undefined ? issue.path.slice(0, -1) : [...issue.path]];
  });
  // From the end of each list, so that the earlier indexes stay true while items are taken out.
  return paths.sort((a, b) => {
    for (let i = 0; i < Math.min(a.length, b.length); i++) {
      const [x, y] = [a[i], b[i]];
      if (x !== y) return typeof x === 'number' && typeof y === 'number' ? y - x : String(x) < String(y) ? -1 : 1;
    }
    return b.length - a.length;
  });
}

function remove(json: unknown, path: readonly PropertyKey[], places: WeakMap<unknown[], PropertyKey[]>): void {
  const [holder, last] = [valueAt(json, path.slice(0, -1)), path.at(-1)];
  if (typeof holder !== 'object' || holder === null || last === undefined) return;
  if (!Array.isArray(holder)) {
    delete (holder as Record<PropertyKey, unknown>)[last];
    return;
  }
  const from = places.get(holder) ?? holder.map((_, i): PropertyKey => i);
  holder.splice(Number(last), 1);
  from.splice(Number(last), 1);
  places.set(holder, from);
}

function originalPath(json: unknown, path: readonly PropertyKey[], places: WeakMap<unknown[], PropertyKey[]>): PropertyKey[] {
  let value = json;
  return path.map((part) => {
    const written = Array.isArray(value) ? (places.get(value)?.[Number(part)] ?? part) : part;
    value = valueAt(value, [part]);
    return written;
  });
}
