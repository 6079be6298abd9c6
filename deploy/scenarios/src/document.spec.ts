import { describe, expect, it } from '@jest/globals';
import { documentOf } from './document.js';
import { type PackToPlay } from './packs.js';
import { withResults } from './played.js';
import { printed } from './report.js';
import { type Verdict } from './verdict.js';

const pack = (key: string, ...scenarios: string[]): PackToPlay =>
  ({ key, json: { pack: { names: { 'zh-CN': key, en: key } } }, scenarios: scenarios.map((s) => ({ key: s })) }) as never;
const ended = (p: PackToPlay, ...verdicts: Verdict[]): Parameters<typeof withResults>[1][number] => ({
  pack: p,
  scenarios: verdicts.map((verdict, i) => ({ key: p.scenarios[i]?.key ?? '', verdict })),
});
const passed: Verdict = { kind: 'passed' };
const pending: Verdict = { kind: 'pending', step: 3, needs: ['IN-20'], why: 'files' };
const failed: Verdict = {
  kind: 'failed',
  failures: [{ step: 4, text: '{"mail":"late","times":1}', difference: 'expected 1 such mails; got 0' }],
};

describe('what is known of the packs', () => {
  const one = pack('p01', 'a', 'b');
  const two = pack('p02', 'c', 'd', 'e');

  it('keeps what was found of the packs that a run did not play, each with the commit it was played on', () => {
    const before = withResults({}, [ended(one, passed, failed), ended(two, passed, pending, passed)], 'aaaa');
    const after = withResults(before, [ended(one, passed, passed)], 'bbbb');
    const text = documentOf([one, two], after);
    expect(text).toContain('| [p01](packs/p01.svg) | p01 | p01 | 2 of 2 |  |  |  | bbbb |');
    expect(text).toContain('| [p02](packs/p02.svg) | p02 | p02 | 2 of 3 |  | IN-20 ×1 |  | aaaa |');
    expect(text).toContain('2 packs, 1 of them whole; 4 scenarios passed, 0 failed, 1 pending, 0 not played.');
  });

  it('counts a scenario that was written since as not played and names the steps that failed', () => {
    const text = documentOf([pack('p01', 'a', 'b', 'new')], withResults({}, [ended(one, passed, failed)], 'aaaa'));
    expect(text).toContain('| 1 of 3 | 1 |  | 1 | aaaa |');
    expect(text).toContain('- p01 `b`: step 5');
    expect(text).toContain('1 packs, 0 of them whole');
  });

  it('prints a failure with its step, what was expected and what was there', () => {
    expect(printed(ended(one, passed, failed))).toBe(
      'p01: 1 of 2 passed, 1 failed, 0 pending\n  b, step 5, {mail: "late", times: 1}: expected 1 such mails; got 0',
    );
  });
});
