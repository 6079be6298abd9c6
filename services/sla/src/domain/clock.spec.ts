import { describe, expect, it } from '@jest/globals';
import { compileCalendar } from '@gongdan/business-time';
import { type EventDraft } from '@gongdan/contracts';
import { plusMs } from '@gongdan/kernel';
import { cancel, type Clock, type ClockState, fire, may, moves, pause, resume, start, stop } from './clock.js';
import { type Counting, DUE } from './promise.js';

const H = 3_600_000;
const T0 = '2026-03-02T01:00:00.000Z';
const at = (hours: number): string => plusMs(T0, hours * H);
const always: Counting = { kind: 'hours', calendar: compileCalendar({ key: 'always', zone: 'Asia/Shanghai', hours: 'always' }) };
const fixed: Counting = { ...always, kind: 'fixed' };

/** Started at hour 0, due at hour 10, around the clock. */
const started = (before?: Clock): Clock =>
  start(before, { org: 'acme', ticketId: 't', key: 'reply', run: 2, kind: 'hours', calendar: undefined, dueAt: at(10), whole: 10 * H }, T0)
    .state;
const pausedAt = (hours: number): Clock => pause(started(), always, at(hours)).state;
const namesOf = (events: readonly EventDraft[]): string[] => events.map((e) => e.name.slice(4));
const dataOf = (events: readonly EventDraft[], name: string): unknown => events.find((e) => e.name === `sla.${name}`)?.data;

describe('may', () => {
  const states = Object.keys(moves) as (keyof typeof moves)[];
  const legal = new Set([
    'none running',
    'running paused',
    'running stopped',
    'running cancelled',
    'paused running',
    'paused stopped',
    'paused cancelled',
    'stopped running',
    'cancelled running',
  ]);
  const cases = states.flatMap((from) =>
    states.filter((to): to is ClockState => to !== 'none').map((to) => [from, to, legal.has(`${from} ${to}`)] as const),
  );

  it.each(cases)('answers whether a clock may move from %s to %s: %s', (from, to, allowed) => {
    expect(may(from === 'none' ? undefined : from, to)).toBe(allowed);
  });
});

describe('start', () => {
  it('publishes the start, the due instant and the calendar', () => {
    const d = start(
      undefined,
      { org: 'acme', ticketId: 't', key: 'reply', run: 2, kind: 'hours', calendar: 'office', dueAt: at(10), whole: 10 * H },
      T0,
    );
    expect(d.events).toMatchObject([
      {
        name: 'sla.clock-started',
        org: 'acme',
        ticketId: 't',
        occurredAt: T0,
        data: { clock: 'reply', gen: 1, kind: 'hours', calendar: 'office', startedAt: T0, dueAt: at(10) },
      },
    ]);
  });

  it('begins a new generation after an end, without warnings and breach', () => {
    const over = stop({ ...started(), warned: ['w'], gen: 4 }, at(20)).state;
    expect(started(over)).toMatchObject({
      gen: 5,
      state: 'running',
      warned: [],
      breachedAt: undefined,
      endedAt: undefined,
      outcome: undefined,
      pausedMs: 0,
    });
  });
});

describe('pause and resume', () => {
  it('a pause and a resumption keep what is left, each as a new generation', () => {
    const waiting = pause(started(), always, at(4));
    expect(namesOf(waiting.events)).toEqual(['clock-paused']);
    expect(waiting.state).toMatchObject({ gen: 2, state: 'paused', left: 6 * H, pausedAt: at(4) });
    const again = resume(waiting.state, always, at(30));
    expect(namesOf(again.events)).toEqual(['clock-resumed']);
    expect(again.state).toMatchObject({ gen: 3, state: 'running', dueAt: at(36), sinceAt: at(30), pausedMs: 26 * H, left: undefined });
    expect(resume(pause(again.state, always, at(31)).state, always, at(41)).state).toMatchObject({
      gen: 5,
      dueAt: at(46),
      pausedMs: 36 * H,
    });
  });

  it('a pause and a resumption keep the warnings that were published', () => {
    const warned = fire(started(), { key: 'w', at: at(8) }, at(8)).state;
    expect(resume(pause(warned, always, at(9)).state, always, at(20)).state.warned).toEqual(['w']);
  });

  it('a pause after the due instant publishes the breach first, and the due instant then stays', () => {
    const late = pause(started(), always, at(11));
    expect(namesOf(late.events)).toEqual(['clock-breached', 'clock-paused']);
    expect(resume(late.state, always, at(20)).state).toMatchObject({ dueAt: at(10), breachedAt: at(10) });
  });

  it('a pause and a resumption do not move a due instant that came with the ticket', () => {
    expect(resume(pause(started(), fixed, at(4)).state, fixed, at(8)).state.dueAt).toBe(at(10));
  });
});

