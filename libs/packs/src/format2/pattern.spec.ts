import { describe, expect, it } from '@jest/globals';
import { compilePattern, looksLike } from './pattern.js';

describe('the pattern of a text', () => {
  it.each([
    ['[0-9]{4}-[0-9]{3}', ['2026-003'], ['2026-03', '2026-0031', 'x2026-003', '2026-003\n', '']],
    ['[0-9]{17}[0-9X]', ['11010519491231002X'], ['11010519491231002x']],
    [String.raw`\d{2}\.?\d{1,2}`, ['12.3', '1234', '123'], ['1.23', '12..3']],
    ['沪[A-Z][0-9A-Z]{5}', ['沪A12B34'], ['京A12B34', '沪A12B3']],
    ['A[^0-9]', ['Ab', 'A😀'], ['A1']],
  ])('%s holds for the whole text', (pattern, good, bad) => {
    expect(good.filter((text) => !looksLike(pattern, text))).toEqual([]);
    expect(bad.filter((text) => looksLike(pattern, text))).toEqual([]);
  });
  it.each(['a*', 'a+', '(a|b)', 'a|b', '^a$', '.', '[a', '[z-a]', 'a{2', 'a{3,2}', 'a{0}', String.raw`\1`, String.raw`\b`, String.raw`[\s]`, 'a?'.repeat(14), '[0-9]{1,99}[0-9]{1,99}[0-9]{1,99}', '']) (
    '%s is none: it could take long, or means something else than it seems to',
    (pattern) => {
      expect(compilePattern(pattern)).toBeUndefined();
    },
  ); // prettier-ignore
});
