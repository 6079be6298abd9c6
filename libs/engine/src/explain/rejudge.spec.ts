import { type Routing, type RoutingTable } from '@gongdan/packs/format2';
import { describe, expect, it } from '@jest/globals';
import { luckOf } from '../laws/small-world.suite.js';
import { randomPack } from '../laws/random-pack.suite.js';
import { compile } from '../model/compiled.js';
import { type Past, rejudge } from './rejudge.js';

type Rule = RoutingTable['rules'][number];
const row = (key: string, when: Rule['when'], holder: Rule['holder'], score?: number): Rule => ({
  key,
  when,
  holder,
  ...(score === undefined ? {} : { score }),
});
const then: RoutingTable = {
  rules: [
    row('docs', { 'class.category': 'documents' }, { unit: 'police' }),
    row('far', { 'place.area': 'north' }, { role: 'leader', of: 'north' }),
  ],
  fallback: { unit: 'desk' },
};
const pack = compile(randomPack(luckOf(1)));
const past = (record: Partial<Past['record']>, table: RoutingTable | undefined = then): Past => ({
  record: {
    table: 't',
    rule: 'fallback',
    unit: 'desk',
    facts: { 'class.category': 'keys' },
    candidates: [{ rule: 'fallback', unit: 'desk' }],
    ...record,
  },
  at: '2026-03-02T01:00:00.000Z',
  table,
  pack,
});
const draft = (rules: Rule[], more: Partial<RoutingTable> = {}): Routing => ({
  tables: { t: { rules, fallback: { unit: 'desk' }, ...more } },
});

