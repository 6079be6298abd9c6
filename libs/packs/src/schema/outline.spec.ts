import { describe, expect, it } from '@jest/globals';
import { keysAfter, outlineOf, type OutlineRow } from './outline.js';
import { partSchemas, type SchemaPart } from './part-schemas.js';

const schemas = partSchemas();
const rows = (part: SchemaPart, ...path: string[]): OutlineRow[] => outlineOf(schemas[part], path)?.forms.flat() ?? [];
const row = (list: readonly OutlineRow[], key: string): OutlineRow | undefined => list.find((r) => r.key === key);

describe('the keys of a part', () => {
  it('are told with what they hold, in both languages, and whether they must be there', () => {
    expect(row(rows('process', 'actions'), 'says')).toMatchObject({
      required: false,
      holds: expect.stringMatching(/^accepted \| returned/),
    });
    expect(row(rows('process', 'actions'), 'when')).toMatchObject({ holds: '{ fact: test, … }' });
    expect(row(rows('intake', 'attributes'), 'type')).toEqual({
      key: 'type',
      required: true,
      holds: 'text | number | boolean | choice | date',
      words: ['text 文字、number 数字、boolean 是否、choice 单选', 'text, number, boolean or choice'],
      more: false,
    });
  });
  it('may be asked for with or without the names that an author chose', () => {
    expect(rows('process', 'actions', 'match', 'limit')).toEqual(rows('process', 'actions', 'limit'));
  });
  it('are told for each form of which one is written', () => {
    const forms = outlineOf(schemas.process, ['actions', 'do'])?.forms.map(([first]) => first?.key);
    expect(forms).toEqual(expect.arrayContaining(['go', 'end', 'set', 'link', 'open']));
  });
  it('say what a key means at its place', () => {
    expect(row(rows('process', 'actions', 'do', 'extend'), 'by')?.words[1]).toMatch(/^By how long/);
    expect(row(rows('process', 'actions'), 'by')?.words[1]).toMatch(/^Who may act/);
  });
  it('are undefined where there are none, and those beside it are known', () => {
    expect(outlineOf(schemas.process, ['stesp'])).toBeUndefined();
    expect(keysAfter(schemas.process, [])).toEqual(['start', 'system', 'steps', 'actions', 'reactions']);
  });
  it('never lead to more than that: every key of every part can be asked for', () => {
    const walk = (part: SchemaPart, path: readonly string[]): number =>
      path.length > 5
        ? 0
        : rows(part, ...path).reduce((n, r) => n + 1 + (r.more && !path.includes(r.key) ? walk(part, [...path, r.key]) : 0), 0);
    for (const part of Object.keys(schemas) as SchemaPart[]) expect(walk(part, [])).toBeGreaterThan(0);
  });
});
