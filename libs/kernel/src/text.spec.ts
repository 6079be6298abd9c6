import { describe, expect, it } from '@jest/globals';
import { cut } from './text.js';

describe('cut', () => {
  it('cuts a long text to the length and keeps a short one', () => {
    expect(cut('abc', 3)).toBe('abc');
    expect(cut('路灯不亮', 3)).toBe('路灯不');
    expect(cut('x'.repeat(1_000_000), 200)).toHaveLength(200);
  });

  it.each([
    ['half an emoji', 'ab😀', 3, 'ab'],
    ['a family of joined emoji', 'ab👨‍👩‍👧c', 5, 'ab'],
    ['a letter and its accent', 'abe\u0301', 3, 'ab'],
    ['a flag', '🇨🇳🇨🇳', 6, '🇨🇳'],
    ['a flag after a letter', '断🇨🇳', 3, '断'],
    ['an emoji and its colour', '👍🏽', 3, '👍'],
    ['CR and LF', 'a\r\nb', 2, 'a'],
    ['one endless character', `e${'\u0301'.repeat(1_000)}`, 300, `e${'\u0301'.repeat(299)}`],
  ])('splits no character that a reader sees when the text ends inside %s', (_, text, max, expected) => {
    expect(cut(text, max)).toBe(expected);
    expect(cut(text, text.length)).toBe(text);
  });
});
