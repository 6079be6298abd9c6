import { describe, expect, it } from '@jest/globals';
import { dispatch } from '@gongdan/contracts';
import { AppError, plusMs } from '@gongdan/kernel';
import fc from 'fast-check';
import { advance, available } from './advance.js';
import { act, city, id, later, names, now, open, opened, person, refusal, starter, starter1, viewFor } from '../cases.suite.js';
import { type Case, leadOf } from '../model/case.js';
import { amended, routeAgain, withdraw } from './react.js';

// The same draws in each run; SEED=… makes others.
fc.configureGlobal({ seed: Number(process.env['SEED'] ?? 20_261_129) });

const one = { decisions: 1 };
const unit = (c: Case): string | undefined => leadOf(c)?.holder.unit;
const holder = (c: Case): string | undefined => leadOf(c)?.holder.person;
const without = (fallback: boolean): typeof starter => ({ ...starter, routing: { tables: { main: { rules: [], ...(fallback ? { fallback: { unit: 'billing' } } : {}) } } } }); // prettier-ignore

describe('a pack of format 1', () => {
  it('takes a case from accept to close and through a reopening', () => {
    const accepted = act(opened(), 'wang', 'accept');
    expect(accepted.state).toMatchObject({ state: 'accepted', version: 2 });
    expect(holder(accepted.state)).toBe('wang');
    const suspended = act(accepted.state, 'wang', 'suspend', { reasonClass: 'customer', reason: 'waits for a receipt' });
    expect(names(suspended)).toEqual(['suspended']);
    expect(leadOf(suspended.state)?.holder).toMatchObject({ unit: 'billing', person: 'wang', waitsFor: 'customer' });
    const resumed = act(suspended.state, 'wang', 'resume');
    expect(names(resumed)).toEqual(['resumed']);
    const replied = act(resumed.state, 'wang', 'reply', { text: 'Paid back.' });
    const resolved = act(replied.state, 'wang', 'resolve', { solution: 'refund', outcome: 'founded' });
    const closed = act(resolved.state, 'mei', 'close');
    expect(closed.state).toMatchObject({ phase: 'closed', state: 'closed', closedAt: later });
    expect(leadOf(closed.state)).toBeUndefined();
    const reopened = act(closed.state, 'mei', 'reopen', { reason: 'not paid after all' });
    expect(names(reopened)).toEqual(['reopened', 'dispatched']);
    expect(reopened.events).toMatchObject([
      { data: { count: 1, case: { run: 2, version: 8 } } },
      { data: { why: 'reopened', hop: 2, case: { state: 'dispatched', version: 9, lead: { holder: { unit: 'billing' } } } } },
    ]);
    expect(reopened.state.closedAt).toBeUndefined();
  });

  it('transfers a case to exactly one receiver', () => {
    const c = act(opened(), 'wang', 'accept').state;
    const moved = act(c, 'wang', 'transfer', { toUnit: 'network', reason: 'theirs' });
    expect(moved.events).toMatchObject([
      {
        name: 'dispatch.ticket-transferred',
        data: { fromUnit: 'billing', fromPerson: 'wang', case: { state: 'dispatched', burns: { unit: 'network' } } },
      },
    ]);
    expect(holder(moved.state)).toBeUndefined();
    expect(refusal(() => act(c, 'wang', 'transfer', { toUnit: 'network', toPerson: 'li', reason: 'x' }))).toMatchObject({
      code: 'dispatch/unexpected-fields',
      pointers: ['/toPerson'],
    });
    expect(refusal(() => act(c, 'wang', 'transfer', { toUnit: 'billing', reason: 'x' }))).toMatchObject({ code: 'dispatch/same-receiver' });
    for (const toUnit of ['mars', ['network', 'billing']])
      expect(refusal(() => act(c, 'wang', 'transfer', { toUnit, reason: 'x' }))).toMatchObject({
        code: 'dispatch/invalid-fields',
        pointers: ['/toUnit'],
      });
    expect(refusal(() => act(c, 'wang', 'transfer', { reason: 'x' }))).toMatchObject({
      code: 'dispatch/missing-fields',
      pointers: ['/toUnit'],
    });
    const atNetwork = act(moved.state, 'li', 'accept').state;
    const handed = act(atNetwork, 'li', 'hand-over', { toPerson: 'liu', reason: 'knows it' }).state;
    expect(leadOf(handed)).toMatchObject({ step: 'handling', holder: { unit: 'network', person: 'liu' } });
    expect(refusal(() => act(atNetwork, 'li', 'hand-over', { toPerson: 'wang', reason: 'x' }))).toMatchObject({
      code: 'dispatch/invalid-fields',
      pointers: ['/toPerson'],
    });
  });

  it('routes a returned case to another unit, and makes it unroutable when no unit is left', () => {
    const returned = act(opened(), 'wang', 'return', { reason: 'not money', evidence: 'statement.pdf' });
    expect(names(returned)).toEqual(['returned', 'dispatched']);
    expect(returned.events).toMatchObject([
      { data: { fromUnit: 'billing', evidence: 'statement.pdf', count: 1, case: { version: 2 } } },
      {
        data: { why: 'returned', rule: 'fallback', fromUnit: 'billing', case: { version: 3, lead: { holder: { unit: 'review-centre' } } } },
      },
    ]);
    expect(returned.records).toMatchObject([{ candidates: [{ unit: 'billing', excluded: 'returned' }, { unit: 'review-centre' }] }]);
    const again = act(returned.state, 'sun', 'return', { reason: 'nor ours' });
    expect(names(again)).toEqual(['returned', 'unroutable']);
    expect(again.state.state).toBe('unroutable');
    expect(leadOf(again.state)).toMatchObject({ holder: {}, wanted: 'waiting' });
  });

  it('refuses an action beyond its limit or after its time window', () => {
    const returned = (times: number): Case => {
      const { done } = act(opened(), 'wang', 'return', { reason: 'x' }).state;
      return { ...opened(), done: done.map((d) => ({ ...d, times, total: times })) };
    };
    expect(refusal(() => act(returned(3), 'wang', 'return', { reason: 'x' }))).toMatchObject({
      kind: 'conflict',
      code: 'dispatch/limit-reached',
    });
    expect(names(act(returned(2), 'wang', 'return', { reason: 'x' }))[0]).toBe('returned');
  });

  it('lists an action with a time window only while the window is open', () => {
    const closed = {
      ...act(act(act(opened(), 'wang', 'accept').state, 'wang', 'resolve', { solution: 's' }).state, 'mei', 'close').state,
      closedAt: now,
    };
    const within = starter1.process.actions['reopen']?.within;
    const days = within !== undefined && 'days' in within ? within.days : 0;
    expect(days).toBeGreaterThan(0);
    const lastInstant = plusMs(now, days * 86_400_000);
    const offers = (at: string): string[] => available(starter, viewFor(starter), closed, person('mei'), at).map((o) => o.action);
    expect(offers(lastInstant)).toContain('reopen');
    expect(act(closed, 'mei', 'reopen', { reason: 'x' }, lastInstant).state.run).toBe(2);
    const tooLate = plusMs(lastInstant, 1);
    expect(offers(tooLate)).not.toContain('reopen');
    expect(refusal(() => act(closed, 'mei', 'reopen', { reason: 'x' }, tooLate))).toMatchObject({ code: 'dispatch/guard' });
  });

  it('lets a supervisor route a case that has no unit, and nobody else, and no other case', () => {
    const lost = open(without(false), {}).state;
    expect(lost.state).toBe('unroutable');
    const pack = without(false);
    const placed = advance(pack, viewFor(starter), lost, { action: 'route', input: { unit: 'network' } }, person('zhao'), later, one);
    expect(placed.events).toMatchObject([{ name: 'dispatch.ticket-dispatched', data: { rule: 'supervisor', hop: 2 } }]);
    expect(placed.records).toMatchObject([{ no: 2, by: 'zhao', unit: 'network' }]);
    expect(placed.state.done).toEqual([]);
    expect(refusal(() => act(placed.state, 'zhao', 'route', { unit: 'network' }))).toMatchObject({ kind: 'conflict' });
    expect(refusal(() => act(lost, 'li', 'route', { unit: 'network' }))).toMatchObject({ kind: 'forbidden' });
    expect(refusal(() => act(lost, 'zhao', 'route', { unit: 'mars' }))).toMatchObject({
      code: 'dispatch/unknown-unit',
      pointers: ['/unit'],
    });
  });

  it('never dates an event before the previous event of the ticket', () => {
    const ahead = '2026-03-02T05:00:00.000Z';
    const accepted = act(opened(), 'wang', 'accept', {}, ahead);
    const transferred = act(accepted.state, 'wang', 'transfer', { toUnit: 'network', reason: 'theirs' }, later);
    expect(transferred.events).toMatchObject([{ occurredAt: ahead, data: { at: ahead } }]);
    expect(transferred.state.since).toBe(ahead);
    expect(withdraw(starter, viewFor(starter), accepted.state, 'solved itself', later, one)?.events).toMatchObject([{ occurredAt: ahead }]);
    const history = { job: 'j', source: 'old', closedAt: '2018-01-01T00:00:00.000Z' };
    expect(open(starter, { history }, later).events.map((e) => e.occurredAt)).toEqual([now, now]);
  });

  it('refuses an action with the code of the reason', () => {
    const c = opened();
    expect(refusal(() => act(c, 'wang', 'explode'))).toMatchObject({ kind: 'not-found', code: 'dispatch/no-such-action' });
    expect(refusal(() => act(c, 'li', 'accept'))).toMatchObject({ kind: 'forbidden', code: 'dispatch/not-yours' });
    expect(refusal(() => act(c, 'ana', 'accept'))).toMatchObject({ kind: 'forbidden' });
    expect(refusal(() => act(c, 'wang', 'resume'))).toMatchObject({ kind: 'conflict', code: 'dispatch/illegal-move' });
    expect(refusal(() => act(c, 'wang', 'accept', { text: 'x' }))).toMatchObject({
      code: 'dispatch/unexpected-fields',
      pointers: ['/text'],
    });
    const held = act(c, 'wang', 'accept').state;
    expect(refusal(() => act(held, 'wang', 'accept'))).toMatchObject({ kind: 'conflict' });
    expect(refusal(() => act(held, 'li', 'reply', { text: 'x' }))).toMatchObject({ kind: 'forbidden' });
    // Whoever reads the history sees nothing in these either.
    for (const text of [undefined, '', ' \n', '\u200b', '\u3164\u00ad', '\u2800'])
      expect(refusal(() => act(held, 'wang', 'reply', { text }))).toMatchObject({ code: 'dispatch/missing-fields', pointers: ['/text'] });
    expect(refusal(() => act(held, 'wang', 'suspend', { reasonClass: 'customer', reason: 'x', until: now }))).toMatchObject({
      code: 'dispatch/invalid-fields',
      pointers: ['/until'],
    });
    const bySupervisor = act(held, 'zhao', 'reply', { text: 'from the supervisor' }).state;
    expect([holder(bySupervisor), bySupervisor.state]).toEqual(['wang', 'replied']);
  });

  it('dispatches and closes an imported ticket that was closed before, with the instants of the old system', () => {
    const history = { job: 'j', source: 'baltimore-311', closedAt: '2018-04-12T16:45:47.000Z', dueAt: '2018-04-13T15:11:26.000Z', status: 'Closed (Duplicate)' }; // prettier-ignore
    const t = { pack: { key: 'city-311', version: 1 }, type: 'request', category: 'TRT-Traffic Signal Repairs', priority: 'normal', attributes: { agency: 'Transportation' }, registeredAt: '2018-04-12T15:11:26.000Z', history }; // prettier-ignore
    const d = open(city, t, now);
    expect(names(d)).toEqual(['dispatched', 'closed']);
    expect(d.events.map((e) => e.occurredAt)).toEqual(['2018-04-12T15:11:26.000Z', '2018-04-12T16:45:47.000Z']);
    expect(d.state).toMatchObject({ state: 'closed', version: 2, closedAt: history.closedAt });
    expect(d.events[1]).toMatchObject({ data: { reason: 'Closed (Duplicate)' } });
  });

  it('routes an unknown category to the fallback unit unless its agency is known', () => {
    const t = { pack: { key: 'city-311', version: 1 }, type: 'request', category: 'XX-New', priority: 'normal' };
    expect(unit(open(city, t).state)).toBe('unassigned');
    expect(unit(open(city, { ...t, category: 'SW-Dirty Alley' }).state)).toBe('solid-waste');
    expect(unit(open(city, { ...t, category: 'SW-Dirty Alley', attributes: { agency: 'Housing' } }).state)).toBe('housing');
  });

  it('cancels an open case when the ticket is withdrawn and leaves a case that is over', () => {
    const cancelled = withdraw(starter, viewFor(starter), opened(), 'solved itself', later, one);
    expect(cancelled?.events).toMatchObject([
      { name: 'dispatch.ticket-cancelled', data: { reason: 'solved itself', case: { phase: 'closed' } } },
    ]);
    expect(withdraw(starter, viewFor(starter), cancelled?.state ?? opened(), 'again', later, one)).toBeUndefined();
  });

  it('moves an untouched case when an amendment changes its unit, and only changes the content of any other case', () => {
    const again = (c: Case, change: Parameters<typeof amended>[1]): ReturnType<typeof routeAgain> =>
      routeAgain(starter, viewFor(starter), c, amended(c, change), later, one);
    expect(again(opened(), { category: 'network.slow', amendedAt: later })?.events).toMatchObject([
      {
        name: 'dispatch.ticket-dispatched',
        data: { why: 'routed', fromUnit: 'billing', case: { version: 2, lead: { holder: { unit: 'network' } } } },
      },
    ]);
    expect(again(opened(), { title: 'Other words', category: 'billing.plan', amendedAt: later })).toBeUndefined();
    expect(amended(opened(), { title: 'Other words', amendedAt: later })).toMatchObject({ title: 'Other words', version: 1 });
    const taken = act(opened(), 'wang', 'accept').state;
    expect(again(taken, { category: 'network.slow', amendedAt: later })).toBeUndefined();
    expect(amended(taken, { category: 'network.slow', amendedAt: later }).class.category).toBe('billing.refund');
  });

  it('leaves a case with whoever took it from the pool, whatever an amendment says', () => {
    const taken = act(opened(), 'wang', 'take').state;
    expect(amended(taken, { category: 'network.slow', amendedAt: later }).class.category).toBe('billing.refund');
    expect(
      routeAgain(starter, viewFor(starter), taken, amended(taken, { category: 'network.slow', amendedAt: later }), later, one),
    ).toBeUndefined();
  });
});

