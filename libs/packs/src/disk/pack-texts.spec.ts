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
    ['a tab as indentation', 'a:\n\tfields: {}\n', /forms\.yaml:2:1 \/: a tab stands here; indent with blanks/],
    ['a text with a second colon', 'a: b: c\n', /a second colon stands on this line; put the text in quotes/],
    ['an open bracket', 'a: [1, 2\n', /^forms\.yaml:\d+:\d+ \/: is not YAML/m],
    ['a number that JSON does not have', 'a: .inf\n', /\.inf is not a number a pack can hold/],
  ])('%s is refused with its line', (_, text, mistake) => {
    expect(describe(readPackTexts(withFile('forms.yaml', text)).mistakes)).toMatch(mistake);
  });
  it.each<[string, string, string, string, RegExp]>([
    [
      'a tab',
      'process',
      '    on: searching\n',
      '\ton: searching\n',
      /:22:1 \/: a tab stands here; indent with blanks, two for each level$/,
    ],
    ['a full-width colon', 'process', '    on: searching\n', '    on：searching\n', /:22:7 \/: ： is a full-width colon; write on: with/],
    [
      'a full-width colon between brackets',
      'process',
      '{ zh-CN: 已找到,',
      '{ zh-CN：已找到,',
      /:21:19 \/: ： is a full-width colon; write zh-CN:/,
    ],
    [
      'a full-width comma',
      'process',
      '{ zh-CN: 已找到, en',
      '{ zh-CN: 已找到， en',
      /:21:24 \/: ， is a full-width comma; write an ordinary comma/,
    ],
    [
      'a full-width comma between words',
      'intake',
      '[contact.phone]',
      '[contact.phone，contact.name]',
      /:7:25 \/: ， is a full-width comma/,
    ],
    [
      'full-width quotes',
      'intake',
      "'SW{yyyy}{mm}{seq:5}'",
      '‘SW{yyyy}{mm}{seq:5}’',
      /:6:22 \/: ‘ is a full-width character; write '\n.*:6:42/,
    ],
    ['a full-width blank', 'process', '  unclaimed:\n', '　　unclaimed:\n', /: a full-width blank stands here; write ordinary blanks$/],
    [
      'a bracket that is not closed',
      'process',
      'do: [{ end: refused }]',
      'do: [{ end: refused ]',
      /^process\.yaml:65:25 \/: is not YAML: [^\n]*$/,
    ],
  ])('%s is told alone for its file, with what to write instead', (_, part, from, to, mistake) => {
    const texts = exampleTexts();
    const text = texts.get(`${part}.yaml`) ?? '';
    expect(text).toContain(from);
    const { mistakes } = readPackTexts(
      texts.set(
        `${part}.yaml`,
        text.replace(from, () => to),
      ),
    );
    expect(describe(mistakes)).toMatch(mistake);
    expect(new Set(mistakes.map((m) => m.line)).size).toBe(1);
  });
  it('leaves full-width characters of texts alone, also beside another mistake', () => {
    const text = (exampleTexts().get('process.yaml') ?? '').replace(
      'zh-CN: 已找到, en: Found',
      'zh-CN: “已找到：VIP，请领取”, en: Found, fr: x',
    );
    expect(describe(readPackTexts(exampleTexts().set('process.yaml', text)).mistakes)).toMatch(
      /^process\.yaml:21:\d+ [^\n]*fr is not known here[^\n]*$/,
    );
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
  ])('%s is refused before it costs much', (_, text, reason) => {
    const texts = withFile('forms.yaml', text);
    // Without the limits some of these took minutes, which the time-out of the test would tell.
    const { mistakes } = readPackTexts(texts);
    expect(describe(mistakes)).toMatch(reason);
  });
});
