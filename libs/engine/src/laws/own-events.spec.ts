import { describe, expect, it } from '@jest/globals';
import { react, withdraw } from '../decide/react.js';
import { type Decided } from '../telling/tell.js';
import { brokenLaws } from './judge.suite.js';
import { act, heard, later, names, open, packWith, signing } from './small-pack.suite.js';
import { view } from './small-world.suite.js';

describe('law 6: each action and each reaction first tells one event of its own', () => {
  const pack = packWith({
    actions: {
      send: { do: [{ go: 'sent' }] },
      transfer: { do: [{ assign: { unit: 'west' } }] },
      finish: { do: [{ go: 'closed' }] },
      again: { on: 'closed', by: { role: 'supervisor' }, do: [{ go: 'work' }] },
      drop: { do: [{ go: 'dropped' }] },
      lose: { do: [{ go: 'sent', holder: { unit: 'gone-for-ever' } }] },
      ask: { do: [{ assign: { unit: 'east', waitsFor: 'customer' } }] },
      hear: { do: [{ classify: { category: 'billing' } }] },
      correct: { do: [{ set: { 'ticket.title': 'other words' } }] },
      rename: { do: [{ set: { 'ticket.title': 'other words' } }], says: 'accepted' },
      propose: { do: signing({ then: [{ go: 'closed' }], refused: [{ go: 'next' }] }) },
      approve: { on: 'sign', do: [{ end: 'yes' }] },
      refuse: { on: 'sign', do: [{ end: 'refused' }] },
      follow: { do: [{ watch: 'self' }] },
      accept: { do: [{ go: 'sent' }], says: 'accepted' },
      approved: { do: [{ go: 'sent' }], says: 'approved' },
    },
    steps: { sent: { state: 'dispatched', holder: { unit: 'west' } } },
    reactions: { give: { on: 'sla.clock-breached', do: [{ go: 'closed' }] }, look: { on: 'sla.clock-breached', late: true, do: [], says: 'supervised' } },
  }); // prettier-ignore
  const told = (action: string, id = 'ann', c = open(pack)): Decided => act(pack, c, id, { action });
  const own = (d: Pick<Decided, 'events'>): unknown[] =>
    d.events.flatMap((e) => (e.name === 'dispatch.ticket-advanced' ? [[(e.data as { action?: string }).action, (e.data as { says?: string }).says]] : [])); // prettier-ignore

  it.each([
    ['send', ['ticket-dispatched']],
    ['transfer', ['ticket-transferred']],
    ['finish', ['ticket-closed']],
    ['drop', ['ticket-cancelled']],
    ['lose', ['ticket-unroutable']],
    ['ask', ['ticket-suspended']],
    ['hear', ['ticket-classified']],
    ['correct', ['ticket-corrected']],
    ['propose', ['group-opened', 'task-opened']],
    ['follow', ['ticket-watched']],
  ])('%s: ticket-advanced with the action and its task, then what follows from it', (action, follows) => {
    const d = told(action);
    expect(names(d)).toEqual(['ticket-advanced', ...follows]);
    expect(d.events[0]?.data).toMatchObject({ action, task: 1, case: { version: 2 } });
    expect(brokenLaws(pack, open(pack), d)).toEqual([]);
  });
  it('an action that says something tells that alone, and what it corrects beside', () => {
    expect(names(told('accept'))).toEqual(['ticket-accepted', 'ticket-dispatched']);
    expect([names(told('approved')), own(told('approved'))]).toEqual([
      ['ticket-advanced', 'ticket-dispatched'],
      [['approved', 'approved']],
    ]);
    expect(names(told('rename'))).toEqual(['ticket-accepted', 'ticket-corrected']);
  });
  it('an action that a linked ticket hands on is told as that action', () => {
    const d = act(pack, open(pack), 'ann', { action: 'send', cause: { kind: 'cascade', depth: 2 } });
    expect(d.events).toMatchObject([
      { name: 'dispatch.ticket-advanced', data: { action: 'send', cause: { kind: 'cascade', key: 'send', depth: 2 } } },
      { name: 'dispatch.ticket-dispatched' },
    ]);
    expect(brokenLaws(pack, open(pack), d)).toEqual([]);
  });
  it('a reopening is told by the action first, and then as a reopening', () => {
    expect(names(told('again', 'dan', told('finish').state))).toEqual(['ticket-advanced', 'ticket-reopened']);
  });
  it('what a group does when it ends belongs to the action that ended it', () => {
    const one = told('approve', 'cat', told('propose').state);
    const ended = told('approve', 'cat', one.state);
    expect(names(ended)).toEqual(['ticket-advanced', 'ticket-closed', 'task-ended', 'group-ended']);
    const refused = told('refuse', 'cat', told('propose').state);
    expect([names(refused)[0], own(refused)]).toEqual(['ticket-advanced', [['refuse', undefined]]]);
    expect(refused.events[0]?.data).toMatchObject({ task: 2 });
  });
  it('each reaction has its own, a verb of the platform has its own, and what the platform decides has none', () => {
    const heardOf = react(pack, view, open(pack), heard(), later, { decisions: 1 });
    expect(heardOf.events).toMatchObject([
      { name: 'dispatch.ticket-advanced', data: { reaction: 'give', cause: { kind: 'reaction', key: 'give' } } },
      { name: 'dispatch.ticket-closed', data: { cause: { kind: 'reaction', key: 'give' } } },
      { name: 'dispatch.ticket-advanced', data: { reaction: 'look', says: 'supervised', cause: { kind: 'reaction', key: 'look' } } },
    ]);
    expect(brokenLaws(pack, open(pack), heardOf)).toEqual([]);
    const noted = act(pack, open(pack), 'ann', { action: 'note', input: { text: 'x' } });
    expect([names(noted), names(act(pack, open(pack), 'ann', { action: 'watch' }))]).toEqual([['ticket-noted'], ['ticket-watched']]);
    expect(names(act(pack, open(pack), 'ann', { action: 'take' }))).toEqual(['ticket-advanced']);
    const routed = act(pack, told('lose').state, 'dan', { action: 'route', input: { unit: 'west' } });
    expect([names(routed), own(routed)]).toEqual([['ticket-advanced', 'ticket-dispatched'], [['route', undefined]]]);
    expect(names(withdraw(pack, view, open(pack), 'no', later, { decisions: 1 }) as Decided)).toEqual(['ticket-cancelled']);
  });
});
