import { describe, expect, it } from '@jest/globals';
import { render } from './rendering.js';

const subjectOf = (title: string): string => render({ subject: '{{title}}', text: 't' }, { title }).subject;

describe('render', () => {
  it('makes one line of a subject and removes control characters', () => {
    expect(subjectOf('a\r\nBcc: all@example.org')).toBe('a Bcc: all@example.org');
    expect(subjectOf('a\u000Bb\u001B[31mc\u0085d\u2028e\u2029f\u0000g\u007Fh')).toBe('a b [31mc d e f g h');
  });

  it('removes invisible characters and overrides of the direction of text from a subject', () => {
    expect(subjectOf('pay\u202Eexe.fdp\u202C \u2066now\u2069\u200E\u200F\u061C')).toBe('payexe.fdp now');
    expect(subjectOf('a\u200Bb\uFEFFc\u00ADd\u2060e\u3164f\u115Fg\uFFA0h\u034Fi\u180Ej\u{E0041}k\u206Al')).toBe('abcdefghijkl');
    expect(subjectOf('a\u2800\u2800b')).toBe('a b');
    expect(subjectOf('\u200B\u3164\u2800\u00AD')).toBe('');
    expect(subjectOf('half \uD83D of a character')).toBe('half \uFFFD of a character');
  });

  it('keeps what belongs to a visible character: joiners, variation selectors, flags and marks', () => {
    for (const title of ['👨‍👩‍👧 ❤️ 🏴󠁧󠁢󠁥󠁮󠁧󠁿', 'می‌خواهم', 'क्‍ष', 'é', '葛󠄀城']) expect(subjectOf(title)).toBe(title);
  });

  it.each([
    ['characters of two code units', '😀', 200],
    ['families joined by U+200D', '👨‍👩‍👧‍👦', 30],
    ['letters with marks', 'e\u0301\u0323', 100],
    ['flags', '🇨🇳', 100],
    ['Hangul from parts', '\u1112\u1161\u11AB', 100],
  ])('cuts a long subject between two characters: %s', (_, character, times) => {
    for (const lead of ['', 'a', 'ab', 'abc']) {
      const subject = subjectOf(lead + character.repeat(times));
      expect(subject.length).toBeLessThanOrEqual(250);
      expect(subject.length).toBeGreaterThan(250 - character.length);
      expect((subject.length - lead.length) % character.length).toBe(0);
    }
  });

  it('cuts one endless character instead of keeping it whole', () => {
    expect(subjectOf(`e${'\u0301'.repeat(5_000)}`).length).toBeLessThanOrEqual(250);
  });

  it('keeps line breaks and tabs in the text of a mail, and removes other control characters and overrides', () => {
    expect(render({ subject: 's', text: '{{title}}' }, { title: 'a\n\tb\u001B\u202Ec\u0007' }).text).toBe('a\n\tbc');
  });
});
