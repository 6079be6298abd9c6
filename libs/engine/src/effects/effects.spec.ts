import { dispatch } from '@gongdan/contracts';
import { Directory, type DirectoryRows, WEEKDAYS } from '@gongdan/directory';
import { plusMs } from '@gongdan/kernel';
import { type Action, type FormField, type PackFormat2 } from '@gongdan/packs/format2';
import { describe, expect, it } from '@jest/globals';
import { wake } from '../decide/react.js';
import { act, code, later, n, names, open, packWith } from '../laws/small-pack.suite.js';
import { view } from '../laws/small-world.suite.js';
import { type Case, leadOf, openTasks } from '../model/case.js';
import { type View } from '../model/env.js';

const MINUTE = 60_000;
const after = (minutes: number): string => plusMs(later, minutes * MINUTE);

describe('limits', () => {
  // `note` is limited; `move` goes on to the unit west, `back` to east, `end` and `again` close and reopen the case.
  const pack = (limit: Action['limit']) =>
    packWith({
      actions: {
        note: { on: ['work', 'next'], by: { role: 'director' }, limit },
        move: { on: 'work', by: { role: 'director' }, do: [{ go: 'next' }] },
        back: { on: 'next', by: { role: 'director' }, do: [{ go: 'work' }] },
        end: { on: ['work', 'next'], by: { role: 'director' }, do: [{ go: 'closed' }] },
        again: { on: 'closed', by: { role: 'director' }, do: [{ go: 'work' }] },
      } as Record<string, Partial<Action>>,
    });
  it.each([
    ['per case, also after a reopening', { times: 2, per: 'case' }, 'note end again note end again note', 'dispatch/limit'],
    ['per run: a reopening begins anew', { times: 1, per: 'run' }, 'note end again note', undefined],
    ['per run, whatever unit holds', { times: 1, per: 'run' }, 'note move note', 'dispatch/limit'],
    ['per task: the next task begins anew', { times: 1, per: 'task' }, 'note move note', undefined],
    ['per task', { times: 1, per: 'task' }, 'note note', 'dispatch/limit'],
    ['per unit: another unit begins anew', { times: 1, per: 'unit' }, 'note move note', undefined],
    ['per unit, also when the case comes back to it', { times: 1, per: 'unit' }, 'note move note back note', 'dispatch/limit'],
    ['per length of time', { times: 1, per: { minutes: 30 } }, 'note +29 note', 'dispatch/limit'],
    ['per length of time, which is over', { times: 1, per: { minutes: 30 } }, 'note +31 note', undefined],
  ] as const)('count %s', (_, limit, sequence, expected) => {
    const p = pack(limit as Action['limit']);
    let [c, minutes] = [open(p), 0];
    const steps = sequence.split(' ');
    const last = steps.pop() ?? '';
    for (const step of steps) {
      if (step.startsWith('+')) minutes += Number(step);
      else c = act(p, c, 'eve', { action: step }, after(minutes)).state;
    }
    const try_ = () => act(p, c, 'eve', { action: last }, after(minutes));
    if (expected === undefined) expect(names(try_())).toEqual(['ticket-advanced']);
    else expect(code(try_)).toMatch(new RegExp(`^${expected}`));
  });

  it.each([{ minutes: 30 }, 'task', 'unit'] as const)('count an action that is named like a property of every object, per %j', (per) => {
    const p = packWith({
      actions: { constructor: { by: { role: 'director' }, limit: { times: 1, per } } } as Record<string, Partial<Action>>,
    });
    const once = act(p, open(p), 'eve', { action: 'constructor' }).state;
    expect(code(() => act(p, once, 'eve', { action: 'constructor' }, after(1)))).toBe('dispatch/limit-reached');
  });

  it.each(['task', 'unit'] as const)('count per run what is done without a task and by nobody of a unit, per %s', (per) => {
    const p = packWith({
      actions: {
        call: { on: 'case', phase: 'any', by: { role: 'director' }, limit: { times: 1, per } },
        end: { by: { role: 'director' }, do: [{ go: 'closed' }] },
        again: { on: 'closed', by: { role: 'director' }, do: [{ go: 'work' }] },
      } as Record<string, Partial<Action>>,
    });
    let c = act(p, open(p), 'eve', { action: 'call' }).state;
    expect(code(() => act(p, c, 'eve', { action: 'call' }, after(1)))).toBe('dispatch/limit-reached');
    for (const action of ['end', 'again']) c = act(p, c, 'eve', { action }, after(2)).state;
    expect(names(act(p, c, 'eve', { action: 'call' }, after(3)))).toEqual(['ticket-advanced']);
  });

  it('do something else when they are reached and say what', () => {
    const p = pack({ times: 1, per: 'case', else: [{ go: 'dropped' }] } as Action['limit']);
    const once = act(p, open(p), 'eve', { action: 'note' }).state;
    expect(act(p, once, 'eve', { action: 'note' }, after(1)).state).toMatchObject({ phase: 'closed', step: 'dropped' });
  });
});

