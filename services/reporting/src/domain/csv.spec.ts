import { describe, expect, it } from '@jest/globals';
import { inertCell } from './csv.js';

describe('inertCell', () => {
  it.each([
    ['=cmd|calc', "'=cmd|calc"],
    ['+86 138', "'+86 138"],
    ['-1', "'-1"],
    ['@sum', "'@sum"],
    ['＝1', "'＝1"],
    ['  =1', "'  =1"],
    ['\t=1', "'\t'=1"],
    ['\rx', "'\rx"],
    ['a;=1', "a;'=1"],
    ['a; =1', "a;' =1"],
    ['a\t+1', "a\t'+1"],
    ['a|@x', "a|'@x"],
    ['a;"=1;b', `a;'"=1;b`],
    ['a; ""@x', `a;' ""@x`],
    ['one\n=2\n=3', "one\n'=2\n'=3"],
  ])('puts an apostrophe before each sign that could begin a formula in %j', (text, cell) => {
    expect(inertCell(text)).toBe(cell);
  });

  it.each(['路灯不亮', 'a = b', '3-4 houses', 'x;y', '"=" and "+"', 'mail me@example.org', ''])('leaves %j as it is', (text) => {
    expect(inertCell(text)).toBe(text);
  });

  it('leaves numbers as they are, and writes nothing for null', () => {
    expect([inertCell(-1.5), inertCell(true), inertCell(null)]).toEqual(['-1.5', 'true', '']);
  });
});
