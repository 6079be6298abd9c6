import { describe, expect, it } from '@jest/globals';
import { plusMs } from '@gongdan/kernel';
import { PackFormat2 } from '@gongdan/packs/format2';
import { advance, type Command } from '../decide/advance.js';
import { actingOf } from '../model/env.js';
import { type Case, leadOf, openTasks } from '../model/case.js';
import { react, wake, withdraw } from '../decide/react.js';
import { repack } from '../decide/repack.js';
import { burns } from '../telling/position.js';
import { type Decided } from '../telling/tell.js';
import { refusal } from '../cases.suite.js';
import { brokenLaws, frozen } from './judge.suite.js';
import { act, code, first, heard, later, names, open, packWith, signing } from './small-pack.suite.js';
import { directory, view } from './small-world.suite.js';

// One test for each law of the engine that is about a single decision; those of law 2 are in performers.spec.ts. Laws 8 (the graph of
// steps) and 10 (work on many tickets) are not rules of a single decision: the pack check and the services defend them.

describe('law 1: one lead while open', () => {
  const pack = packWith({
    actions: { finish: { do: [...signing(), { go: 'closed' }] }, 'watch-over': { do: [...signing({ outlives: true }), { go: 'closed' }] } as never, again: { on: 'closed', by: { role: 'supervisor' }, do: [{ go: 'work' }] } }, // prettier-ignore
  });
  it('a closed case has no lead, and none of its side tasks that were not to outlive it', () => {
    const closed = act(pack, open(pack), 'ann', { action: 'finish' }).state;
    expect([closed.phase, openTasks(closed), closed.groups.map((g) => g.state)]).toEqual(['closed', [], ['void']]);
    const reopened = act(pack, closed, 'dan', { action: 'again' }).state;
    expect([reopened.run, openTasks(reopened).map((t) => [t.step, t.lead])]).toEqual([2, [['work', true]]]);
  });
  it('a closed case keeps the side tasks that were declared to outlive it', () => {
    const closed = act(pack, open(pack), 'ann', { action: 'watch-over' }).state;
    expect(openTasks(closed).map((t) => [t.step, t.lead])).toEqual([['sign', false]]);
  });
});

describe('law 3: exactly one holder burns time', () => {
  const pack = packWith({
    actions: { wait: { do: [...signing({ order: 'parallel' }), { go: 'next', holder: { unit: 'east', waitsFor: { group: 'approval' } } }] }, ask: { do: [{ sleep: { until: '2h', waitsFor: 'customer' } }] } }, // prettier-ignore
    steps: { sign: { side: true, holder: { unit: 'west' } } },
  });
  it('the unit of the lead, the earliest open member of the group it waits for, or the party', () => {
    const c = open(pack);
    expect(burns(c)).toEqual({ unit: 'east' });
    expect(burns(act(pack, c, 'ann', { action: 'wait' }).state)).toEqual({ unit: 'west' });
    expect(burns(act(pack, c, 'ann', { action: 'ask' }).state)).toEqual({ party: 'customer' });
  });
  it('the end of the sleep hands the time back, and it is told', () => {
    const asleep = act(pack, open(pack), 'ann', { action: 'ask' });
    expect(names(asleep)).toContain('ticket-suspended');
    const task = leadOf(asleep.state)?.no ?? 0;
    const woken = wake(pack, view, asleep.state, { task, sleeps: 1 }, plusMs(later, 7_200_000), { decisions: 1 });
    expect([woken?.events.map((e) => e.name), woken && burns(woken.state)]).toEqual([expect.arrayContaining(['dispatch.ticket-resumed', 'dispatch.task-woke']), { unit: 'east' }]); // prettier-ignore
    expect(wake(pack, view, woken?.state ?? asleep.state, { task, sleeps: 1 }, later, { decisions: 1 })).toBeUndefined();
  });
});