describe('a form that says until when', () => {
  const type = (name: string) => dispatch.CASE_EVENTS.find((t) => t.name === name);
  const pack = (until: FormField['type'], sleeps = false): PackFormat2 => ({
    ...packWith({
      steps: { later: { state: 'suspended', holder: { waitsFor: 'customer' } } },
      actions: {
        wait: { form: 'until', do: sleeps ? [{ sleep: { until: { fact: 'input.until' } } }] : [{ go: 'later' }] },
      } as Record<string, Partial<Action>>,
    }),
    forms: { until: { fields: { until: { names: n('until'), type: until } } } },
  });
  const told = (p: PackFormat2, until: string, name: string): unknown => {
    const found = act(p, open(p), 'ann', { action: 'wait', input: { until } }).events.find((e) => e.name === name);
    expect(type(name)?.schema.safeParse(found?.data).error?.issues).toBeUndefined();
    return (found?.data as { until?: string } | undefined)?.until;
  };

  // The zone of the pack is Asia/Shanghai.
  it.each([
    ['instant', '2026-03-05T10:00:00+08:00', '2026-03-05T02:00:00.000Z'],
    ['date', '2026-03-05', '2026-03-04T16:00:00.000Z'],
  ] as const)('tells the %s as an instant, when the case waits and when the task sleeps', (of, until, instant) => {
    expect(told(pack(of), until, 'dispatch.ticket-suspended')).toBe(instant);
    expect(told(pack(of, true), until, 'dispatch.task-slept')).toBe(instant);
  });

  it('is refused when a task cannot sleep until then', () => {
    for (const until of ['soon', '2026-03-01', '2026-02-30'])
      expect([until, code(() => act(pack('text', true), open(pack('text', true)), 'ann', { action: 'wait', input: { until } }))]).toEqual([until, 'dispatch/until-past']); // prettier-ignore
  });
});

describe('requests', () => {
  it('tell sla an instant where a form says a length of time, and leave a date to the zone of the clock', () => {
    const extend = { extend: { clock: 'resolve', until: { fact: 'input.until' } } };
    const asked = (until: FormField['type'], value: string): unknown => {
      const p: PackFormat2 = {
        ...packWith({ actions: { ask: { form: 'until', do: [extend] } } as Record<string, Partial<Action>> }),
        forms: { until: { fields: { until: { names: n('until'), type: until } } } },
      };
      return act(p, open(p), 'ann', { action: 'ask', input: { until: value } }).events.find((e) => e.name === 'dispatch.request-asked')
        ?.data;
    };
    expect(asked('duration', '2h')).toMatchObject({ body: { clock: 'resolve', until: after(120) } });
    expect(asked('instant', '2026-03-05T10:00:00+08:00')).toMatchObject({ body: { until: '2026-03-05T02:00:00.000Z' } });
    expect(asked('date', '2026-03-05')).toMatchObject({ body: { until: '2026-03-05' } });
  });

  it('of one decision have different ids, also when the case has forgotten older ones meanwhile', () => {
    const link = { link: { kind: 'child', to: { fact: 'ticket.unit' } } };
    const p = packWith({ actions: { ask: { do: [link, link, link] } } as Record<string, Partial<Action>> });
    const answered = (i: number): Case['requests'][number] => ({ id: `r${i}`, kind: 'link', cause: 'ask', state: 'done' });
    for (const before of [0, 16, 17, 30]) {
      const c = { ...open(p), requests: Array.from({ length: before }, (_, i) => answered(i)) };
      const { events } = act(p, c, 'ann', { action: 'ask' });
      const ids = events.filter((e) => e.name === 'dispatch.request-asked').map((e) => (e.data as { id: string }).id);
      expect([before, new Set(ids).size]).toEqual([before, 3]);
    }
  });
});