describe('a decision of the past under a draft', () => {
  it('stays the same where the draft has the same row, also when its keys have other names', () => {
    expect(rejudge({ tables: { t: then } }, past({}))).toMatchObject({ verdict: 'same', would: { rule: 'fallback', unit: 'desk' } });
    expect(rejudge(draft([row('k', { 'class.category': 'keys' }, { unit: 'desk' })]), past({}))).toMatchObject({ verdict: 'same' });
  });
  it('moves by the first row whose condition holds, with the facts of both rows', () => {
    const keys = draft([row('keys', { 'class.category': 'keys' }, { unit: 'police' })]);
    expect(rejudge(keys, past({}))).toEqual({
      verdict: 'moved',
      was: { rule: 'fallback', unit: 'desk' },
      would: { rule: 'keys', unit: 'police' },
      facts: { 'class.category': 'keys' },
    });
  });
  it('knows that a fact the table of then asked was absent when it is not recorded', () => {
    const area = draft([row('no-area', { 'place.area': { exists: false } }, { unit: 'police' })]);
    expect(rejudge(area, past({}))).toMatchObject({ verdict: 'moved', would: { rule: 'no-area' }, facts: { 'place.area': null } });
    expect(rejudge(area, past({}, { rules: [], fallback: { unit: 'desk' } }))).toMatchObject({
      verdict: 'undecidable',
      missing: ['place.area'],
    });
  });
  it('is undecidable where the draft asks what was not recorded', () => {
    const asks = draft([row('big', { 'attributes.size': 'big' }, { unit: 'police' })]);
    expect(rejudge(asks, past({}))).toEqual({
      verdict: 'undecidable',
      was: { rule: 'fallback', unit: 'desk' },
      missing: ['attributes.size'],
    });
  });
  it('is decided where what was not recorded cannot matter', () => {
    const both = draft([row('big', { 'class.category': 'documents', 'attributes.size': 'big' }, { unit: 'police' })]);
    expect(rejudge(both, past({}))).toMatchObject({ verdict: 'same' });
    const either = draft([row('any', { any: [{ 'class.category': 'keys' }, { 'attributes.size': 'big' }] }, { unit: 'police' })]);
    expect(rejudge(either, past({}))).toMatchObject({ verdict: 'moved' });
    const compared = draft([row('same', { 'class.category': { fact: 'fields.wanted' } }, { unit: 'police' })]);
    expect(rejudge(compared, past({}))).toMatchObject({ verdict: 'undecidable', missing: ['fields.wanted'] });
  });
  it('passes over a unit that the record says was passed over', () => {
    const returned = past({
      candidates: [
        { rule: 'docs', unit: 'police', excluded: 'returned' },
        { rule: 'fallback', unit: 'desk' },
      ],
    });
    expect(rejudge(draft([row('x', {}, { unit: 'police', pick: 'least-loaded' })]), returned)).toMatchObject({
      verdict: 'same',
      would: { rule: 'fallback', unit: 'desk' },
    });
  });
  it('takes from the record where a rule led that the table of then had, too', () => {
    const climbed = past({
      rule: 'far',
      unit: 'root',
      role: 'leader',
      climbedFrom: 'north',
      facts: { 'class.category': 'keys', 'place.area': 'north' },
      candidates: [
        { rule: 'far', unit: 'root' },
        { rule: 'fallback', unit: 'desk' },
      ],
    });
    const renamed = draft([row('north', { 'place.area': 'north' }, { role: 'leader', of: 'north' })]);
    expect(rejudge(renamed, climbed)).toMatchObject({ verdict: 'same', would: { rule: 'north', unit: 'root', role: 'leader' } });
  });
  it('says what of the directory the record does not tell', () => {
    expect(rejudge(draft([row('near', {}, { unit: { nearest: { under: 'root' } } })]), past({}))).toMatchObject({
      verdict: 'undecidable',
      missing: ['the nearest unit under root'],
    });
    expect(rejudge(draft([row('code', {}, { unit: { code: { fact: 'place.area' } } })]), past({}))).toMatchObject({
      verdict: 'undecidable',
    });
  });
  it('does not tell a person that a pick would have named, and calls him no difference to the unit', () => {
    const picks = draft([row('pick', {}, { unit: 'desk', pick: 'least-loaded' })]);
    expect(rejudge(picks, past({ person: 'ann' }))).toMatchObject({ verdict: 'same', would: { unit: 'desk', somebody: true } });
    expect(rejudge(draft([row('pool', {}, { unit: 'desk', role: 'leader' })]), past({}))).toMatchObject({ verdict: 'moved' });
  });
  it('adds points in a scored table, and needs every row of it', () => {
    const scored = draft([row('a', {}, { unit: 'police' }, 3), row('b', {}, { unit: 'desk' }, 2), row('c', { 'class.category': 'keys' }, { unit: 'desk' }, 2)], { mode: 'score' }); // prettier-ignore
    expect(rejudge(scored, past({}))).toMatchObject({ verdict: 'same', would: { unit: 'desk' } });
    scored.tables['t']?.rules.push(row('d', { 'attributes.size': 'big' }, { unit: 'police' }, 1));
    expect(rejudge(scored, past({}))).toMatchObject({ verdict: 'undecidable' });
  });
  it('compares lengths of time with the instant of the decision', () => {
    const since = (test: Rule['when'][string]): Routing =>
      draft([row('old', { 'since.registered': test } as Rule['when'], { unit: 'police' })]);
    const two = past({ facts: { 'since.registered': '2026-03-01T23:00:00.000Z' } });
    expect(rejudge(since({ gte: '2h' }), two)).toMatchObject({ verdict: 'moved' });
    expect(rejudge(since({ gt: '2h' }), two)).toMatchObject({ verdict: 'same' });
    expect(rejudge(since({ lt: '3h' }), two)).toMatchObject({ verdict: 'moved' });
  });
  it('compares a length of time with a recorded fact, and asks only for one that is not recorded', () => {
    const asks = draft([row('old', { 'since.registered': { gte: { fact: 'fields.term' } } }, { unit: 'police' })]);
    const facts = { 'since.registered': '2026-03-01T23:00:00.000Z' };
    expect(rejudge(asks, past({ facts: { ...facts, 'fields.term': '2h' } }))).toMatchObject({ verdict: 'moved' });
    expect(rejudge(asks, past({ facts: { ...facts, 'fields.term': '3h' } }))).toMatchObject({ verdict: 'same' });
    expect(rejudge(asks, past({ facts }))).toMatchObject({ verdict: 'undecidable', missing: ['fields.term'] });
  });
  it('goes to nobody where no row holds and there is no fallback; another table is not judged', () => {
    expect(rejudge({ tables: { t: { rules: [] } } }, past({}))).toMatchObject({ verdict: 'moved', would: {} });
    expect(rejudge({ tables: { u: { rules: [] } } }, past({}))).toBeUndefined();
  });
});
