import { describe, expect, it } from '@jest/globals';
import { plusMs } from '@gongdan/kernel';
import { answered } from '../decide/answered.js';
import { type HeardEvent, react, type Reacted } from '../decide/react.js';
import { type Case } from '../model/case.js';
import { act, heard, later, names, open, packWith, signing } from './small-pack.suite.js';
import { view } from './small-world.suite.js';

// engine.md 9: a reaction to another service's event runs only while the run and task that event names are current and open, unless it says `late: true`.

const pack = packWith({
  actions: {
    finish: { do: [{ go: 'closed' }] },
    'ask-and-finish': { do: [{ extend: { clock: 'resolve', by: '2h' } }, { go: 'closed' }] },
    again: { on: 'closed', by: { role: 'supervisor' }, do: [{ go: 'work' }] },
    'ask-again': { on: 'closed', by: { role: 'supervisor' }, do: [{ extend: { clock: 'resolve', by: '2h' } }, { go: 'work' }] },
    hurry: { when: { 'clock.resolve.breached': true } },
    propose: { do: signing({ order: 'parallel' }) },
    approve: { on: 'sign', do: [{ end: 'yes' }] },
  },
  reactions: {
    usual: { on: ['sla.clock-breached', 'dispatch.request-answered'], do: [{ set: { usual: 'x' } }] },
    anyway: { on: ['sla.clock-breached', 'dispatch.request-answered'], late: true, do: [{ set: { anyway: 'x' } }] },
  },
});
const hears = (c: Case, over: Partial<HeardEvent>): Reacted => react(pack, view, c, heard(over), later, { decisions: 1 });
const clock = (name: string, run: number | undefined, more: object = {}): Partial<HeardEvent> => ({
  name: `sla.clock-${name}`,
  data: { clock: 'resolve', dueAt: plusMs(later, 3_600_000), ...more },
  ...(run === undefined ? {} : { run }),
});
const closed = (first = 'finish'): Case => act(pack, open(pack), 'ann', { action: first }).state;
const reopened = (first = 'finish', then = 'again'): Case => act(pack, closed(first), 'dan', { action: then }).state;
const over = [{ reaction: 'usual', why: 'over' }];

describe('an event that names an earlier run', () => {
  it('runs the reactions that say late and skips the others', () => {
    const { state, skipped } = hears(reopened(), clock('breached', 1));
    expect([state.run, state.fields, skipped]).toEqual([2, { anyway: 'x' }, over]);
  });
  it('runs every reaction while its run is the newest one, on a closed case too', () => {
    for (const c of [open(pack), closed()]) {
      const { state, skipped } = hears(c, clock('breached', 1));
      expect([state.fields, skipped]).toEqual([{ usual: 'x', anyway: 'x' }, []]);
    }
  });
  it('spends the limit of the earlier runs and not that of the present one', () => {
    const once = packWith({
      actions: { finish: { do: [{ go: 'closed' }] }, again: { on: 'closed', by: { role: 'supervisor' }, do: [{ go: 'work' }] } },
      reactions: { late: { on: 'sla.clock-breached', late: true, limit: { times: 1, per: 'run' }, do: [] } } as never,
    });
    const ended = act(once, open(once), 'ann', { action: 'finish' }).state;
    let c = act(once, ended, 'dan', { action: 'again' }).state;
    const skipped = (run: number): unknown => {
      const done = react(once, view, c, heard(clock('breached', run)), later, { decisions: 1 });
      c = done.state;
      return done.skipped.map((s) => s.why);
    };
    expect([skipped(1), skipped(1), skipped(2), skipped(2)]).toEqual([[], ['limit'], [], ['limit']]);
  });
  it('leaves the clock of the present run alone', () => {
    const second = hears(reopened(), clock('started', 2)).state;
    expect(second.heard.clocks['resolve']).toEqual({ state: 'running', dueAt: plusMs(later, 3_600_000), run: 2 });
    for (const name of ['breached', 'paused', 'resumed', 'stopped', 'cancelled', 'extended', 'warned', 'started'])
      expect(hears(second, clock(name, 1, { dueAt: later })).state.heard).toEqual(second.heard);
    expect(() => act(pack, hears(second, clock('breached', 1)).state, 'ann', { action: 'hurry' })).toThrow();
  });
});

describe('a condition about a clock', () => {
  const hurried = (c: Case): string[] => names(act(pack, c, 'ann', { action: 'hurry' }));
  it('sees the clocks of the present run only', () => {
    const first = hears(open(pack), clock('breached', 1)).state;
    expect(hurried(first)).toEqual(['ticket-advanced']);
    const c = act(pack, act(pack, first, 'ann', { action: 'finish' }).state, 'dan', { action: 'again' }).state;
    expect(() => hurried(c)).toThrow();
    expect(hurried(hears(hears(c, clock('started', 2)).state, clock('breached', 2)).state)).toEqual(['ticket-advanced']);
  });
  it('sees a clock whose events name no run in every run', () => {
    const first = hears(open(pack), clock('breached', undefined)).state;
    const c = act(pack, act(pack, first, 'ann', { action: 'finish' }).state, 'dan', { action: 'again' }).state;
    expect(hurried(c)).toEqual(['ticket-advanced']);
    expect(hears(c, clock('breached', undefined)).skipped).toEqual([]);
  });
});

describe('an event that names a task', () => {
  const asked = act(pack, open(pack), 'ann', { action: 'propose' }).state;
  const [, one = 0, two = 0] = asked.tasks.map((t) => t.no);
  it('runs only the reactions that say late when the task has ended or is not there', () => {
    const ended = act(pack, asked, 'cat', { action: 'approve', task: one }).state;
    for (const task of [one, 99]) expect(hears(ended, { ...clock('breached', 1), task }).skipped).toEqual(over);
    expect(hears(ended, { ...clock('breached', 1), task: two }).skipped).toEqual([]);
  });
});

describe('an answer to a request', () => {
  const answer = (c: Case): Reacted | undefined =>
    answered(pack, view, c, { id: c.requests[0]?.id ?? '', state: 'done', depth: 0 }, later, { decisions: 1 });
  it('is noted in a later run, where only the reactions that say late run', () => {
    const noted = answer(reopened('ask-and-finish'));
    expect(noted?.state.requests).toMatchObject([{ run: 1, state: 'done' }]);
    expect([noted?.events[0]?.name, noted?.state.fields, noted?.skipped]).toEqual(['dispatch.request-answered', { anyway: 'x' }, over]);
  });
  it('runs them all when the action that asked closed the case, or began the present run', () => {
    for (const c of [closed('ask-and-finish'), reopened('finish', 'ask-again')]) {
      expect(c.requests).toMatchObject([{ run: c.run, state: 'pending' }]);
      expect([answer(c)?.state.fields, answer(c)?.skipped]).toEqual([{ usual: 'x', anyway: 'x' }, []]);
    }
  });
});