describe('law 4: everything or nothing, with the code of the reason', () => {
  const pack = packWith({
    actions: {
      half: { form: 'solution', do: [{ set: { note: 'x' } }, { go: 'back' }] },
      guarded: { when: { 'fields.note': 'x' } },
      once: { limit: { times: 1, per: 'case' } },
    },
  });
  it('a refused decision leaves the case as it was', () => {
    const c = open(pack);
    const before = JSON.stringify(c);
    expect(code(() => act(pack, c, 'ann', { action: 'half', input: { solution: 's' } }))).toBe('dispatch/nothing-before');
    expect(JSON.stringify(c)).toBe(before);
  });
  it('an action, accepted or refused, changes neither the case before nor anything else it was given', () => {
    const all = frozen(
      packWith({
        actions: {
          ...{ accept: { do: [{ assign: 'self' }] }, write: { form: 'solution', do: [{ set: { note: 'x' } }, { classify: { category: 'billing' } }] } },
          ...{ propose: { do: [...signing({ about: ['solution'] }), { go: 'next' }] }, half: { do: [{ assign: 'self' }, { go: 'back' }] } },
          ...{ rest: { do: [{ sleep: { until: '2h', waitsFor: 'customer' } }] }, approve: { on: 'sign', form: 'opinion', do: [{ end: 'yes' }] } },
          ...{ finish: { on: 'any-lead', by: { role: 'handler' }, do: [{ go: 'closed' }] }, again: { on: 'closed', by: { role: 'supervisor' }, do: [{ go: 'work' }] } },
        } as never,
      }),
    ); // prettier-ignore
    let c = frozen(open(all));
    const does = (id: string, action: string, input: Command['input'] = {}): Decided => {
      const actor = frozen(actingOf(directory, { id, roles: [], units: [] }, later));
      return advance(all, view, c, frozen({ action, input }), actor, later, { decisions: 1 });
    };
    expect(code(() => does('ann', 'half'))).toBe('dispatch/nothing-before');
    const steps = [['ann', 'accept'], ['ann', 'rest'], ['ann', 'write', { solution: 's' }], ['ann', 'propose'], ['cat', 'approve', { opinion: 'o', phone: '1' }], ['cat', 'finish'], ['dan', 'again']] as const; // prettier-ignore
    for (const [id, action, input] of steps) c = frozen(does(id, action, input).state);
    expect([c.run, c.fields]).toEqual([2, { solution: 's', note: 'x' }]);
  });
  it('asks who, then step and version, then the form, then guard and limit', () => {
    const c = open(pack);
    expect(code(() => act(pack, c, 'ann', { action: 'nothing' }))).toBe('dispatch/no-such-action');
    expect(code(() => act(pack, c, 'cat', { action: 'half', seen: 9 }))).toBe('dispatch/not-yours');
    expect(code(() => act(pack, c, 'ann', { action: 'half', seen: 9 }))).toBe('dispatch/stale-version');
    expect(code(() => act(pack, c, 'ann', { action: 'half' }))).toBe('dispatch/missing-fields');
    expect(code(() => act(pack, c, 'ann', { action: 'half', input: { other: 1 } }))).toBe('dispatch/unexpected-fields');
    expect(code(() => act(pack, c, 'ann', { action: 'guarded' }))).toBe('dispatch/guard');
    expect(code(() => act(pack, act(pack, c, 'ann', { action: 'once' }).state, 'ann', { action: 'once' }))).toBe('dispatch/limit-reached');
  });
  it('a reaction that is refused changes nothing, and the others still run', () => {
    const reacting = packWith({ reactions: { wrong: { on: 'sla.clock-breached', do: [{ set: { a: 'x' } }, { go: 'back' }] }, right: { on: 'sla.clock-breached', do: [{ set: { b: 'y' } }] } } }); // prettier-ignore
    const { state, skipped } = react(reacting, view, open(reacting), heard(), later, { decisions: 1 });
    expect([state.fields, skipped]).toEqual([{ b: 'y' }, [{ reaction: 'wrong', why: 'refused', code: 'dispatch/nothing-before' }]]);
  });
  it('a withdrawal is never refused, whatever blocks closing', () => {
    const blocked = packWith({ actions: { propose: { do: signing({ blocksClosing: true }) }, finish: { do: [{ go: 'closed' }] } } });
    const c = act(blocked, open(blocked), 'ann', { action: 'propose' }).state;
    expect(code(() => act(blocked, c, 'ann', { action: 'finish' }))).toBe('dispatch/blocked');
    expect(withdraw(blocked, view, c, 'no', later, { decisions: 1 })?.state).toMatchObject({ phase: 'closed', state: 'cancelled' });
  });
});

