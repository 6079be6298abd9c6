import { type PackFormat2 } from '@gongdan/packs/format2';
import { describe, expect, it } from '@jest/globals';
import { id, registered } from '../cases.suite.js';
import { packWith } from '../laws/small-pack.suite.js';
import { NOW, view } from '../laws/small-world.suite.js';
import { type Case, openTasks } from '../model/case.js';
import { amended, routeAgain } from './react.js';
import { openCase, type Registered } from './open-case.js';

type Start = PackFormat2['process']['start'];
type Effects = NonNullable<Start[number]['do']>;

function opened(start: Start, over: Partial<Registered> = {}): ReturnType<typeof openCase> {
  const small = packWith({});
  const pack = { ...small, process: { ...small.process, start } };
  return openCase(pack, view, id, registered({ unit: 'east', registeredAt: NOW, ...over }), NOW);
}
const refused = [{ set: { kept: true } }, { sleep: { until: { fact: 'attributes.day' } } }] as Effects;
const past = { attributes: { day: '2026-01-01' } };

describe('a registration', () => {
  it('opens the case although an effect of the start is refused, does none of these effects, and says which code', () => {
    const { state, skipped } = opened([{ do: refused, go: 'work' }], past);
    expect([state.phase, state.step, state.fields]).toEqual(['open', 'work', {}]);
    expect(skipped).toEqual({ reaction: 'start', why: 'refused', code: 'dispatch/until-past' });
  });

  it('that was closed in the older system closes the case although a side task would block closing', () => {
    const sign = [{ open: { group: 'approval', tasks: [{ step: 'sign' }], 'blocks-closing': true, blocksClosing: true } }];
    const history = { status: 'done', closedAt: NOW } as NonNullable<Registered['history']>;
    const { state } = opened([{ do: sign as unknown as Effects, go: 'work' }], { history });
    expect([state.phase, openTasks(state)]).toEqual(['closed', []]);
  });
});

describe('an amendment', () => {
  it('goes where the other row of the start goes although its effects are refused', () => {
    const start: Start = [{ when: { 'class.category': 'billing.refund' }, do: refused, go: 'next' }, { go: 'work' }];
    const small = packWith({});
    const pack = { ...small, process: { ...small.process, start } };
    const c: Case = openCase(pack, view, id, registered({ unit: 'east', registeredAt: NOW, category: 'other', ...past }), NOW).state;
    const after = routeAgain(pack, view, c, amended(c, { category: 'billing.refund', amendedAt: NOW }), NOW, { decisions: 1 });
    expect([after?.state.step, after?.state.fields]).toEqual(['next', {}]);
  });
});
