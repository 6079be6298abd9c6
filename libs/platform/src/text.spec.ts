import { describe, expect, it } from '@jest/globals';
import { line, prose } from './text.js';

const NUL = String.fromCodePoint(0);

describe('text from outside', () => {
  it('is trimmed and bounded', () => {
    expect(line(5).parse('  路灯不亮 ')).toBe('路灯不亮');
    expect(line(5).safeParse('123456').success).toBe(false);
    expect(line(5).safeParse('   ').success).toBe(false);
    expect(prose(20).parse('line 1\nline 2\t.')).toBe('line 1\nline 2\t.');
    expect(prose(5).safeParse('123456').success).toBe(false);
  });

  it.each([`a${NUL}b`, 'a\ud800b', 'a\udc00', '\ud83d'])('cannot hold what Postgres or UTF-8 cannot: %j', (text) => {
    expect(line(20).safeParse(text).success).toBe(false);
    expect(prose(20).safeParse(text).success).toBe(false);
  });

  it('keeps whole pairs', () => {
    expect(line(20).parse('a😀b')).toBe('a😀b');
  });

  it.each(['a\nb', 'a\rb', 'a\r\nBcc: x'])('is one line where one is asked for: %j', (text) => {
    expect(line(20).safeParse(text).success).toBe(false);
  });
});
