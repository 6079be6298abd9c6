import { z } from 'zod';

/** One character: a class such as [0-9A-F], a digit (\d), an escaped or a plain character. */
const ATOM = /^(?:\[\^?(?:\\[^dDwWsSbBpPuxk\d]|[^\\[\]])+\]|\\d|\\[^\w\s]|[^\\[\](){}|^$*+?.])/u;
/** How often: {3}, {2,4} or ?. */
const TIMES = /^(?:\{(\d{1,3})(?:,(\d{1,3}))?\}|\?)/;
/** In how many ways a text can be read; more would let a text take long to judge. */
const MOST_WAYS = 10_000;

/**
 * What a text must look like as a whole: characters and classes of them, each with a number of times. Without repetition that has no end, groups and alternatives, so that
 * judging a text takes a bounded time, whoever wrote the pack. Undefined for anything else.
 */
export function compilePattern(pattern: string): RegExp | undefined {
  let ways = 1;
  for (let rest = pattern; rest !== '';) {
    const atom = ATOM.exec(rest)?.[0];
    if (atom === undefined) return undefined;
    rest = rest.slice(atom.length);
    const times = TIMES.exec(rest);
    if (times === null) continue;
    const [least, most] = times[1] === undefined ? [0, 1] : [Number(times[1]), Number(times[2] ?? times[1])];
    if (most < least || most === 0) return undefined;
    ways *= most - least + 1;
    rest = rest.slice(times[0].length);
  }
  if (pattern === '' || ways > MOST_WAYS) return undefined;
  try {
    return new RegExp(`^(?:${pattern})$`, 'u');
  } catch {
    return undefined;
  }
}

// Patterns are words of packs. Packs come and go, so they are thrown away now and then.
const compiled = new Map<string, RegExp | undefined>();
const MOST_PATTERNS = 5_000;

/** Whether a text looks as the pattern says. A pattern that no check would admit holds for every text. */
export function looksLike(pattern: string, text: string): boolean {
  if (!compiled.has(pattern)) {
    if (compiled.size >= MOST_PATTERNS) compiled.clear();
    compiled.set(pattern, compilePattern(pattern));
  }
  return compiled.get(pattern)?.test(text) ?? true;
}

/** The property of a text field or a text attribute. */
export const pattern = z
  .string()
  .min(1)
  .max(200)
  .refine(
    (text) => compilePattern(text) !== undefined,
    'must be characters and classes with a number of times, such as [0-9]{4}-[A-Z]{2} or [0-9]{6}X?; no *, +, ( ) or |',
  );
