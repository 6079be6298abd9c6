import { Invalid } from '@gongdan/kernel';
import { type z } from 'zod';
import { checkFormat2 } from './check/check-format2.js';
import { crossMistakes } from './format1/check/cross-references.js';
import { flat, type Located, pointerOf } from './located.js';
import { Pack, PACK_PARTS } from './format1/pack.js';

/** One mistake in a pack: the part's file, an RFC 6901 pointer inside that part, the rule it breaks; the file loader adds the line. */
export interface PackMistake {
  file: string;
  pointer: string;
  rule: string;
  line?: number;
  column?: number;
}

/** An author corrects these and checks again. Without a limit, 300,000 mistakes made an answer of 29.8 MB. */
export const MOST_MISTAKES = 50;

export interface PackCheck {
  /** At most `MOST_MISTAKES`: first those of shape; when the shape is right, those of cross references. Empty: the pack is valid. */
  mistakes: PackMistake[];
  /** How many there are, as far as they were counted. */
  found: number;
}

/** Checks a joined pack of either format by the rules of today. The time grows with the size of the pack: call it off the event loop. */
export function checkPack(json: unknown): PackCheck {
  if (formatOf(json) === 2) {
    const located = checkFormat2(json as Record<string, unknown>);
    return { mistakes: located.slice(0, MOST_MISTAKES).map(({ path, rule }) => mistakeAt(path, rule, 'yaml')), found: located.length };
  }
  const parsed = Pack.safeParse(json);
  const located = parsed.success ? [...unstorable(parsed.data, []), ...crossMistakes(parsed.data)] : shapeMistakes(parsed.error.issues);
  const mistakes = located.slice(0, MOST_MISTAKES).map(({ path, rule }) => mistakeAt(path, rule));
  return { mistakes, found: Math.max(located.length, parsed.error?.issues.length ?? 0) };
}

/** The format that a joined pack names. */
export function formatOf(json: unknown): unknown {
  return (json as { pack?: { format?: unknown } } | null | undefined)?.pack?.format;
}

/** The mistakes of `checkPack`. */
export function packMistakes(json: unknown): PackMistake[] {
  return checkPack(json).mistakes;
}

/** The pack, or `Invalid('packs/invalid')` with one violation per mistake. For publishing only: a stored pack is read by `readPack`. */
export function parsePack(json: unknown): Pack {
  const check = checkPack(json);
  if (check.mistakes.length > 0) throw invalidPack(check);
  return Pack.parse(json);
}

/** The violations point into the joined object. */
export function invalidPack({ mistakes, found }: PackCheck): Invalid {
  const violations = mistakes.map((m) => ({ pointer: `/${m.file.replace(/\.(json|yaml)$/, '')}${m.pointer}`, detail: m.rule }));
  return new Invalid('packs/invalid', { violations, details: { mistakes: found } }, describe(mistakes));
}

// Stops early: one issue of a union becomes many candidates, and 25,000 issues took minutes.
function shapeMistakes(issues: readonly z.core.$ZodIssue[]): Located[] {
  const located: Located[] = [];
  for (const issue of issues) {
    if (located.length > MOST_MISTAKES) break;
    located.push(...flat(issue));
  }
  return located;
}

/** One line per mistake: `file:line:column pointer: rule`, as editors list problems. */
export function describe(mistakes: readonly PackMistake[]): string {
  return mistakes
    .map(
      (m) =>
        `${m.file}${m.line === undefined ? '' : `:${m.line}`}${m.column === undefined ? '' : `:${m.column}`} ${m.pointer === '' ? '/' : m.pointer}: ${m.rule}`,
    )
    .join('\n');
}

// Postgres can store neither NUL nor half a surrogate pair. Its own error would not name the place of the text.
function unstorable(value: unknown, path: PropertyKey[]): Located[] {
  if (typeof value === 'string')
    return value.includes('\u0000') || /\p{Surrogate}/u.test(value) ? [{ path, rule: 'must be text without NUL' }] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([k, v]) => [...unstorable(k, [...path, k]), ...unstorable(v, [...path, k])]);
}

function mistakeAt(path: readonly PropertyKey[], rule: string, kind = 'json'): PackMistake {
  const [part, ...rest] = path;
  const known = kind === 'yaml' || PACK_PARTS.some((p) => p === part);
  return known && part !== undefined
    ? { file: `${String(part)}.${kind}`, pointer: pointerOf(rest), rule }
    : { file: 'pack', pointer: pointerOf(path), rule };
}
