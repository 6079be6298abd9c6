import { describe, expect, it } from '@jest/globals';
import { cutText } from './text.js';

describe('a text that is cut', () => {
  it.each([
    ['fits', '断网', 2, '断网'],
    ['is too long', '断网投诉', 3, '断网投'],
    ['ends with half an emoji', '断😀', 2, '断'],
    ['ends inside a family of emoji', '断👨‍👩‍👧网', 5, '断'],
    ['ends before an accent', 'cafe\u0301s', 4, 'caf'],
    ['ends inside a flag', '断🇨🇳', 3, '断'],
    ['ends between CR and LF', 'a\r\nb', 2, 'a'],
    ['is one endless character', `e${'\u0301'.repeat(1_000)}`, 300, `e${'\u0301'.repeat(299)}`],
  ])('splits no character that a reader sees when it %s', (_, text, max, expected) => {
    expect(cutText(text, max)).toBe(expected);
  });
});
