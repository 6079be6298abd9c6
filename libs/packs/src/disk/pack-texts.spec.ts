import { describe as group, expect, it } from '@jest/globals';
import { exampleTexts } from '../check/lost-property.js';
import { describe } from '../mistakes.js';
import { readPackTexts, strangerMistake } from './pack-texts.js';
import { PACK_LIMITS } from './yaml-limits.js';

function withFile(file: string, text: string): Map<string, string> {
  return exampleTexts().set(file, text);
}

group('the YAML of a pack', () => {
  it.each<[string, string, RegExp]>([
    ['a key that stands twice', 'a: 1\nb: 2\na: 3\n', /^forms\.yaml:3:1 \/: a stands here twice; keep one of them$/m],
    ['an alias', 'a: &x { fields: {} }\nb: *x\n', /^forms\.yaml:2:4 \/: \*x is an alias; write the value itself here$/m],
    ['an anchor', 'a: &x { fields: {} }\n', /^forms\.yaml:1:\d+ \/: &x is an anchor/m],
    ['a tag', 'a: !!str 5\n', /^forms\.yaml:1:\d+ \/: !!str is a tag/m],
    ['a tag of its own', 'a: !js/function x\n', /!js\/function is a tag/],
    ['a merge key', 'a: { fields: {} }\nb: { <<: { fields: {} } }\n', /<< would merge another value/],
    ['a second document', 'a: { fields: {} }\n---\nb: 1\n', /a second document begins here/],
    ['a directive', '%YAML 1.1\n---\na: { fields: {} }\n', /directives \(%YAML, %TAG\) cannot be used/],
    ['a tab as indentation', 'a:\n\tfields: {}\n', /a tab cannot indent/],
    ['a text with a second colon', 'a: b: c\n', /a second colon stands on this line; put the text in quotes/],
    ['an open bracket', 'a: [1, 2\n', /^forms\.yaml:\d+:\d+ \/: is not YAML/m],
    ['a number that JSON does not have', 'a: .inf\n', /\.inf is not a number a pack can hold/],
  ])('%s is refused with its line', (_, text, mistake) => {
    expect(describe(readPackTexts(withFile('forms.yaml', text)).mistakes)).toMatch(mistake);
  });
  it('reads yes, no and dates as texts, as YAML 1.2 says', () => {
    const { json } = readPackTexts(new Map([['forms.yaml', 'a: yes\nb: 2026-01-02\nc: true\n']]));
    expect(json['forms']).toEqual({ a: 'yes', b: '2026-01-02', c: true });
  });
  it('a file that is missing is named', () => {
    const texts = exampleTexts();
    texts.delete('intake.yaml');
    expect(describe(readPackTexts(texts).mistakes)).toMatch(/^intake\.yaml \/: the file is missing/m);
  });
  it('a file name that is misspelt is named', () => {
    expect(strangerMistake('proces.yaml')).toMatch(/did you mean process\.yaml\?/);
    expect(strangerMistake('forms.yml')).toBe('is not read; rename it to forms.yaml');
    expect(strangerMistake('mapping.json')).toBeUndefined();
  });
});

group('a pack beyond the limits', () => {
  it.each<[string, string, RegExp]>([
    ['of more than 5 MB', `a: "${'x'.repeat(PACK_LIMITS.bytes)}"\n`, /the pack is larger than 5 MB/],
    ['with a million rows', '- a\n'.repeat(1_000_000), /^forms\.yaml:\d+:\d+ \/: the pack has more than 30000 keys and values/],
    ['with a million rows on one line', `a: [${'1,'.repeat(1_000_000)}1]`, /the pack has more than 30000 keys and values/],
    ['with lists nested a million deep', '['.repeat(1_000_000), /is nested deeper than 64 levels/],
    ['with block lists nested deep', '- '.repeat(100_000), /is nested deeper than 64 levels/],
    ['with maps nested deep', Array.from({ length: 2_000 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'), /is nested deeper than 64 levels/],
    ['with 14,000 keys that all are wrong', Array.from({ length: 14_000 }, (_, i) => `k${i}: 1`).join('\n'), /is not|expected/],
    ['with 5 MB of open quotes', `a: "${'x'.repeat(4_000_000)}`, /is not YAML/],
  ])('%s is refused in less than a second', (_, text, reason) => {
    const texts = withFile('forms.yaml', text);
    let [least, mistakes] = [Infinity, readPackTexts(texts).mistakes];
    // The best of three: other processes use the machine, too.
    for (let i = 0; i < 3 && least >= 1_000; i++) {
      const before = performance.now();
      ({ mistakes } = readPackTexts(texts));
      least = Math.min(least, performance.now() - before);
    }
    expect(least).toBeLessThan(1_000);
    expect(describe(mistakes)).toMatch(reason);
  });
});
