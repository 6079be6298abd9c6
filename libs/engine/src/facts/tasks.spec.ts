import { type Action } from '@gongdan/packs/format2';
import { describe, expect, it } from '@jest/globals';
import { act, code, later, open, packWith } from '../laws/small-pack.suite.js';

describe('tasks.<step>.times', () => {
  // The same unit holds every task of both steps; only who was there before twice may leave.
  const pack = packWith({
    actions: {
      there: { on: 'work', by: { role: 'director' }, do: [{ go: 'next' }] },
      back: { on: 'next', by: { role: 'director' }, do: [{ go: 'work' }] },
      leave: { on: 'work', by: { role: 'director' }, when: { 'tasks.next.times': { gte: 2 } }, do: [{ go: 'closed' }] },
    } as Record<string, Partial<Action>>,
  });
  const after = (...actions: string[]) => actions.reduce((c, action) => act(pack, c, 'eve', { action }, later).state, open(pack));

  it('counts the tasks of the step, also when the same unit held all of them', () => {
    const leave = (c = open(pack)) => code(() => act(pack, c, 'eve', { action: 'leave' }, later));
    expect(leave(after())).toBe('dispatch/guard');
    expect(leave(after('there', 'back'))).toBe('dispatch/guard');
    expect(act(pack, after('there', 'back', 'there', 'back'), 'eve', { action: 'leave' }, later).state.phase).toBe('closed');
  });
});
