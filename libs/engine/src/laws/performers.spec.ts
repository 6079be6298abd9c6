import { Directory, type DirectoryRows } from '@gongdan/directory';
import { describe, expect, it } from '@jest/globals';
import { PackFormat2 } from '@gongdan/packs/format2';
import { available } from '../decide/advance.js';
import { actingOf, type View } from '../model/env.js';
import { taskOf } from '../model/case.js';
import { requeue } from '../decide/requeue.js';
import { act, code, later, n, names, open, packWith, signing } from './small-pack.suite.js';
import { directory, view } from './small-world.suite.js';

describe('law 2: nobody acts whom `by` does not admit now', () => {
  const pack = packWith({
    actions: {
      accept: { do: [{ assign: 'self' }] },
      propose: { do: signing() },
      approve: { on: 'sign', by: { role: 'leader', scope: 'any' }, except: { doer: 'propose' }, do: [{ end: 'yes' }] },
      below: { by: { role: 'handler', scope: 'unit' } },
    },
    steps: { work: { state: 'in_progress', holder: { unit: 'east-1' } } },
  });
  it('a deputy acts for the absent member at the moment of acting, a leaver and a stranger never do', () => {
    const c = open(pack);
    expect(act(pack, c, 'bob', { action: 'accept' }).state.tasks[0]?.holder).toEqual({ unit: 'east-1', person: 'bob' });
    expect(code(() => act(pack, c, 'bob', { action: 'accept' }, '2027-06-01T00:00:00.000Z'))).toBe('dispatch/not-yours');
    for (const id of ['gil', 'cat', 'nobody']) expect(code(() => act(pack, c, id, { action: 'accept' }))).toBe('dispatch/not-yours');
  });
  it('members of the pool act while no person is named, afterwards that person alone', () => {
    const east = packWith({ actions: { accept: { do: [{ assign: 'self' }] }, write: { form: 'opinion' } } });
    const c = open(east);
    for (const id of ['ann', 'bob'])
      expect(names(act(east, c, id, { action: 'write', input: { opinion: 'x' } }))).toEqual(['ticket-advanced']);
    const taken = act(east, c, 'ann', { action: 'accept' }).state;
    expect(code(() => act(east, taken, 'bob', { action: 'write' }))).toBe('dispatch/not-yours');
    expect(names(act(east, taken, 'ann', { action: 'write', input: { opinion: 'x' } }))).toEqual(['ticket-advanced']);
  });
  it('nobody approves his own proposal, nor in the name of whoever made it', () => {
    const own = act(pack, open(pack), 'bob', { action: 'propose' }).state;
    expect(code(() => act(pack, own, 'bob', { action: 'approve', task: 2 }))).toBe('dispatch/not-yours');
    const foreign = packWith({
      actions: { propose: { do: signing() }, approve: { on: 'sign', by: { role: 'handler', scope: 'unit' }, except: { doer: 'propose' }, do: [{ end: 'yes' }] } }, // prettier-ignore
      steps: { work: { state: 'in_progress', holder: { unit: 'east-1' } }, sign: { side: true, holder: { unit: 'east-1' } } },
    });
    const proposed = act(foreign, open(foreign), 'fay', { action: 'propose' }).state;
    // bob is a handler of east-1 only in fay's name.
    expect(code(() => act(foreign, proposed, 'bob', { action: 'approve', task: 2 }))).toBe('dispatch/not-yours');
  });
  describe('a pool from which the holder rule leaves somebody out', () => {
    const reviewed = packWith({
      actions: {
        propose: {
          by: ['holder', { role: 'leader' }],
          do: [{ open: { group: 'approval', tasks: [{ step: 'sign', holder: { unit: 'east', except: { doer: 'propose' } } }] } }],
        },
        approve: { on: 'sign', by: 'holder', do: [{ end: 'yes' }] },
        pass: { on: 'sign', by: 'holder', do: [{ assign: { unit: 'east-1' } }] },
        give: { on: 'sign', by: 'holder', do: [{ assign: { doer: 'propose' } }] },
        wait: { on: 'sign', by: 'holder', do: [{ assign: { waitsFor: 'customer' } }] },
      },
    });
    const proposed = act(reviewed, open(reviewed), 'ann', { action: 'propose' }).state;
    const refused = (id: string, action: string, c = proposed) => code(() => act(reviewed, c, id, { action, task: 2 }));
    it('refuses him to act and to take the task, and admits the others', () => {
      for (const action of ['approve', 'take']) expect(refused('ann', action)).toBe('dispatch/not-yours');
      const offers = available(reviewed, view, proposed, actingOf(directory, { id: 'ann', roles: [], units: [] }, later), later);
      expect(offers.filter((o) => o.task === 2)).toEqual([]);
      const taken = act(reviewed, proposed, 'bob', { action: 'take', task: 2 }).state;
      expect(names(act(reviewed, taken, 'bob', { action: 'approve', task: 2 }))).toContain('task-ended');
    });
    it('refuses whoever is in the pool only in his name', () => {
      const away = packWith({
        actions: {
          propose: {
            do: [{ open: { group: 'approval', tasks: [{ step: 'sign', holder: { unit: 'east-1', except: { doer: 'propose' } } }] } }],
          },
          approve: { on: 'sign', by: 'holder', do: [{ end: 'yes' }] },
        },
        steps: { work: { state: 'in_progress', holder: { unit: 'east-1' } } },
      });
      const c = act(away, open(away), 'fay', { action: 'propose' }).state;
      // bob is a member of east-1 only while he stands in for fay.
      for (const action of ['approve', 'take']) expect(code(() => act(away, c, 'bob', { action, task: 2 }))).toBe('dispatch/not-yours');
    });
    it('keeps him out when the task is handed on, and when its holder leaves and it comes back to the pool', () => {
      const waits = act(reviewed, proposed, 'bob', { action: 'wait', task: 2 }).state;
      expect(refused('ann', 'approve', waits)).toBe('dispatch/not-yours');
      expect(taskOf(act(reviewed, proposed, 'bob', { action: 'pass', task: 2 }).state, 2)?.except).toEqual(['ann']);
      const taken = act(reviewed, proposed, 'bob', { action: 'take', task: 2 }).state;
      const rows = { units: [{ key: 'east', names: n('east') }], people: ['ann', 'bob'].map((id) => ({ id, name: id })), memberships: [{ person: 'ann', unit: 'east', roles: ['handler'] }] }; // prettier-ignore
      const left: View = { ...view, directory: Directory.of(rows as unknown as DirectoryRows) };
      const back = requeue(reviewed, left, taken, { task: 2, cause: 'leaver', person: 'bob' }, later, { decisions: 1 })?.state;
      expect(back && taskOf(back, 2)?.holder).toEqual({ unit: 'east' });
      expect(refused('ann', 'take', back)).toBe('dispatch/not-yours');
    });
    it('lets him in again when the pack gives the task to him by name', () => {
      const given = act(reviewed, proposed, 'bob', { action: 'give', task: 2 }).state;
      expect(names(act(reviewed, given, 'ann', { action: 'approve', task: 2 }))).toContain('task-ended');
    });
    it('holds for a lead, too, and for a row of a routing table', () => {
      const routed = PackFormat2.parse({
        ...packWith({
          actions: {
            write: { do: [{ go: 'next', holder: { route: 'reviewers', except: { doer: 'write' } } }] },
            review: { on: 'next', by: 'holder', do: [{ go: 'closed' }] },
          },
        }),
        routing: { tables: { reviewers: { rules: [], fallback: { unit: 'east' } } } },
      });
      const c = act(routed, open(routed), 'ann', { action: 'write' }).state;
      expect(code(() => act(routed, c, 'ann', { action: 'review' }))).toBe('dispatch/not-yours');
      expect(act(routed, c, 'bob', { action: 'review' }).state.phase).toBe('closed');
    });
  });
  it('what is offered is what is accepted', () => {
    const limited = packWith({ actions: { once: { on: 'case', by: { role: 'handler' }, limit: { times: 1, per: 'unit' } } } });
    const done = act(limited, open(limited), 'ann', { action: 'once' }).state;
    const offers = (id: string): string[] => available(limited, view, done, actingOf(directory, { id, roles: [], units: [] }, later), later).map((o) => o.action); // prettier-ignore
    expect([offers('ann'), offers('cat')]).toEqual([[], ['once']]);
  });
});
