import { describe, expect, it } from '@jest/globals';
import { duesAfter, nearest } from './due-clocks.js';

const [nine, ten] = ['2026-03-02T09:00:00.000Z', '2026-03-02T10:00:00.000Z'];
const event = (name: string, clock: string, dueAt?: string) => ({ name: `sla.clock-${name}`, data: { clock, ...(dueAt && { dueAt }) } });

describe('the deadlines of a case', () => {
  it.each([
    ['started', { a: nine }, { a: nine, b: ten }],
    ['resumed', { b: nine }, { b: ten }],
    ['extended', { b: nine }, { b: ten }],
    ['breached', {}, { b: ten }],
    ['paused', { a: nine, b: nine }, { a: nine }],
    ['stopped', { b: nine }, {}],
    ['cancelled', { a: nine }, { a: nine }],
  ])('after a clock has %s', (name, before, after) => {
    expect(duesAfter(before, event(name, 'b', name === 'cancelled' ? undefined : ten), 1)).toEqual(after);
  });

  it('a late event of an earlier run ends a clock and sets no deadline', () => {
    const late = (name: string) => ({ name: `sla.clock-${name}`, data: { clock: 'b', dueAt: ten, run: 1 } });
    for (const name of ['started', 'resumed', 'extended', 'warned', 'breached']) {
      expect([duesAfter({}, late(name), 2), duesAfter({ b: nine }, late(name), 2)]).toEqual([{}, { b: nine }]);
      expect(duesAfter({ b: nine }, late(name), 1)).toEqual({ b: ten });
    }
    for (const name of ['paused', 'stopped', 'cancelled']) expect(duesAfter({ a: nine, b: nine }, late(name), 2)).toEqual({ a: nine });
  });

  it('the nearest one counts, and none when no clock runs', () => {
    expect([nearest({ a: ten, b: nine }), nearest({})]).toEqual([nine, undefined]);
  });
});
