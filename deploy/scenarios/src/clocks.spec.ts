import { describe, expect, it } from '@jest/globals';
import { clockDifference, type ClockSeen } from './clocks.js';

const seen = (over: Partial<ClockSeen>): ClockSeen => ({
  clock: 'reply',
  gen: 1,
  state: 'running',
  dueAt: '2026-03-02T02:00:00.000Z',
  breachedAt: null,
  outcome: null,
  ...over,
});

describe('what a scenario expects of a clock', () => {
  it.each([
    ['running', seen({})],
    ['none', undefined],
    ['met', seen({ state: 'stopped', outcome: 'met' })],
    ['breached', seen({ state: 'running', breachedAt: '2026-03-02T02:00:00.000Z' })],
    ['breached', seen({ state: 'stopped', outcome: 'breached', breachedAt: '2026-03-02T02:00:00.000Z' })],
    [{ state: 'running', dueAt: '2026-03-02T10:00:00+08:00', breached: false }, seen({})],
  ] as const)('holds: %j', (want, got) => {
    expect(clockDifference(want, got)).toBeUndefined();
  });
  it.each([
    ['running', undefined, 'state'],
    ['none', seen({}), 'state'],
    ['met', seen({ state: 'stopped', outcome: 'breached' }), 'outcome'],
    ['breached', seen({}), 'breached'],
    [{ dueAt: '2026-03-02T11:00:00+08:00' }, seen({}), 'dueAt'],
    [{ outcome: 'met' }, seen({}), 'outcome'],
  ] as const)('does not hold: %j', (want, got, name) => {
    expect(clockDifference(want, got)?.name).toBe(name);
  });
});
