import { describe, expect, it } from '@jest/globals';
import { line, prose } from './text.js';

const character = (code: number): string => String.fromCodePoint(code);

describe('text from outside', () => {
  it('trims and bounds a line', () => {
    expect(line(5).parse('  路灯不亮 ')).toBe('路灯不亮');
    expect(line(5).safeParse('123456').success).toBe(false);
    expect(line(5).safeParse('   ').success).toBe(false);
    expect(prose(20).parse('line 1\nline 2\t.')).toBe('line 1\nline 2\t.');
    expect(prose(5).safeParse('123456').success).toBe(false);
  });

  it.each([`a${character(0)}b`, 'a\ud800b', 'a\udc00', '\ud83d'])('refuses what Postgres or UTF-8 cannot hold: %j', (text) => {
    expect(line(20).safeParse(text).success).toBe(false);
    expect(prose(20).safeParse(text).success).toBe(false);
  });

  it('accepts characters of two UTF-16 units', () => {
    expect(line(20).parse('a😀b')).toBe('a😀b');
  });

  it.each(['a\nb', 'a\rb', 'a\r\nBcc: x', 'a\vb', 'a\fb', 'a\u0085b', 'a\u2028b', 'a\u2029b'])(
    'refuses a line break in a line: %j',
    (text) => {
      expect(line(20).safeParse(text).success).toBe(false);
    },
  );

  it.each([0x01, 0x07, 0x08, 0x1b, 0x7f, 0x9b, 0x202a, 0x202b, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0xfff9, 0xfffb].map(character))(
    'refuses a control character in a text: %j',
    (control) => {
      expect(line(20).safeParse(`a${control}b`).success).toBe(false);
      expect(prose(20).safeParse(`a${control}b`).success).toBe(false);
    },
  );

  it.each([0x200b, 0x200d, 0x3164, 0x2800, 0xad, 0x115f, 0xffa0, 0xfeff, 0x2060, 0x180e, 0xe0041].map(character))(
    'refuses a line of nothing but the invisible character %j',
    (invisible) => {
      expect(line(20).safeParse(invisible.repeat(3)).success).toBe(false);
      expect(line(20).safeParse(`a${invisible}`).success).toBe(true);
    },
  );

  it('keeps joined emoji, accents and letters of right-to-left scripts', () => {
    for (const text of ['👨‍👩‍👧 电梯', 'e\u0301', 'שלום', 'مرحبا', '❤️']) expect(line(50).parse(text)).toBe(text);
  });

  it('turns the line breaks of word processors into plain ones', () => {
    expect(prose(50).parse('a\vb\fc\u0085d\u2028e\u2029f\r\ng')).toBe('a\nb\nc\nd\ne\nf\r\ng');
  });
});