describe('law 5: a task has a version of its own', () => {
  const pack = packWith({
    actions: {
      note: { on: 'any-lead', form: 'solution' },
      accept: { do: [{ assign: 'self' }] },
      propose: { do: signing({ order: 'parallel' }) },
      approve: { on: 'sign', do: [{ end: 'yes' }] },
    },
  });
  it('what does not touch the task costs nobody a 409', () => {
    const c = open(pack);
    const seen = leadOf(c)?.version;
    const noted = act(pack, c, 'ann', { action: 'note', input: { solution: 's' } }).state;
    expect([leadOf(noted)?.version, noted.version > c.version]).toEqual([seen, true]);
    const taken = act(pack, noted, 'ann', { action: 'accept', seen }).state;
    expect(code(() => act(pack, taken, 'ann', { action: 'accept', seen }))).toBe('dispatch/stale-version');
    expect(leadOf(act(pack, taken, 'ann', { action: 'accept' }).state)?.version).toBe(leadOf(taken)?.version);
  });
  it('two approvers in parallel never collide, two persons on one task do', () => {
    const c = act(pack, open(pack), 'ann', { action: 'propose' }).state;
    const [, one, two] = c.tasks;
    const after = act(pack, c, 'cat', { action: 'approve', task: one?.no, seen: one?.version }).state;
    expect(names(act(pack, after, 'cat', { action: 'approve', task: two?.no, seen: two?.version }))).toContain('group-ended');
    expect(code(() => act(pack, after, 'cat', { action: 'approve', task: one?.no, seen: one?.version }))).toBe('dispatch/task-ended');
  });
});

describe('law 6: the stream tells everything', () => {
  const pack = packWith({
    actions: { propose: { form: 'solution', do: signing() }, approve: { on: 'sign', form: 'opinion', do: [{ end: 'yes' }] } },
  });
  it('versions are gapless, each event has a cause, and what a side task gathered is no field of the case', () => {
    const c = open(pack);
    const proposed = act(pack, c, 'ann', { action: 'propose', input: { solution: 's' } });
    const position = proposed.events.map((e) => (e.data as { case: { version: number } }).case.version);
    expect(position).toEqual(position.map((_, i) => c.version + 1 + i));
    expect(proposed.events.map((e) => (e.data as { cause: unknown }).cause)).toEqual(position.map(() => ({ kind: 'action', key: 'propose', depth: 0 }))); // prettier-ignore
    const approved = act(pack, proposed.state, 'cat', { action: 'approve', input: { opinion: 'ok', phone: '138' } });
    expect(first(approved).changes).toEqual({
      fields: { 'tasks.sign.fields.opinion': 'ok', 'tasks.sign.fields.phone': 'sealed:"138"' },
      sealed: ['tasks.sign.fields.phone'],
    });
    expect([approved.state.fields, approved.state.tasks.find((t) => t.no === 2)?.fields['opinion']]).toEqual([{ solution: 's' }, 'ok']);
  });
});

describe('law 7: reactions count their depth', () => {
  const pack = packWith({ reactions: { hear: { on: 'sla.clock-breached', do: [{ set: { a: 'x' } }], limit: { times: 1, per: 'unit' } } } });
  it('the ninth in one chain is refused', () => {
    const c = open(pack);
    const eighth = react(pack, view, c, heard({ depth: 7 }), later, { decisions: 1 });
    expect(first(eighth).cause).toEqual({ kind: 'reaction', key: 'hear', depth: 8 });
    const ninth = react(pack, view, c, heard({ depth: 8 }), later, { decisions: 1 });
    expect(ninth).toMatchObject({
      state: { fields: {}, done: c.done, version: c.version + 1 },
      events: [{ name: 'dispatch.reaction-refused', data: { reaction: 'hear', code: 'dispatch/chain-too-long', cause: { depth: 9 } } }],
      skipped: [{ why: 'depth' }],
    });
  });
  it('a reaction to a run or a task that is over is skipped, and a limit per unit counts the unit', () => {
    const c = open(pack);
    expect(react(pack, view, c, heard({ run: 2 }), later, { decisions: 1 }).skipped).toEqual([{ reaction: 'hear', why: 'over' }]);
    const once = react(pack, view, c, heard(), later, { decisions: 1 }).state;
    expect(react(pack, view, once, heard(), later, { decisions: 1 }).skipped).toEqual([{ reaction: 'hear', why: 'limit' }]);
    const west = { ...once, tasks: once.tasks.map((t) => ({ ...t, holder: { unit: 'west' } })) };
    expect(react(pack, view, west, heard(), later, { decisions: 1 }).skipped).toEqual([]);
  });
});

