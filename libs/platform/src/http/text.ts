import { z } from 'zod';

// Postgres cannot store NUL, and a lone surrogate is not text in any encoding: both are refused here instead of failing in a statement.
// Other control characters (VT, ESC) and the direction overrides of bidirectional text (U+202A to U+202E, U+2066 to U+2069) make a text
// look different from what it is, on a screen and in a terminal; the signs of interlinear annotations (U+FFF9 to U+FFFB) hide a part of it.
const FORBIDDEN = /[\p{Cc}\p{Surrogate}\u202a-\u202e\u2066-\u2069\ufff9-\ufffb]/u;
const isClean = (value: string): boolean => !FORBIDDEN.test(value.replace(/[\t\n\r]/g, ''));
const CLEAN = 'must be valid text without control characters';

const LINE_BREAK = /[\n\r\v\f\u0085\u2028\u2029]/;

// Word processors put VT, FF, NEL, U+2028 and U+2029 where a line ends. They are line breaks in a text of several lines.
const withPlainLineBreaks = (value: string): string => value.replace(/[\v\f\u0085\u2028\u2029]/g, '\n');

// Characters without a glyph: U+200B, U+00AD and U+3164 are default ignorable, U+2800 is the empty braille pattern.
const INVISIBLE = /[\s\p{Default_Ignorable_Code_Point}\p{Cf}\u2800]/gu;
const isVisible = (value: string): boolean => value.replace(INVISIBLE, '') !== '';

/** One line of text, trimmed, with at least one visible character. `max` counts UTF-16 units. */
export const line = (max: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(max)
    .refine((v) => !LINE_BREAK.test(v), 'must be one line')
    .refine(isClean, CLEAN)
    .refine(isVisible, 'must hold a visible character');

/** Text of several lines; may be empty. Every kind of line break becomes `\n` or stays `\r\n`. `max` counts UTF-16 units. */
export const prose = (max: number) => z.string().max(max).overwrite(withPlainLineBreaks).refine(isClean, CLEAN);
