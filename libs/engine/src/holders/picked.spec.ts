import { type Action, type Step } from '@gongdan/packs/format2';
import { expect, it } from '@jest/globals';
import { act, open, packWith } from '../laws/small-pack.suite.js';

it('a pick that finds nobody free is recorded with whom it passed over, also when the case stays in its unit (C6)', () => {
  const pack = packWith({
    steps: { work: { state: 'in_progress', holder: { unit: 'east-1' } } } as Record<string, Partial<Step>>,
    actions: {
      hand: { by: { role: 'supervisor' }, do: [{ go: 'next', holder: { unit: 'east-1', pick: 'least-loaded' } }] },
    } as Record<string, Partial<Action>>,
  });
  const { records, state } = act(pack, open(pack), 'dan', { action: 'hand' });
  expect(state.tasks.at(-1)?.holder).toEqual({ unit: 'east-1' });
  expect(records).toMatchObject([{ rule: 'unit', step: 'next', candidates: [{ person: 'fay', excluded: 'absent' }] }]);
});
