import { type Action, type Step } from '@gongdan/packs/format2';
import { describe, expect, it } from '@jest/globals';
import { wake } from '../decide/react.js';
import { act, later, names, open, packWith } from '../laws/small-pack.suite.js';
import { view } from '../laws/small-world.suite.js';
import { leadOf, openTasks } from '../model/case.js';

describe('what follows a group', () => {
  const opens = (more: object) => [{ open: { group: 'approval', tasks: [{ step: 'sign' }], ...more } }];
  const pack = (more: object) =>
    packWith({
      actions: {
        ask: { do: opens(more) },
        sign: { on: 'sign', do: [{ end: 'approved' }] },
        refuse: { on: 'sign', do: [{ end: 'refused' }] },
      } as Record<string, Partial<Action>>,
    });

  it.each([
    ['then', 'sign'],
    ['refused', 'refuse'],
  ])('addresses the lead in %s, and not the side task that ended last', (effects, action) => {
    const p = pack({ [effects]: [{ assign: { unit: 'root' } }, { sleep: { until: '2h', waitsFor: 'customer' } }] });
    const asked = act(p, open(p), 'ann', { action: 'ask' }).state;
    const lead = leadOf(act(p, asked, 'cat', { action }).state);
    expect(lead).toMatchObject({ step: 'work', holder: { unit: 'root', waitsFor: 'customer' }, sleeps: 1 });
  });

  it('ends no task that it does not name', () => {
    const p = pack({ then: [{ end: 'approved' }, { go: 'next' }] });
    const asked = act(p, open(p), 'ann', { action: 'ask' }).state;
    expect(act(p, asked, 'cat', { action: 'sign' }).state).toMatchObject({ phase: 'open', step: 'next' });
  });

  it('leaves nothing unroutable when it moves the lead on from where nobody could hold it', () => {
    const p = packWith({
      actions: {
        ask: {
          do: [
            { open: { group: 'approval', tasks: [{ step: 'sign', when: { 'class.type': 'none' } }], then: [{ go: 'next' }] } },
            { go: 'work', holder: { unit: 'nowhere' } },
          ],
        },
      } as Record<string, Partial<Action>>,
    });
    const asked = act(p, open(p), 'ann', { action: 'ask' });
    expect(leadOf(asked.state)).toMatchObject({ step: 'next', holder: { unit: 'west' } });
    expect(names(asked)).not.toContain('ticket-unroutable');
  });

  it('asks facts about the task of the lead', () => {
    const p = pack({ then: [{ go: 'next', when: { 'task.step': 'work' } }] });
    const asked = act(p, open(p), 'ann', { action: 'ask' }).state;
    expect(act(p, asked, 'cat', { action: 'sign' }).state.step).toBe('next');
  });
});

describe('a lead that waits for a group', () => {
  it('waits on when it wakes, until the group is over', () => {
    const p = packWith({
      steps: { held: { state: 'solution_review', holder: { unit: 'east', waitsFor: { group: 'approval' } } } } as Record<string, Partial<Step>>,
      actions: {
        ask: { do: [{ open: { group: 'approval', tasks: [{ step: 'sign' }], then: [{ go: 'next' }] } }, { go: 'held' }, { sleep: { until: '2h' } }] },
      } as Record<string, Partial<Action>>,
    }); // prettier-ignore
    const asleep = act(p, open(p), 'ann', { action: 'ask' }).state;
    const { no = 0, sleeps = 0, sleepsUntil = later } = leadOf(asleep) ?? {};
    const woken = wake(p, view, asleep, { task: no, sleeps }, sleepsUntil, { decisions: 1 });
    expect(woken?.events.map((e) => e.name)).toEqual(['dispatch.task-woke']);
    expect(leadOf(woken?.state ?? asleep)?.holder).toEqual({ unit: 'east', waitsFor: { group: 'approval' } });
    expect(openTasks(woken?.state ?? asleep)).toHaveLength(2);
  });
});
