import { describe, expect, it } from '@jest/globals';
import { type Pack } from '@gongdan/packs';
import { act, registered, city, id, later, names, now, opened, person, refusal, starter } from '../../test/case-builders.js';
import { amend, open, withdraw } from './case.js';
import { available, routeByHand } from './process.js';

describe('open', () => {
  it('routes a new case by the first rule whose condition holds and records the decision', () => {
    const d = open(starter, id, registered(), now);
    expect(d.state).toMatchObject({ step: 'waiting', state: 'dispatched', unit: 'billing', version: 1, hop: 1 });
    expect(d.events).toMatchObject([
      {
        name: 'dispatch.ticket-dispatched',
        data: {
          rule: 'billing',
          why: 'routed',
          hop: 1,
          at: now,
          case: { lead: { no: 1, version: 1, holder: { unit: 'billing' } }, burns: { unit: 'billing' }, version: 1 },
        },
      },
    ]);
    expect(d.records).toMatchObject([
      {
        rule: 'billing',
        unit: 'billing',
        no: 1,
        facts: { type: 'complaint', categories: ['billing.refund', 'billing'] },
        runnerUp: { rule: 'fallback', unit: 'review-centre' },
        by: 'system:dispatch',
      },
    ]);
    expect(d.events[0]?.data).toMatchObject({ decision: d.records[0]?.id });
  });

  it('makes a case unroutable when no rule matches, until a supervisor names a unit', () => {
    const withoutFallback: Pack = { ...starter, routing: { rules: starter.routing.rules } };
    const d = open(withoutFallback, id, registered({ category: 'other' }), now);
    expect(names(d)).toEqual(['unroutable']);
    expect(d.state).toMatchObject({ step: 'unroutable', state: 'unroutable' });
    expect(d.state.unit).toBeUndefined();
    expect(refusal(() => routeByHand(withoutFallback, d.state, 'nowhere', person('zhao'), later))).toMatchObject({
      code: 'dispatch/unknown-unit',
      pointers: ['/unit'],
    });
    const placed = routeByHand(withoutFallback, d.state, 'network', person('zhao'), later);
    expect(placed.events).toMatchObject([{ name: 'dispatch.ticket-dispatched', data: { rule: 'supervisor', hop: 2 } }]);
    expect(placed.records).toMatchObject([{ no: 2, by: 'zhao', unit: 'network' }]);
    expect(refusal(() => routeByHand(withoutFallback, placed.state, 'network', person('zhao'), later))).toMatchObject({ kind: 'conflict' });
  });

  it('dispatches and closes an imported ticket that was closed before, with the instants of the old system', () => {
    const history = {
      job: 'j',
      source: 'baltimore-311',
      closedAt: '2018-04-12T16:45:47.000Z',
      dueAt: '2018-04-13T15:11:26.000Z',
      status: 'Closed (Duplicate)',
    };
    const t = registered({
      pack: { key: 'city-311', version: 1 },
      type: 'request',
      category: 'TRT-Traffic Signal Repairs',
      channel: 'phone',
      priority: 'normal',
      attributes: { agency: 'Transportation' },
      registeredAt: '2018-04-12T15:11:26.000Z',
      history,
    });
    const d = open(city, id, t, now);
    expect(names(d)).toEqual(['dispatched', 'closed']);
    expect(d.events.map((e) => e.occurredAt)).toEqual(['2018-04-12T15:11:26.000Z', '2018-04-12T16:45:47.000Z']);
    expect(d.state).toMatchObject({ state: 'closed', unit: 'transportation', version: 2, closedAt: history.closedAt });
    expect(d.events[1]).toMatchObject({ data: { reason: 'Closed (Duplicate)' } });
    expect(available(city, d.state, person('tess', city), later)).toEqual([]);
  });

  it('routes an unknown category to the fallback unit unless its agency is known', () => {
    const t = { pack: { key: 'city-311', version: 1 }, type: 'request', category: 'XX-New', priority: 'normal' };
    expect(open(city, id, registered(t), now).state.unit).toBe('unassigned');
    expect(open(city, id, registered({ ...t, category: 'SW-Dirty Alley' }), now).state.unit).toBe('solid-waste');
    expect(open(city, id, registered({ ...t, category: 'SW-Dirty Alley', attributes: { agency: 'Housing' } }), now).state.unit).toBe(
      'housing',
    );
  });
});

describe('withdraw and amend', () => {
  it('cancels an open case when the ticket is withdrawn and keeps a case that is over', () => {
    const c = opened();
    const cancelled = withdraw(starter, c, 'solved itself', later);
    expect(names(cancelled)).toEqual(['cancelled']);
    expect(cancelled.state).toMatchObject({ state: 'cancelled', step: 'cancelled' });
    expect(withdraw(starter, cancelled.state, 'again', later)).toMatchObject({ events: [], state: cancelled.state });
  });

  it('moves an untouched case when an amendment changes its unit, and only changes the content of any other case', () => {
    const c = opened();
    const moved = amend(starter, c, { category: 'network.slow', amendedAt: later }, later);
    expect(moved.events).toMatchObject([
      {
        name: 'dispatch.ticket-dispatched',
        data: { why: 'routed', fromUnit: 'billing', case: { version: 2, lead: { holder: { unit: 'network' } } } },
      },
    ]);
    expect(amend(starter, c, { title: 'Other words', category: 'billing.plan', amendedAt: later }, later)).toMatchObject({
      events: [],
      state: { title: 'Other words', unit: 'billing', version: 1 },
    });
    const taken = act(c, 'wang', 'accept').state;
    expect(amend(starter, taken, { category: 'network.slow', amendedAt: later }, later)).toMatchObject({
      events: [],
      state: { unit: 'billing', version: 2 },
    });
  });
});
