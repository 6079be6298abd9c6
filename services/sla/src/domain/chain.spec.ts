import { describe, expect, it } from '@jest/globals';
import { sla } from '@gongdan/contracts';
import { followed } from './chain.js';

const at = '2026-03-02T03:00:00.000Z';
const breach = (dueAt: string) =>
  sla.ClockBreached.of({ org: 'a', ticketId: 't', occurredAt: dueAt, data: { clock: 'c', gen: 1, dueAt, firedAt: at } });

describe('the depth of what a clock says', () => {
  it('is that of the chain when the clock was over at its start, and none when it ran', () => {
    const causes = (dueAt: string, depth: number) =>
      followed([breach(dueAt)], { startedAt: at }, depth).map((e) => (e.data as { cause?: unknown }).cause);
    expect(causes('2026-03-02T02:59:00.000Z', 3)).toEqual([{ depth: 3 }]);
    expect(causes(at, 3)).toEqual([{ depth: 3 }]);
    expect(causes('2026-03-02T03:00:00.001Z', 3)).toEqual([undefined]);
    expect(causes('2026-03-02T02:59:00.000Z', 0)).toEqual([undefined]);
  });
});