describe('law 9: a case finishes on its pack version unless a supervisor moves it', () => {
  it('a case moves to another version where its open steps, groups and fields map, and it is told', () => {
    const one = packWith({ actions: { propose: { form: 'solution', do: signing() } } });
    const c = act(one, open(one), 'ann', { action: 'propose', input: { solution: 's' } }).state;
    const to = (of: PackFormat2): PackFormat2 => ({ ...of, pack: { ...of.pack, version: 2 } });
    const move = (of: PackFormat2): Decided =>
      repack(one, to(of), view, c, actingOf(directory, { id: 'dan', roles: [], units: [] }, later), later, { decisions: 1 });
    const moved = move(one);
    expect([names(moved), moved.state.pack.version, brokenLaws(one, c, moved)]).toEqual([['ticket-repacked'], 2, []]);
    const { sign: _, ...steps } = one.process.steps;
    expect(code(() => move({ ...one, process: { ...one.process, steps } }))).toBe('dispatch/does-not-map');
    expect(code(() => move({ ...one, process: { ...one.process, actions: {} } }))).toBe('dispatch/does-not-map');
    expect(code(() => move({ ...one, forms: {} }))).toBe('dispatch/does-not-map');
  });
  it('the tasks of a group whose turn has not come and what side tasks gathered must map, too', () => {
    const tasks = [{ step: 'sign' }, { step: 'order' }];
    const one = packWith({ actions: { propose: { do: signing({ tasks }) }, think: { on: 'sign', form: 'opinion' } } });
    const proposed = act(one, open(one), 'ann', { action: 'propose' }).state;
    const missing = (c: Case, of: Partial<PackFormat2>): unknown => {
      const to = { ...one, ...of, pack: { ...one.pack, version: 2 } };
      const dan = actingOf(directory, { id: 'dan', roles: [], units: [] }, later);
      return refusal(() => repack(one, to, view, c, dan, later, { decisions: 1 })).details['missing'];
    };
    const { order: _, ...steps } = one.process.steps;
    const without = { ...one.process, steps, actions: { ...one.process.actions } };
    expect(missing(proposed, { process: without })).toEqual(['step order']);
    const thought = act(one, proposed, 'cat', { action: 'think', input: { opinion: 'fine' } }).state;
    expect(missing(thought, { forms: {} })).toEqual(['field opinion of type text']);
  });
});

describe('law 11: nothing continues from a place that is gone', () => {
  const actions = { propose: {}, leave: { do: [{ go: 'next' as const }] }, approve: { on: 'sign', do: [{ end: 'yes' }] } };
  it('what was opened under a lead ends with it as void, and nothing of it fires', () => {
    const pack = packWith({ actions: { ...actions, propose: { do: signing({ then: [{ set: { fired: true } }] }) } } });
    const left = act(pack, act(pack, open(pack), 'ann', { action: 'propose' }).state, 'ann', { action: 'leave' }).state;
    expect([openTasks(left).map((t) => t.step), left.groups.map((g) => [g.state, g.pending.length]), left.fields]).toEqual([['next'], [['void', 0]], {}]); // prettier-ignore
  });
  it('what outlives the lead goes on', () => {
    const pack = packWith({ actions: { ...actions, propose: { do: signing({ outlives: true }) } } });
    const left = act(pack, act(pack, open(pack), 'ann', { action: 'propose' }).state, 'ann', { action: 'leave' }).state;
    expect(openTasks(left).map((t) => t.step)).toEqual(['sign', 'next']);
  });
});

describe('law 12: what was approved is what was seen', () => {
  const pack = packWith({
    actions: {
      propose: { form: 'solution', do: signing({ about: ['solution'] }) },
      change: { form: 'solution' },
      approve: { on: 'sign', do: [{ end: 'yes' }] },
      slip: { on: 'sign', do: [{ end: 'yes' }, { set: { solution: 'other' } }] },
    },
  });
  it('a field that an open group is about is locked, also for whoever ends one of its tasks', () => {
    const c = act(pack, open(pack), 'ann', { action: 'propose', input: { solution: 's' } }).state;
    expect(code(() => act(pack, c, 'ann', { action: 'change', input: { solution: 'other' } }))).toBe('dispatch/field-locked');
    expect(code(() => act(pack, c, 'cat', { action: 'slip' }))).toBe('dispatch/field-locked');
    const once = act(pack, c, 'cat', { action: 'approve' }).state;
    const twice = act(pack, once, 'cat', { action: 'approve' }).state;
    expect(act(pack, twice, 'ann', { action: 'change', input: { solution: 'other' } }).state.fields).toEqual({ solution: 'other' });
  });
});
