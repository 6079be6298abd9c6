import { Invalid } from '@gongdan/kernel';
import { crossMistakes } from './cross-references.js';
import { flat, type Located, pointerOf } from './located.js';
import { Pack, PACK_PARTS } from './pack.js';

/** One mistake in a pack: the part's file, an RFC 6901 pointer inside that part, the rule it breaks; the file loader adds the line. */
export interface PackMistake {
  file: string;
  pointer: string;
  rule: string;
  line?: number;
}

/** Every mistake of a joined pack: first of shape; when the shape is right, of cross references. Empty means `parsePack` will not throw. */
export function packMistakes(json: unknown): PackMistake[] {
  const parsed = Pack.safeParse(json);
  if (!parsed.success) return parsed.error.issues.flatMap(flat).map(({ path, rule }) => mistakeAt(path, rule));
  return [...unstorable(parsed.data, []), ...crossMistakes(parsed.data)].map(({ path, rule }) => mistakeAt(path, rule));
}

/** The pack, or `Invalid('packs/invalid')` with one violation per mistake (pointer into the joined object). */
export function parsePack(json: unknown): Pack {
  const mistakes = packMistakes(json);
  if (mistakes.length === 0) return Pack.parse(json);
  const first = mistakes.slice(0, 100).map((m) => ({ pointer: `/${m.file.replace(/\.json$/, '')}${m.pointer}`, detail: m.rule }));
  throw new Invalid('packs/invalid', { violations: first, details: { mistakes: mistakes.length } }, describe(mistakes));
}

/** One line per mistake, as an editor's problem list would say it. */
export function describe(mistakes: readonly PackMistake[]): string {
  return mistakes
    .map((m) => `${m.file}${m.line === undefined ? '' : `:${m.line}`} ${m.pointer === '' ? '/' : m.pointer}: ${m.rule}`)
    .join('\n');
}

// Postgres can store neither NUL nor half a surrogate pair: found here, it has a place; found there, it has none.
function unstorable(value: unknown, path: PropertyKey[]): Located[] {
  if (typeof value === 'string')
    return value.includes('\u0000') || /\p{Surrogate}/u.test(value) ? [{ path, rule: 'must be text without NUL' }] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([k, v]) => [...unstorable(k, [...path, k]), ...unstorable(v, [...path, k])]);
}

function mistakeAt(path: readonly PropertyKey[], rule: string): PackMistake {
  const [part, ...rest] = path;
  const known = PACK_PARTS.some((p) => p === part);
  return known ? { file: `${String(part)}.json`, pointer: pointerOf(rest), rule } : { file: 'pack', pointer: pointerOf(path), rule };
}
