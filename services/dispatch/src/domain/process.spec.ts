import { describe, expect, it } from '@jest/globals';
import { AppError, plusMs } from '@gongdan/kernel';
import { EVENT_OF, type Pack } from '@gongdan/packs';
import fc from 'fast-check';
import { act, registered, id, later, names, now, opened, openedHistory, person, refusal, starter } from '../../test/case-builders.js';
import { amend, type Case, type CaseDecision, open, withdraw } from './case.js';
import { type ActionCommand, available, routeByHand } from './process.js';

type Outcome = { kind: 'done'; decision: CaseDecision } | { kind: Exclude<AppError['kind'], 'done'> };
function tried(work: () => CaseDecision): Outcome {
  try {
    return { kind: 'done', decision: work() };
  } catch (error) {
    if (error instanceof AppError) return { kind: error.kind };
    throw error;
  }
}
describe('advance', () => {
  it('takes a case from accept to close and through a reopening', () => {
    const accepted = act(opened(), 'wang', 'accept');
    expect(accepted.state).toMatchObject({ state: 'accepted', holder: 'wang', version: 2 });
    const suspended = act(accepted.state, 'wang', 'suspend', { reasonClass: 'customer', reason: 'waits for a receipt' });
    expect(suspended.state).toMatchObject({ state: 'suspended', holder: 'wang' });
    const resumed = act(suspended.state, 'wang', 'resume');
    const replied = act(resumed.state, 'wang', 'reply', { text: 'Paid back.' });
    const resolved = act(replied.state, 'wang', 'resolve', { solution: 'refund', outcome: 'founded' });
    const closed = act(resolved.state, 'mei', 'close');
    expect(closed.state).toMatchObject({ state: 'closed', unit: 'billing', closedAt: later });
    expect(closed.state.holder).toBeUndefined();
    const reopened = act(closed.state, 'mei', 'reopen', { reason: 'not paid after all' });
    expect(names(reopened)).toEqual(['reopened', 'dispatched']);
    expect(reopened.events).toMatchObject([
      { data: { count: 1, case: { version: 8 } } },
      {
        data: {
          why: 'reopened',
          rule: 'requeue',
          hop: 2,
          case: { run: 2, hop: { no: 2 }, lead: { holder: { unit: 'billing' } }, state: 'dispatched', version: 9 },
        },
      },
    ]);
    expect(reopened.state.closedAt).toBeUndefined();
  });

  it('transfers a case to exactly one receiver', () => {
    const c = act(opened(), 'wang', 'accept').state;
    const moved = act(c, 'wang', 'transfer', { toUnit: 'network', reason: 'theirs' });
    expect(moved.events).toMatchObject([
      {
        name: 'dispatch.ticket-transferred',
        data: {
          fromUnit: 'billing',
          fromPerson: 'wang',
          case: { lead: { holder: { unit: 'network' } }, state: 'dispatched' },
          cause: { kind: 'action', key: 'transfer', depth: 0 },
        },
      },
    ]);
    expect(moved.state.holder).toBeUndefined();
    expect(refusal(() => act(c, 'wang', 'transfer', { toUnit: 'network', toPerson: 'li', reason: 'x' }))).toMatchObject({
      code: 'dispatch/one-receiver',
    });
    expect(refusal(() => act(c, 'wang', 'transfer', { toUnit: 'billing', reason: 'x' }))).toMatchObject({ code: 'dispatch/same-receiver' });
    expect(refusal(() => act(c, 'wang', 'transfer', { toUnit: 'mars', reason: 'x' }))).toMatchObject({ code: 'dispatch/unknown-unit' });
    expect(refusal(() => act(c, 'wang', 'transfer', { reason: 'x' }))).toMatchObject({
      code: 'dispatch/missing-fields',
      pointers: ['/toUnit'],
    });
    const atNetwork = act(moved.state, 'li', 'accept').state;
    expect(act(atNetwork, 'li', 'hand-over', { toPerson: 'liu', reason: 'knows it' }).state).toMatchObject({
      holder: 'liu',
      unit: 'network',
      state: 'accepted',
    });
    expect(refusal(() => act(atNetwork, 'li', 'hand-over', { toPerson: 'wang', reason: 'x' }))).toMatchObject({
      code: 'dispatch/not-a-peer',
    });
  });

  it('routes a returned case to another unit, and makes it unroutable when no unit is left', () => {
    const returned = act(opened(), 'wang', 'return', { reason: 'not money', evidence: 'statement.pdf' });
    expect(names(returned)).toEqual(['returned', 'dispatched']);
    expect(returned.events).toMatchObject([
      { data: { fromUnit: 'billing', count: 1, case: { step: 'received', version: 2 } } },
      {
        data: {
          why: 'returned',
          rule: 'fallback',
          fromUnit: 'billing',
          case: { lead: { no: 3, holder: { unit: 'review-centre' } }, version: 3 },
        },
      },
    ]);
    expect(returned.records).toMatchObject([
      {
        candidates: [
          { unit: 'billing', excluded: true },
          { unit: 'review-centre', excluded: false },
        ],
      },
    ]);
    const again = act(returned.state, 'sun', 'return', { reason: 'nor ours' });
    expect(names(again)).toEqual(['returned', 'unroutable']);
    expect(again.state).toMatchObject({ state: 'unroutable', returns: 2 });
    expect(again.state.unit).toBeUndefined();
  });

  it('refuses an action beyond its limit or after its time window', () => {
    const exhausted: Case = { ...opened(), done: { return: 3 } };
    expect(refusal(() => act(exhausted, 'wang', 'return', { reason: 'x' }))).toMatchObject({
      kind: 'refused',
      code: 'dispatch/limit-reached',
    });
    const closed: Case = { ...opened(), step: 'closed', state: 'closed', closedAt: '2026-01-01T00:00:00.000Z' };
    expect(refusal(() => act(closed, 'mei', 'reopen', { reason: 'x' }))).toMatchObject({ code: 'dispatch/too-late' });
  });

  it('lists an action with a time window only while the window is open', () => {
    const closed: Case = { ...opened(), step: 'closed', state: 'closed', closedAt: now };
    const within = starter.process.actions['reopen']?.within;
    const days = within !== undefined && 'days' in within ? within.days : 0;
    expect(days).toBeGreaterThan(0);
    const lastInstant = plusMs(now, days * 86_400_000);
    expect(available(starter, closed, person('mei'), lastInstant)).toContain('reopen');
    expect(act(closed, 'mei', 'reopen', { reason: 'x' }, lastInstant).state).toMatchObject({ reopens: 1 });
    const tooLate = plusMs(lastInstant, 1);
    expect(available(starter, closed, person('mei'), tooLate)).not.toContain('reopen');
    expect(refusal(() => act(closed, 'mei', 'reopen', { reason: 'x' }, tooLate))).toMatchObject({ code: 'dispatch/too-late' });
  });

  it.each(['route', 'constructor'])('counts the actions of the pack alone when a pack has an action called %s', (key) => {
    const accept = starter.process.actions['accept'];
    if (accept === undefined) throw new Error('the starter pack has no action accept');
    const actions = { ...starter.process.actions, [key]: { ...accept, limit: 1 } };
    const pack: Pack = { ...starter, process: { ...starter.process, actions }, routing: { rules: [] } };
    const routed = routeByHand(pack, open(pack, id, registered(), now).state, 'billing', person('zhao'), later).state;
    expect(routed).toMatchObject({ done: {}, manualRoutes: 1 });
    expect(available(pack, routed, person('wang'), later)).toContain(key);
    expect(act(routed, 'wang', key, {}, later, pack).state).toMatchObject({ state: 'accepted', done: { [key]: 1 } });
  });

  it('never dates an event before the previous event of the ticket', () => {
    const ahead = '2026-03-02T05:00:00.000Z';
    const accepted = act(opened(), 'wang', 'accept', {}, ahead);
    const transferred = act(accepted.state, 'wang', 'transfer', { toUnit: 'network', reason: 'theirs' }, later);
    expect(transferred.events).toMatchObject([{ occurredAt: ahead, data: { at: ahead } }]);
    expect(transferred.state.since).toBe(ahead);
    expect(withdraw(starter, accepted.state, 'solved itself', later).events).toMatchObject([{ occurredAt: ahead, data: { at: ahead } }]);
    const open = { ...opened(), since: ahead };
    expect(amend(starter, open, { category: 'network.slow', amendedAt: later }, later).events).toMatchObject([{ occurredAt: ahead }]);
    const unroutable: Case = { ...open, step: 'unroutable', state: 'unroutable' };
    expect(routeByHand(starter, unroutable, 'network', person('zhao'), later).events).toMatchObject([{ occurredAt: ahead }]);
    const history = { job: 'j', source: 'old', closedAt: '2018-01-01T00:00:00.000Z' };
    expect(names(openedHistory(history))).toEqual(['dispatched', 'closed']);
    expect(openedHistory(history).events.map((e) => e.occurredAt)).toEqual([now, now]);
  });

  it('refuses an action with the code of the reason', () => {
    const c = opened();
    expect(refusal(() => act(c, 'wang', 'explode'))).toMatchObject({ kind: 'not-found', code: 'dispatch/no-such-action' });
    expect(refusal(() => act(c, 'li', 'accept'))).toMatchObject({ kind: 'forbidden', code: 'dispatch/not-yours' });
    expect(refusal(() => act(c, 'ana', 'accept'))).toMatchObject({ kind: 'forbidden' });
    expect(refusal(() => act(c, 'wang', 'resume'))).toMatchObject({ kind: 'conflict', code: 'dispatch/illegal-move' });
    expect(refusal(() => act(c, 'wang', 'accept', { text: 'x' }))).toMatchObject({
      kind: 'invalid',
      code: 'dispatch/unexpected-fields',
      pointers: ['/text'],
    });
    const held = act(c, 'wang', 'accept').state;
    expect(refusal(() => act(held, 'wang', 'accept'))).toMatchObject({ kind: 'conflict' });
    expect(refusal(() => act(held, 'li', 'reply', { text: 'x' }))).toMatchObject({ kind: 'forbidden' });
    expect(refusal(() => act(held, 'wang', 'reply', {}))).toMatchObject({
      kind: 'refused',
      code: 'dispatch/missing-fields',
      pointers: ['/text'],
    });
    // Whoever reads the history sees nothing in these either.
    for (const text of ['', ' \n', '\u200b', '\u3164\u00ad', '\u2800'])
      expect(refusal(() => act(held, 'wang', 'reply', { text }))).toMatchObject({ code: 'dispatch/missing-fields', pointers: ['/text'] });
    expect(refusal(() => act(held, 'wang', 'suspend', { reasonClass: 'customer', reason: 'x', until: now }))).toMatchObject({
      code: 'dispatch/until-past',
    });
    expect(act(held, 'zhao', 'reply', { text: 'from the supervisor' }).state).toMatchObject({ holder: 'wang', state: 'replied' });
  });
});

