import { describe, expect, it } from '@jest/globals';
import { mistakesAfter } from '../lost-property.js';

const ASKS = 'form: handover\n    when: { tasks.sign-off.outcome: approved }';

describe('a step whose ways on ask for the outcome of a side task', () => {
  it('is a mistake when a case can come there without that task', () => {
    expect(
      mistakesAfter('process', ['form: handover', ASKS], ['  answer:\n', '  short-cut:\n    names: { zh-CN: 直接交还, en: Short cut }\n    on: searching\n    by: holder\n    do: [{ go: handing-over }]\n  answer:\n']), // prettier-ignore
    ).toMatch(
      /actions\/hand-over\/when\/tasks\.sign-off\.outcome: a case can come to handing-over without a task of step sign-off \(short-cut: searching -> handing-over\), and every way on asks for tasks\.sign-off\.outcome; open it on that way, too, or add a way without it/,
    );
  });
  it('is none when a way without the task goes on', () => {
    expect(
      mistakesAfter(
        'process',
        ['form: handover', ASKS],
        ['  answer:\n', '  short-cut:\n    names: { zh-CN: 直接交还, en: Short cut }\n    on: searching\n    by: holder\n    do: [{ go: handing-over }]\n  put-back:\n    names: { zh-CN: 放回, en: Put back }\n    on: handing-over\n    by: holder\n    do: [{ go: waiting }]\n  answer:\n'], // prettier-ignore
      ),
    ).not.toMatch(/a case can come to/);
  });
});