describe('groups', () => {
  const pack = (group: object) =>
    packWith({
      actions: {
        ask: { do: [{ open: { group: 'approval', tasks: [{ step: 'sign' }, { step: 'sign' }], then: [{ go: 'next' }], refused: [{ go: 'dropped' }], ...group } }] },
        approve: { on: 'sign', by: 'holder', do: [{ end: 'approved' }] },
        refuse: { on: 'sign', by: 'holder', do: [{ end: 'refused' }] },
      } as Record<string, Partial<Action>>,
    }); // prettier-ignore
  it.each([
    ['in parallel, all: every one must approve', { order: 'parallel', until: 'all' }, 2, 'approve approve', 'complete', 'next'],
    ['in parallel, all: it waits for the last', { order: 'parallel', until: 'all' }, 2, 'approve', 'open', 'work'],
    ['in parallel, all: the first refusal decides', { order: 'parallel', until: 'all' }, 2, 'approve refuse', 'refused', 'dropped'],
    ['in parallel, any: the first approval decides', { order: 'parallel', until: 'any' }, 2, 'approve', 'complete', 'next'],
    ['in parallel, any: one refusal decides nothing', { order: 'parallel', until: 'any' }, 2, 'refuse', 'open', 'work'],
    ['in parallel, any: refused when nobody is left', { order: 'parallel', until: 'any' }, 2, 'refuse refuse', 'refused', 'dropped'],
    ['in sequence, all: one after the other', { order: 'sequence', until: 'all' }, 1, 'approve approve', 'complete', 'next'],
    [
      'in sequence, all: a refusal ends it before the next is asked',
      { order: 'sequence', until: 'all' },
      1,
      'refuse',
      'refused',
      'dropped',
    ],
    ['in sequence, any: a refusal asks the next', { order: 'sequence', until: 'any' }, 1, 'refuse approve', 'complete', 'next'],
  ] as const)('%s', (_, group, opened, outcomes, state, step) => {
    const p = pack(group);
    let c = act(p, open(p), 'ann', { action: 'ask' }).state;
    expect(openTasks(c).filter((t) => !t.lead)).toHaveLength(opened);
    for (const action of outcomes.split(' ')) {
      const task = openTasks(c).find((t) => !t.lead)?.no;
      c = act(p, c, 'cat', { action, task }).state;
    }
    expect([c.groups[0]?.state, c.step]).toEqual([state, step]);
    // A decided group leaves nobody at work.
    if (state !== 'open') expect(openTasks(c).filter((t) => !t.lead)).toEqual([]);
  });

  it('without a member are complete at once', () => {
    const p = pack({ tasks: [{ step: 'sign', when: { 'class.type': 'no-such-type' } }] });
    expect(act(p, open(p), 'ann', { action: 'ask' }).state).toMatchObject({ step: 'next' });
  });
});

