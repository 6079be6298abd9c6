import { describe, expect, it } from '@jest/globals';
import { Speech, speechOf, TEXTS } from './texts.js';

describe('the texts of gongdan pack', () => {
  it('have the same values in both languages, Chinese in the first and none in the second', () => {
    const values = (text: string): string[] => (text.match(/\{\w+\}/g) ?? []).sort();
    for (const [key, [zh, en]] of Object.entries(TEXTS)) {
      expect([key, values(zh)]).toEqual([key, values(en)]);
      if (!/^[^a-z]*\{/.test(zh)) expect([key, /\p{Script=Han}/u.test(zh)]).toEqual([key, true]);
      expect([key, /\p{Script=Han}/u.test(en)]).toEqual([key, false]);
    }
  });
  it('put in values and leave what looks like one but is none', () => {
    expect(new Speech('en').say('check.count', { n: 3 })).toBe('3 mistakes');
    expect(new Speech('zh-CN').say('check.details')).toContain('{folder, file, line, column, pointer, code, rule}');
  });
  it('--lang chooses the language, else the locale of the environment does', () => {
    expect(speechOf(['a', '--lang', 'zh-CN', 'b'], {})).toMatchObject({ speech: { lang: 'zh-CN', chosen: true }, rest: ['a', 'b'] });
    expect(speechOf(['--lang=en'], { LANG: 'zh_CN.UTF-8' })).toMatchObject({ speech: { lang: 'en' }, rest: [] });
    expect(speechOf([], { LANG: 'zh_CN.UTF-8' }).speech).toMatchObject({ lang: 'zh-CN', chosen: false });
    expect(speechOf([], { LANG: 'zh_CN.UTF-8', LC_ALL: 'C' }).speech.lang).toBe('en');
    expect(() => speechOf(['--lang', 'fr'], {})).toThrow('--lang is zh-CN or en');
  });
});
