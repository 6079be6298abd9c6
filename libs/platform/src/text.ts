import { z } from 'zod';

// Postgres cannot store NUL, and a lone surrogate is not text in any encoding: refused at the door instead of failing in a statement.
const clean = (value: string): boolean => !value.includes('\u0000') && !/\p{Surrogate}/u.test(value);

/** One line of text, trimmed, not empty. */
export const line = (max: number) => z.string().trim().min(1).max(max).refine(clean, 'must be valid text without NUL').refine((v) => !/[\r\n]/.test(v), 'must be one line'); // prettier-ignore

/** Text of several lines. */
export const prose = (max: number) => z.string().max(max).refine(clean, 'must be valid text without NUL');
