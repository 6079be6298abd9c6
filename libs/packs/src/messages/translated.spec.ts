import { describe, expect, it } from '@jest/globals';
import { exampleTexts } from '../check/lost-property.js';
import { readPackTexts } from '../disk/pack-texts.js';
import { MESSAGES, translated } from './translated.js';

describe('the Chinese text of a mistake', () => {
  it.each([
    ['step answred is not declared; did you mean answered?', 'not-declared', '没有声明环节 answred；是不是 answered？'],
    ['fom is not known here; known are a, b', 'unknown-key', '这里不认识 fom；已有的是 a, b'],
    ['{{{colour}}} is not a variable; there are number, name', 'template-variable', '没有 {{{colour}}} 这个变量；可以用 number, name'],
    ['must be one of any-lead, case or is missing (string)', 'one-of', '只能是 any-lead, case，或缺少（string）'],
    ['a choice needs choices: {key: names}', 'needs-choices', 'choice 类型要写 choices: {键: 名称}'],
    [
      'row 2 is never reached: row 1 takes every ticket that it would take; put it above, or narrow row 1',
      'row-hidden',
      '第 2 行永远轮不到：第 1 行已经包括了它的全部工单；请把它移到上面，或收窄第 1 行',
    ],
  ])('tells what was put in: %s', (rule, code, text) => {
    expect(translated(rule)).toEqual({ code, text });
  });
  it('is the English one, with the code other, when no catalogue has it', () => {
    expect(translated('something else')).toEqual({ code: 'other', text: 'something else' });
  });
  it('is there for each message, and no code stands for two', () => {
    const codes = MESSAGES.map(([code]) => code).filter((code) => code !== '');
    expect(codes.filter((code, i) => codes.indexOf(code) !== i)).toEqual([]);
    for (const [code, , zh] of MESSAGES) expect([code, /\p{Script=Han}/u.test(zh)]).toEqual([code, true]);
  });
  it('is there for what is missing in a pack whose parts are empty', () => {
    const texts = exampleTexts();
    for (const file of texts.keys()) texts.set(file, '{}\n');
    const { mistakes } = readPackTexts(texts);
    expect(mistakes.length).toBeGreaterThan(10);
    expect(mistakes.filter((m) => translated(m.rule).code === 'other')).toEqual([]);
  });
});
