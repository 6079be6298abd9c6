import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { packOnDisk } from './packs-on-disk.js';
import { planLines } from './plans.js';
import { Speech } from './texts.js';

describe('gongdan pack plans', () => {
  const { pack } = packOnDisk(fileURLToPath(new URL('../../../../libs/packs/processes/p24-property-patrols', import.meta.url)));
  const after = Date.parse('2026-02-26T16:00:00Z');

  it('lists when each plan occurs next, in the zone of the pack', () => {
    const lines = planLines(pack, new Speech('en'), after, 2);
    expect(lines).toContain('monday-check  Monday check');
    expect(lines.slice(lines.indexOf('monday-check  Monday check') + 1).slice(0, 2)).toEqual([
      '  2026-03-02 10:30 Mon',
      '  2026-03-09 10:30 Mon',
    ]);
    // The last of February is a Saturday that is worked.
    expect(lines.slice(-2)).toEqual(['  2026-02-28 09:30 Sat', '  2026-03-31 09:30 Tue']);
  });

  it('says so when a plan is over and when there is none', () => {
    const [first] = pack.intake.plans ?? [];
    const over = { ...pack, intake: { ...pack.intake, plans: first === undefined ? [] : [{ ...first, to: '2026-02-27' }] } };
    expect(planLines(over, new Speech('zh-CN'), after, 2)).toEqual(['daily-patrol  每日巡查', '  2026-02-27 09:00 周五', '  此后不再发生']);
    expect(planLines({ ...pack, intake: { ...pack.intake, plans: [] } }, new Speech('en'), after, 2)).toEqual(['The pack has no plans.']);
  });
});