describe('a sleep', () => {
  const pack = (sleep: object) => packWith({ actions: { rest: { do: [{ sleep }] } } as Record<string, Partial<Action>> });
  const rested = (sleep: object): Case => act(pack(sleep), open(pack(sleep)), 'ann', { action: 'rest' }).state;
  const lead = (c: Case) => leadOf(c);
  it.each([
    ['for a length of time', { until: '2h' }, plusMs(later, 120 * MINUTE), undefined],
    ['at the cost of the customer', { until: '30min', waitsFor: 'customer' }, plusMs(later, 30 * MINUTE), 'customer'],
  ] as const)('lasts %s', (_, sleep, until, waitsFor) => {
    expect(lead(rested(sleep))).toMatchObject({ sleepsUntil: until, sleeps: 1 });
    expect(lead(rested(sleep))?.holder.waitsFor).toBe(waitsFor);
  });

  it('ends once, gives the time back to the holder and is told', () => {
    const sleep = { until: '30min', waitsFor: 'customer' };
    const [p, c] = [pack(sleep), rested(sleep)];
    const due = { task: lead(c)?.no ?? 0, sleeps: 1 };
    const woken = wake(p, view, c, due, after(30), { decisions: 1 });
    expect(woken && names(woken)).toEqual(['ticket-resumed', 'task-woke']);
    expect(woken && lead(woken.state)?.holder).toEqual({ unit: 'east' });
    expect(woken && wake(p, view, woken.state, due, after(31), { decisions: 1 })).toBeUndefined();
  });

  it('goes back to the pool of the unit while the holder is on shift in another of his units only', () => {
    const hours = (span: string): object => ({ shift: Object.fromEntries(WEEKDAYS.map((day) => [day, [span]])) });
    const staff = (east: object): View => ({ ...view, directory: Directory.of({
      units: ['east', 'west'].map((key) => ({ key, names: n(key), zone: 'UTC' })),
      people: [{ id: 'ann', name: 'ann' }],
      memberships: [{ person: 'ann', unit: 'east', roles: ['handler'], ...east }, { person: 'ann', unit: 'west', roles: ['handler'] }],
      deputies: [],
      presence: [],
    } as unknown as DirectoryRows) }); // prettier-ignore
    const p = packWith({
      actions: { rest: { do: [{ assign: 'self' }, { sleep: { until: '30min' } }] } } as Record<string, Partial<Action>>,
    });
    const c = act(p, open(p), 'ann', { action: 'rest' }).state;
    const due = { task: lead(c)?.no ?? 0, sleeps: 1 };
    const holderAfter = (east: object) => lead(wake(p, staff(east), c, due, after(30), { decisions: 1 })?.state ?? c)?.holder;
    expect(holderAfter(hours('20:00-21:00'))).toEqual({ unit: 'east' });
    expect(holderAfter(hours('00:00-23:59'))).toEqual({ unit: 'east', person: 'ann' });
  });

  it('is another sleep when it is begun again, so that the point of the first does not end it', () => {
    const sleep = { until: '2h' };
    const p = pack(sleep);
    const again = act(p, rested(sleep), 'ann', { action: 'rest' }, after(60)).state;
    const task = lead(again)?.no ?? 0;
    expect(wake(p, view, again, { task, sleeps: 1 }, after(120), { decisions: 1 })).toBeUndefined();
    expect(wake(p, view, again, { task, sleeps: 2 }, after(180), { decisions: 1 })).toBeDefined();
  });
});

describe('a class', () => {
  const levels = { levels: [{ depth: 1, by: ['leader'] }] };
  const conversions = { conversions: { advice: ['complaint'] } };
  const pack = (classify: object, catalogue: object) =>
    packWith({ catalogue, actions: { change: { by: 'unit', do: [{ classify }] } } as Record<string, Partial<Action>> });
  const change = (classify: object, catalogue: object, who = 'ann') => {
    const p = pack(classify, { conversions: undefined, ...catalogue });
    return act(p, open(p), who, { action: 'change' });
  };
  it.each([
    ['a new type, when the catalogue lists no conversions', { type: 'advice' }, {}, { type: 'advice' }],
    ['the priority of the matrix with a new urgency', { urgency: 'high', impact: 'low' }, {}, { urgency: 'high', priority: 'urgent' }],
    ['a named priority before that of the matrix', { urgency: 'high', impact: 'low', priority: 'ordinary' }, {}, { priority: 'ordinary' }],
  ] as const)('takes %s', (_, classify, catalogue, expected) => {
    expect(change(classify, catalogue).state.class).toMatchObject(expected);
  });

  it('tells from what to what, and nothing when nothing changed', () => {
    const changed = change({ type: 'advice' }, {});
    expect(changed.events).toMatchObject([
      { name: 'dispatch.ticket-advanced', data: { action: 'change' } },
      { name: 'dispatch.ticket-classified', data: { from: { type: 'complaint' }, to: { type: 'advice' } } },
    ]);
    expect(names(change({ type: 'complaint' }, {}))).toEqual(['ticket-advanced']);
  });

  it.each([
    ['a conversion that is not listed', { type: 'advice' }, conversions, 'dispatch/one-way'],
    ['a word that the catalogue does not have', { category: 'weather' }, {}, 'dispatch/unknown-class'],
    ['a level of the category that is reserved for another role', { category: 'billing' }, levels, 'dispatch/level-reserved'],
  ] as const)('refuses %s', (_, classify, catalogue, expected) => {
    expect(code(() => change(classify, catalogue))).toBe(expected);
  });

  it('takes a reserved level from who has the role', () => {
    expect(change({ category: 'billing' }, levels, 'bob').state.class).toMatchObject({ category: 'billing' });
  });
});
