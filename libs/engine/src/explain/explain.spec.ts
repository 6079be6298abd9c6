import { readPack } from '@gongdan/packs';
import { loadPack, packFolder } from '@gongdan/packs/files';
import { describe, expect, it } from '@jest/globals';
import { explain, type Explained, replay, withChanges } from './explain.js';
import { type Case } from '../model/case.js';
import { SENTENCES } from './sentences.js';
import { directoryOf } from '../cases.suite.js';

const format1 = loadPack(packFolder('starter'));
const pack = readPack(format1);
const routed: Explained = {
  table: 'main',
  rule: 'billing',
  unit: 'billing',
  facts: { 'class.type': 'complaint', 'class.category': 'billing.refund', 'class.categories': ['billing.refund', 'billing'] },
  candidates: [
    { rule: 'billing', unit: 'billing' },
    { rule: 'fallback', unit: 'review-centre' },
  ],
};

describe('replaying a decision', () => {
  it('gives the same holder from the facts of the record', () => {
    expect(replay(pack, routed)).toBe(true);
  });

  it('says so when the record names another unit or row than its facts give', () => {
    expect(replay(pack, { ...routed, unit: 'network' })).toBe(false);
    expect(replay(pack, { ...routed, facts: { 'class.categories': ['network'], 'class.type': 'complaint' } })).toBe(false);
  });

  it('picks the fit person with the highest score', () => {
    const picked: Explained = {
      rule: 'unit',
      unit: 'billing',
      person: 'b',
      facts: {},
      candidates: [
        { unit: 'billing', person: 'b', score: 3 },
        { unit: 'billing', person: 'a', score: 2 },
        { unit: 'billing', person: 'c', excluded: 'absent' },
      ],
    };
    expect(replay(pack, picked)).toBe(true);
    expect(replay(pack, { ...picked, person: 'a' })).toBe(false);
  });

  it('answers null when the record holds no candidates to decide among', () => {
    expect(replay(pack, { rule: 'keep', unit: 'billing', facts: {}, candidates: [] })).toBeNull();
  });
});

it('has a sentence in both languages for every reason, with the same values', () => {
  for (const [key, said] of Object.entries(SENTENCES)) {
    const values = (text: string): string[] => (text.match(/\{\w+\}/g) ?? []).sort();
    expect([key, values(said['zh-CN'])]).toEqual([key, values(said.en)]);
  }
  const { sentences } = explain(pack, routed, directoryOf(format1), 'zh-CN');
  expect(sentences.every((t) => !t.includes('{'))).toBe(true);
});

it('changes facts in a copy of the case', () => {
  const c = { ticket: { place: { area: 'north' } }, class: { category: 'a' } } as unknown as Case;
  expect(withChanges(pack, c, { 'place.area': 'south', 'class.category': 'b' })).toEqual({
    ticket: { place: { area: 'south' } },
    class: { category: 'b' },
  });
  expect(c.ticket.place).toEqual({ area: 'north' });
});