describe('stop', () => {
  const table: [string, Clock, number, 'met' | 'breached', string[]][] = [
    ['before the due instant', started(), 9, 'met', ['clock-stopped']],
    ['at the due instant', started(), 10, 'met', ['clock-stopped']],
    [
      'a millisecond after the due instant, before the breach was fired',
      started(),
      10 + 1 / H,
      'breached',
      ['clock-breached', 'clock-stopped'],
    ],
    ['after the due instant, after the breach was fired', { ...started(), breachedAt: at(10) }, 12, 'breached', ['clock-stopped']],
    [
      'from before the due instant that arrives after the breach was fired',
      { ...started(), breachedAt: at(10) },
      9,
      'met',
      ['clock-stopped'],
    ],
    ['of a clock that was paused in time, long after the due instant', pausedAt(9), 100, 'met', ['clock-stopped']],
    ['of a clock that was paused too late', pausedAt(11), 100, 'breached', ['clock-stopped']],
  ];
  it.each(table)('decides the outcome of a stop %s by its instant', (_, clock, hours, outcome, events) => {
    const d = stop(clock, at(hours));
    expect(namesOf(d.events)).toEqual(events);
    expect(d.state).toMatchObject({ state: 'stopped', outcome, endedAt: at(hours), gen: clock.gen });
    expect(dataOf(d.events, 'clock-stopped')).toMatchObject({ startedAt: T0, stoppedAt: at(hours), dueAt: at(10), outcome });
  });

  it('keeps the instant of a published breach when the outcome is met', () => {
    expect(stop({ ...started(), breachedAt: at(10) }, at(9)).state).toMatchObject({ outcome: 'met', breachedAt: at(10) });
  });

  it('adds the pause that it ends', () => {
    expect(stop(pausedAt(4), at(9)).state.pausedMs).toBe(5 * H);
  });

  it('publishes the true due instant with a breach that was not fired', () => {
    expect(dataOf(stop(started(), at(12)).events, 'clock-breached')).toMatchObject({ dueAt: at(10), firedAt: at(12) });
  });
});

describe('cancel', () => {
  it.each([
    ['in time', started(), 4, ['clock-cancelled']],
    ['while the clock is paused in time', pausedAt(4), 40, ['clock-cancelled']],
    ['after the due instant, before the breach was fired', started(), 11, ['clock-breached', 'clock-cancelled']],
    ['after the due instant, after the breach was fired', { ...started(), breachedAt: at(10) }, 11, ['clock-cancelled']],
  ] as [string, Clock, number, string[]][])('publishes what it must when it comes %s', (_, clock, hours, events) => {
    const d = cancel(clock, at(hours));
    expect(namesOf(d.events)).toEqual(events);
    expect(d.state).toMatchObject({ state: 'cancelled', endedAt: at(hours), outcome: undefined });
  });
});

describe('fire', () => {
  it('publishes a warning with its own instant and that of firing, and keeps it', () => {
    const d = fire(started(), { key: 'eighty', at: at(8) }, at(9));
    expect(d.events).toMatchObject([
      {
        name: 'sla.clock-warned',
        occurredAt: at(8),
        data: { threshold: 'eighty', gen: 1, warnedFor: at(8), firedAt: at(9), dueAt: at(10) },
      },
    ]);
    expect(d.state.warned).toEqual(['eighty']);
  });

  it('publishes a breach with its own instant and that of firing', () => {
    const d = fire(started(), { key: DUE, at: at(10) }, at(50));
    expect(d.events).toMatchObject([{ name: 'sla.clock-breached', occurredAt: at(10), data: { dueAt: at(10), firedAt: at(50) } }]);
    expect(d.state.breachedAt).toBe(at(10));
  });

  it('gives a breach the same id whether it is fired or published by a stop, and a warning one id per generation', () => {
    const id = (d: { events: readonly EventDraft[] }): string | undefined => d.events[0]?.id;
    expect(id(fire(started(), { key: DUE, at: at(10) }, at(50)))).toBe(id(stop(started(), at(12))));
    const warning = { key: 'w', at: at(8) };
    expect(id(fire(started(), warning, at(8)))).toBe(id(fire(started(), warning, at(9))));
    expect(id(fire(started(), warning, at(8)))).not.toBe(id(fire({ ...started(), gen: 3 }, warning, at(8))));
    expect(id(fire(started(), warning, at(8)))).not.toBe(id(fire(started(), { key: 'v', at: at(8) }, at(8))));
  });
});
