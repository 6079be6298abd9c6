import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { caseAfter, type CaseEvent, type CaseView, dispatch, intake, isCaseEvent, NEW_CASE, sla, TICKET_EVENTS } from './index.js';

const AT = '2026-03-02T01:00:00.000Z';
const EARLIER = '2026-03-01T01:00:00.000Z';

/** The minimal golden event of that name, with another position. */
function eventOf(name: string, position: Partial<CaseEvent['data']['case']> = {}, at = AT): CaseEvent {
  const file = new URL(`../fixtures/${name}.v1.minimal.json`, import.meta.url);
  const data = JSON.parse(readFileSync(file, 'utf8')) as CaseEvent['data'];
  return {
    id: '018f3a5c-7d21-7c44-9b1e-000000000002',
    name,
    version: 1,
    producer: 'dispatch',
    org: 'acme',
    ticketId: '018f3a5c-7d21-7c44-9b1e-000000000001',
    seq: 1,
    occurredAt: at,
    correlationId: 'c',
    actor: { id: 'wang' },
    data: { ...data, at, case: { step: 'step', state: 'in_progress', version: 7, ...position } },
  } as CaseEvent;
}

const before: CaseView = {
  ...NEW_CASE,
  step: 'before',
  state: 'accepted',
  unit: 'network',
  holder: 'li',
  version: 6,
  since: EARLIER,
  returns: 1,
  reopens: 1,
  transfers: 1,
};
const milestones: Partial<CaseView> = {
  dispatchedAt: EARLIER,
  acceptedAt: EARLIER,
  repliedAt: EARLIER,
  resolvedAt: EARLIER,
  closedAt: EARLIER,
};

// What each event adds to the tallies: on a case without milestones, and on one that has them all.
const TALLIES: Record<CaseEvent['name'], { first: Partial<CaseView>; again: Partial<CaseView> }> = {
  'dispatch.ticket-dispatched': { first: { dispatchedAt: AT }, again: {} },
  'dispatch.ticket-unroutable': { first: {}, again: {} },
  'dispatch.ticket-accepted': { first: { acceptedAt: AT }, again: {} },
  'dispatch.ticket-transferred': { first: { transfers: 2 }, again: { transfers: 2 } },
  'dispatch.ticket-returned': { first: { returns: 2 }, again: { returns: 2 } },
  'dispatch.ticket-replied': { first: { repliedAt: AT }, again: {} },
  'dispatch.ticket-suspended': { first: {}, again: {} },
  'dispatch.ticket-resumed': { first: {}, again: {} },
  'dispatch.ticket-resolved': { first: { resolvedAt: AT }, again: { resolvedAt: AT } },
  'dispatch.ticket-closed': { first: { closedAt: AT }, again: { closedAt: AT } },
  'dispatch.ticket-reopened': { first: { reopens: 2 }, again: { reopens: 2, resolvedAt: undefined, closedAt: undefined } },
  'dispatch.ticket-cancelled': { first: { closedAt: AT }, again: { closedAt: AT } },
};
const names = dispatch.CASE_EVENTS.map((event) => event.name);

describe('caseAfter', () => {
  it('this spec has an expectation for every case event', () => {
    expect(Object.keys(TALLIES).sort()).toEqual([...names].sort());
  });

  it.each(names)('takes the whole position from %s and keeps nothing of the old one', (name) => {
    const at = { since: AT, version: 7 };
    expect(caseAfter(before, eventOf(name, { step: 'here', state: 'replied', unit: 'billing', holder: 'wang' }))).toMatchObject({
      ...at,
      step: 'here',
      state: 'replied',
      phase: 'open',
      unit: 'billing',
      holder: 'wang',
    });
    // A unit or person that the event does not name is gone: the unit that returned a ticket has no part in it any more.
    expect(caseAfter(before, eventOf(name, { step: 'nowhere', state: 'unroutable' }))).toMatchObject({
      ...at,
      step: 'nowhere',
      state: 'unroutable',
      phase: 'open',
      unit: undefined,
      holder: undefined,
    });
  });

  it.each(names)('counts what %s adds, once on a fresh case and once on one with every milestone', (name) => {
    const position = { step: 'step', state: 'in_progress', phase: 'open', unit: undefined, holder: undefined, version: 7, since: AT };
    expect(caseAfter(before, eventOf(name))).toEqual({ ...before, ...position, ...TALLIES[name].first });
    const all = { ...before, ...milestones };
    expect(caseAfter(all, eventOf(name))).toEqual({ ...all, ...position, ...TALLIES[name].again });
  });

  it.each(['closed', 'cancelled'] as const)('the case is in phase closed in state %s', (state) => {
    expect(caseAfter(before, eventOf('dispatch.ticket-closed', { state })).phase).toBe('closed');
  });

  it('opens again after a reopening', () => {
    const closed = caseAfter(before, eventOf('dispatch.ticket-closed', { state: 'closed' }, EARLIER));
    expect(caseAfter(closed, eventOf('dispatch.ticket-reopened', { state: 'dispatched' }))).toMatchObject({
      phase: 'open',
      closedAt: undefined,
      reopens: 2,
    });
  });

  it('begins with an open, received case when nothing is known yet', () => {
    const event = eventOf('dispatch.ticket-reopened', { unit: 'network' });
    expect(caseAfter(undefined, event)).toEqual(caseAfter(NEW_CASE, event));
    expect(NEW_CASE).toMatchObject({ state: 'received', phase: 'open', version: 0, reopens: 0 });
  });

  it('leaves the view it was given unchanged', () => {
    const given = Object.freeze({ ...before });
    for (const name of names) caseAfter(given, eventOf(name));
    expect(given).toEqual(before);
  });
});

describe('isCaseEvent', () => {
  it('accepts the events of dispatch about cases and no other event about a ticket', () => {
    const accepted = TICKET_EVENTS.filter(isCaseEvent).map((event) => event.name);
    expect(accepted.sort()).toEqual([...names].sort());
    for (const other of [intake.TicketRegistered, sla.ClockStarted, dispatch.PackPublished]) expect(isCaseEvent(other)).toBe(false);
  });
});