describe('any sequence of actions', () => {
  const people = starter.org.people.map((p) => p.id);
  const tries = fc.array(
    fc.record({
      as: fc.constantFrom(...people),
      action: fc.constantFrom(...Object.keys(starter.process.actions)),
      unit: fc.constantFrom(...starter.org.units.map((u) => u.key)),
      person: fc.constantFrom(...people),
    }),
    { maxLength: 25 },
  );

  it('keeps versions gapless, states those of the pack and closed cases without a holder, and lists exactly the available actions', () => {
    fc.assert(
      fc.property(tries, (moves) => {
        let c = opened();
        for (const m of moves) {
          const action = starter.process.actions[m.action];
          const command: ActionCommand = {
            ...(['transfer', 'return', 'suspend', 'reopen', 'cancel', 'hand-over'].includes(m.action) ? { reason: 'r' } : {}),
            ...(m.action === 'transfer' ? { toUnit: m.unit } : {}),
            ...(m.action === 'hand-over' ? { toPerson: m.person } : {}),
            ...(m.action === 'suspend' ? { reasonClass: 'third-party' as const } : {}),
            ...(m.action === 'reply' ? { text: 't' } : {}),
            ...(m.action === 'resolve' ? { solution: 's' } : {}),
          };
          const listed = available(starter, c, person(m.as), later).includes(m.action);
          const outcome = tried(() => act(c, m.as, m.action, command));
          expect(listed ? ['done', 'refused'] : ['forbidden', 'conflict', 'refused']).toContain(outcome.kind);
          if (outcome.kind !== 'done') continue;
          const { state, events } = outcome.decision;
          const holder = starter.process.steps[state.step]?.holder;
          expect({
            from: action?.from.includes(c.step),
            // The validator of packs relies on EVENT_OF.
            first: events[0]?.name,
            versions: events.map((e) => (e.data as { case: { version: number } }).case.version),
            state: state.state,
            held: state.holder !== undefined,
            unit: state.unit !== undefined || ['unroutable', 'cancelled'].includes(state.state),
          }).toEqual({
            from: true,
            first: action && EVENT_OF[action.kind],
            versions: events.map((_, i) => c.version + 1 + i),
            state: starter.process.steps[state.step]?.state,
            held: holder === 'person',
            unit: true,
          });
          c = state;
        }
      }),
      { numRuns: 300 },
    );
  });
});