describe('any sequence of actions on a pack of format 1', () => {
  const types = new Map(dispatch.CASE_EVENTS.map((t) => [t.name as string, t]));
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

  it('keeps versions gapless, tells only valid events, leaves exactly one lead while open, and lists exactly the available actions', () => {
    fc.assert(
      fc.property(tries, (moves) => {
        let c = opened();
        for (const m of moves) {
          const input = {
            ...(['transfer', 'return', 'suspend', 'reopen', 'cancel', 'hand-over'].includes(m.action) ? { reason: 'r' } : {}),
            ...(m.action === 'transfer' ? { toUnit: m.unit } : {}),
            ...(m.action === 'hand-over' ? { toPerson: m.person } : {}),
            ...(m.action === 'suspend' ? { reasonClass: 'third-party' } : {}),
            ...(m.action === 'reply' ? { text: 't' } : {}),
            ...(m.action === 'resolve' ? { solution: 's' } : {}),
          };
          const listed = available(starter, viewFor(starter), c, person(m.as), later).some((o) => o.action === m.action);
          let done;
          try {
            done = act(c, m.as, m.action, input);
          } catch (error) {
            if (!(error instanceof AppError)) throw error;
            // What is listed fails for its input alone.
            if (listed) expect(error.kind).toBe('refused');
            continue;
          }
          expect(listed).toBe(true);
          const versions = done.events.map((e) => (e.data as { case: { version: number } }).case.version);
          expect(versions).toEqual(done.events.map((_, i) => c.version + 1 + i));
          expect(done.state.version).toBe(versions.at(-1));
          for (const e of done.events)
            types.get(e.name)?.of({ org: id.org, ticketId: id.ticketId, occurredAt: e.occurredAt, data: e.data as never });
          expect(done.state.tasks.filter((t) => t.lead && t.endedAt === undefined)).toHaveLength(done.state.phase === 'open' ? 1 : 0);
          c = done.state;
        }
      }),
      { numRuns: 200 },
    );
  });
});
