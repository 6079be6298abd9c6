import { type Action, type PackFormat2, type Step } from '@gongdan/packs/format2';
import { Directory, type DirectoryRows } from '@gongdan/directory';
import { describe, expect, it } from '@jest/globals';
import { act, code, later, n, open, packWith } from '../laws/small-pack.suite.js';
import { actingOf, type View } from '../model/env.js';
import { type Case, countedOf, leadOf } from '../model/case.js';
import { view } from '../laws/small-world.suite.js';
import { repack } from './repack.js';

describe('an action that reopens a case', () => {
  it('is counted once in the run that it begins, however often it was done in earlier runs', () => {
    const p = packWith({
      actions: {
        end: { by: { role: 'director' }, do: [{ go: 'closed' }] },
        again: { on: 'closed', by: { role: 'supervisor' }, do: [{ go: 'work' }] },
      } as Record<string, Partial<Action>>,
    });
    let c = open(p);
    for (let run = 2; run < 5; run++) {
      c = act(p, act(p, c, 'eve', { action: 'end' }).state, 'dan', { action: 'again' }).state;
      expect([c.run, countedOf(c, 'again')]).toMatchObject([run, { times: 1, total: run - 1, byUnit: { root: 1 } }]);
    }
  });
});

describe('a way back', () => {
  it('leads to the pool when the holder of before has left', () => {
    const p = packWith({
      actions: {
        take: { do: [{ assign: 'self' }, { go: 'next', holder: { unit: 'west' } }] },
        back: { on: 'next', by: { role: 'handler' }, do: [{ go: 'back' }] },
      } as Record<string, Partial<Action>>,
    });
    const c = act(p, open(p), 'ann', { action: 'take' }).state;
    const holderIn = (on: View): unknown => leadOf(act(p, c, 'cat', { action: 'back' }, later, on).state)?.holder;
    expect(holderIn(view)).toEqual({ unit: 'east', person: 'ann' });
    const rows = {
      units: ['east', 'west'].map((key) => ({ key, names: n(key) })),
      people: [
        { id: 'ann', name: 'ann', activeUntil: '2026-01-01T00:00:00.000Z' },
        { id: 'cat', name: 'cat' },
      ],
      memberships: [{ person: 'cat', unit: 'west', roles: ['handler'] }],
    };
    expect(holderIn({ ...view, directory: Directory.of(rows as unknown as DirectoryRows) })).toEqual({ unit: 'east' });
  });

  it('waits for no group that is over', () => {
    const p = packWith({
      steps: { held: { state: 'solution_review', holder: { unit: 'east', waitsFor: { group: 'approval' } } } } as Record<string, Partial<Step>>,
      actions: {
        ask: { do: [{ open: { group: 'approval', tasks: [{ step: 'sign' }] } }, { go: 'held' }] },
        on: { on: 'held', do: [{ go: 'next', holder: { unit: 'west' } }] },
        back: { on: 'next', do: [{ go: 'back' }] },
      } as Record<string, Partial<Action>>,
    }); // prettier-ignore
    const moved = ['ask', 'on'].reduce((c: Case, action) => act(p, c, 'ann', { action }).state, open(p));
    expect(leadOf(act(p, moved, 'cat', { action: 'back' }).state)).toMatchObject({ step: 'held', holder: { waitsFor: undefined } });
  });
});

describe('a move to another version of the pack', () => {
  it('is refused where a field that is personal would be open to everybody', () => {
    const small = packWith({ actions: { tell: { form: 'opinion' } } as Record<string, Partial<Action>> });
    const next = structuredClone(small) as PackFormat2 & { forms: { opinion: { fields: { phone: { tier?: string } } } } };
    next.pack.version = 2;
    const told = act(small, open(small), 'ann', { action: 'tell', input: { phone: '138' } }).state;
    const move = (to: PackFormat2) => repack(small, to, view, told, actingOf(view.directory, { id: 'dan', roles: [], units: [] }, later), later, { decisions: 1 }); // prettier-ignore
    expect(move(next).state.pack.version).toBe(2);
    delete next.forms.opinion.fields.phone.tier;
    expect(code(() => move(structuredClone(next)))).toBe('dispatch/does-not-map');
  });
});
