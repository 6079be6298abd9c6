import { describe, expect, it } from '@jest/globals';
import { type Action } from '@gongdan/packs/format2';
import { type Case, taskOf } from '../model/case.js';
import { act, code, names, open, packWith } from './small-pack.suite.js';

const twoSigns = { open: { group: 'approval', tasks: ['sign', 'sign'].map((step) => ({ step, holder: { unit: 'east' } })) } };

describe('four eyes', () => {
  it('lets nobody take a task on which every action leaves him out, since he would keep it from the others', () => {
    const opinions = packWith({
      actions: { ask: { do: [twoSigns] as Action['do'] }, opine: { on: 'sign', except: { doer: 'opine' }, do: [{ end: 'yes' }] } },
    });
    const asked = act(opinions, open(opinions), 'ann', { action: 'ask' }).state;
    const one = act(opinions, asked, 'ann', { action: 'opine', task: 2 }).state;
    expect(code(() => act(opinions, one, 'ann', { action: 'take', task: 3 }))).toBe('dispatch/not-yours');
    const taken = act(opinions, one, 'bob', { action: 'take', task: 3 }).state;
    expect(names(act(opinions, taken, 'bob', { action: 'opine', task: 3 }))).toContain('group-ended');
  });

  it('lets him take a task on which one action of its holder is left to him', () => {
    const opinions = packWith({
      actions: {
        ask: { do: [twoSigns] as Action['do'] },
        opine: { on: 'sign', except: { doer: 'opine' }, do: [{ end: 'yes' }] },
        pass: { on: 'sign', do: [{ assign: { unit: 'west' } }] },
      },
    });
    const asked = act(opinions, open(opinions), 'ann', { action: 'ask' }).state;
    const one = act(opinions, asked, 'ann', { action: 'opine', task: 2 }).state;
    expect(taskOf(act(opinions, one, 'ann', { action: 'take', task: 3 }).state, 3)?.holder).toMatchObject({ person: 'ann' });
  });

  it('changes the version of a task whose pool leaves out other people, and a pool that held a task is nobody', () => {
    const handed = packWith({
      actions: {
        look: { on: 'any-lead', by: { role: 'handler' } },
        again: { by: { role: 'handler' }, do: [{ assign: { unit: 'east', except: { doer: 'look', held: ['work'] } } }] },
      },
    });
    const looked = act(handed, open(handed), 'bob', { action: 'look' }).state;
    const again = taskOf(act(handed, looked, 'bob', { action: 'again' }).state, 1);
    expect([again?.except, (again?.version ?? 0) > (taskOf(looked, 1)?.version ?? 0)]).toEqual([['bob'], true]);
  });

  it('remembers whoever did something or held a task, however often others did and held it since', () => {
    const long = packWith({
      actions: {
        look: { on: 'any-lead', by: [{ role: 'handler' }, { role: 'leader' }] },
        swap: { by: [{ role: 'handler' }, { role: 'leader' }], do: [{ assign: 'self' }] },
        judge: { by: { role: 'handler' }, except: { doer: 'look' } },
        weigh: { by: { role: 'handler' }, except: { held: ['work'] } },
      },
    });
    const often = (action: string): Case => {
      let c = act(long, open(long), 'cat', { action }).state;
      for (let i = 0; i < 40; i++) c = act(long, c, i % 2 === 0 ? 'ann' : 'bob', { action }).state;
      return c;
    };
    for (const [did, asks] of [['look', 'judge'], ['swap', 'weigh']] as const) {
      const c = often(did);
      for (const who of ['cat', 'ann', 'bob']) expect(code(() => act(long, c, who, { action: asks }))).toBe('dispatch/not-yours');
      expect(names(act(long, c, 'fay', { action: asks }))).toEqual(['ticket-advanced']);
    }
  }); // prettier-ignore
});
