import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { z } from 'zod';
import { describe, expect, it } from '@jest/globals';
import {
  caseAfter,
  type CaseEvent,
  type CaseView,
  classAfter,
  dispatch,
  eventByName,
  intake,
  isCaseEvent,
  NEW_CASE,
  sla,
  TICKET_EVENTS,
  TICKET_STATES,
} from './index.js';

// The same draws in each run; SEED=… makes others.
fc.configureGlobal({ seed: Number(process.env['SEED'] ?? 20_261_129) });
type CaseHolder = dispatch.CaseHolder;

const AT = '2026-03-02T01:00:00.000Z';
const EARLIER = '2026-03-01T01:00:00.000Z';

type Position = Partial<CaseEvent['data']['case']>;

/** The minimal golden event of that name, with another position. */
function eventOf(name: string, position: Position = {}, at = AT, more: object = {}): CaseEvent {
  const { version = 1 } = eventByName(name) ?? {};
  const file = new URL(`../fixtures/${name}.v${version}.minimal.json`, import.meta.url);
  const data = JSON.parse(readFileSync(file, 'utf8')) as CaseEvent['data'];
  return {
    id: '018f3a5c-7d21-7c44-9b1e-000000000002',
    name,
    version,
    producer: 'dispatch',
    org: 'acme',
    ticketId: '018f3a5c-7d21-7c44-9b1e-000000000001',
    seq: 1,
    occurredAt: at,
    correlationId: 'c',
    actor: { id: 'wang' },
    data: { ...data, at, case: { ...plain, ...position }, ...more },
  } as CaseEvent;
}
const plain: CaseEvent['data']['case'] = {
  step: 'step',
  state: 'in_progress',
  phase: 'open',
  run: 1,
  version: 7,
  hop: { no: 1, depth: 1 },
  side: [],
};
const leadOf = (holder: CaseHolder): Position => ({ lead: { no: 3, version: 7, holder } });

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

const NOBODY = { unit: undefined, class: undefined };
const none = () => ({ first: {}, again: {} });

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
  'dispatch.ticket-advanced': none(),
  'dispatch.ticket-classified': none(),
  'dispatch.ticket-corrected': none(),
  'dispatch.ticket-urged': { first: { urges: 1 }, again: { urges: 1 } },
  'dispatch.ticket-judged': { first: { judged: NOBODY }, again: { judged: NOBODY } },
  'dispatch.ticket-repacked': none(),
  'dispatch.ticket-watched': none(),
  'dispatch.ticket-noted': none(),
  'dispatch.submission-refused': none(),
  'dispatch.reaction-refused': none(),
  'dispatch.task-opened': none(),
  'dispatch.task-assigned': none(),
  'dispatch.task-ended': none(),
  'dispatch.task-slept': none(),
  'dispatch.task-woke': none(),
  'dispatch.group-opened': none(),
  'dispatch.group-ended': none(),
  'dispatch.request-asked': none(),
  'dispatch.request-answered': none(),
};
const names = dispatch.CASE_EVENTS.map((event) => event.name);

describe('caseAfter', () => {
  it('this spec has an expectation for every case event', () => {
    expect(Object.keys(TALLIES).sort()).toEqual([...names].sort());
  });

  it.each(names)('takes the whole position from %s and keeps nothing of the old one', (name) => {
    const side = [{ no: 4, version: 6, step: 'sign-off', holder: { unit: 'head' } }];
    const position: Position = {
      ...{ step: 'here', state: 'replied', run: 2, hop: { no: 3, depth: 2 }, burns: { party: 'customer' as const }, side },
      ...{ pack: { key: 'p', version: 2 }, class: { type: 't', category: 'c', priority: 'p' } },
      ...leadOf({ unit: 'billing', person: 'wang' }),
    };
    expect(caseAfter(before, eventOf(name, position))).toMatchObject({
      ...position,
      version: 7,
      since: AT,
      unit: 'billing',
      holder: 'wang',
    });
    // A unit or person that the event does not name is gone: the unit that returned a ticket has no part in it any more.
    expect(caseAfter(before, eventOf(name, { step: 'nowhere', state: 'unroutable', burns: {}, ...leadOf({}) }))).toMatchObject({
      step: 'nowhere',
      state: 'unroutable',
      phase: 'open',
      unit: undefined,
      holder: undefined,
      class: undefined,
      pack: undefined,
      side: [],
    });
  });

  it.each(names)('counts what %s adds, once on a fresh case and once on one with every milestone', (name) => {
    const { lead, burns, pack, class: classified, unit, holder } = NEW_CASE;
    const position = { ...plain, lead, burns, pack, class: classified, unit, holder, since: AT };
    expect(caseAfter(before, eventOf(name))).toEqual({ ...before, ...position, ...TALLIES[name].first });
    const all = { ...before, ...milestones };
    expect(caseAfter(all, eventOf(name))).toEqual({ ...all, ...position, ...TALLIES[name].again });
  });

  it('a closed case keeps the unit that had it last, and no holder', () => {
    const closed = eventOf('dispatch.ticket-closed', { state: 'archived', phase: 'closed' });
    expect(caseAfter(before, closed)).toMatchObject({ phase: 'closed', unit: 'network', holder: undefined, lead: undefined });
  });

  it('keeps a state that this version does not know, and takes the phase from the event', () => {
    const event = eventOf('dispatch.ticket-advanced', { state: 'embalmed', phase: 'closed' });
    const read = dispatch.TicketAdvanced.read(1, event.data);
    expect(read.case.state).toBe('embalmed');
    expect(caseAfter(before, event)).toMatchObject({ state: 'embalmed', phase: 'closed' });
    // A producer may not use it.
    const draft = { org: 'acme', ticketId: event.ticketId, occurredAt: AT };
    expect(() => dispatch.TicketAdvanced.of({ ...draft, data: read })).toThrow(z.ZodError);
    const says = { ...read, case: plain, says: 'sung' };
    expect(() => dispatch.TicketAdvanced.of({ ...draft, data: says })).toThrow(z.ZodError);
    expect(dispatch.TicketAdvanced.read(1, says).says).toBe('sung');
    // Exactly one burns time (law 3).
    const both = { ...read, case: { ...plain, burns: { unit: 'u', party: 'customer' as const } } };
    expect(() => dispatch.TicketAdvanced.of({ ...draft, data: both })).toThrow(z.ZodError);
  });

  it('gathers the form fields that are not personal; null removes one', () => {
    const first = { changes: { fields: { amount: 3, phone: 'sealed', note: 'x' }, sealed: ['phone'] } };
    const view = caseAfter(before, eventOf('dispatch.ticket-advanced', {}, AT, first));
    expect(view.fields).toEqual({ amount: 3, note: 'x' });
    expect(caseAfter(view, eventOf('dispatch.ticket-noted')).fields).toBe(view.fields);
    const second = { changes: { fields: { amount: 4, note: null } } };
    expect(caseAfter(view, eventOf('dispatch.ticket-replied', {}, AT, second)).fields).toEqual({ amount: 4 });
  });

  it('whatever the stream, the fold has the position of its last event', () => {
    const person = fc.constantFrom('wang', 'li', undefined);
    const position = fc.record({
      step: fc.constantFrom('a', 'b'),
      state: fc.constantFrom(...TICKET_STATES, 'later'),
      phase: fc.constantFrom('open' as const, 'closed' as const),
      run: fc.integer({ min: 1, max: 3 }),
      version: fc.integer({ min: 1, max: 99 }),
      hop: fc.record({ no: fc.nat(5), depth: fc.nat(3) }),
      burns: fc.constantFrom({ unit: 'u' }, { party: 'customer' as const }, {}, undefined),
      lead: fc.option(person.map((p) => ({ no: 2, version: 3, holder: { unit: 'u', ...(p === undefined ? {} : { person: p }) } })), { nil: undefined }),
      side: fc.array(fc.record({ no: fc.nat(9), version: fc.nat(9), step: fc.constant('s'), holder: fc.constant({ unit: 'v' }) }), { maxLength: 3 }),
      class: fc.constantFrom(undefined, { type: 't', category: 'c', priority: 'p' }),
      pack: fc.constantFrom(undefined, { key: 'p', version: 1 }),
    }); // prettier-ignore
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom(...names), position), { minLength: 1, maxLength: 8 }), (stream) => {
        const events = stream.map(([name, where]) => eventOf(name, where));
        const view = events.reduce<CaseView | undefined>(caseAfter, undefined);
        const last = events.at(-1)?.data.case;
        expect(view).toMatchObject(last ?? {});
        expect(view?.holder).toBe(last?.lead?.holder.person);
      }),
      { numRuns: 300 },
    );
  });

  it('opens again after a reopening', () => {
    const closed = caseAfter(before, eventOf('dispatch.ticket-closed', { state: 'closed', phase: 'closed' }, EARLIER));
    expect(caseAfter(closed, eventOf('dispatch.ticket-reopened', { state: 'dispatched' }))).toMatchObject({
      phase: 'open',
      closedAt: undefined,
      reopens: 2,
    });
  });

  it('begins with an open, received case when nothing is known yet', () => {
    const event = eventOf('dispatch.ticket-reopened', leadOf({ unit: 'network' }));
    expect(caseAfter(undefined, event)).toEqual(caseAfter(NEW_CASE, event));
    expect(NEW_CASE).toMatchObject({ state: 'received', phase: 'open', version: 0, reopens: 0 });
  });

  it('leaves the view it was given unchanged', () => {
    const given = Object.freeze({ ...before });
    for (const name of names) caseAfter(given, eventOf(name));
    expect(given).toEqual(before);
  });
});

describe('classAfter', () => {
  it('tells what dispatch changed of the class, and nothing for an event that only repeats it', () => {
    const whole = { class: { type: 't', category: 'c', priority: 'p' } };
    expect(classAfter(eventOf('dispatch.ticket-accepted', whole))).toBeUndefined();
    const changes = { changes: { class: { priority: 'high' } } };
    expect(classAfter(eventOf('dispatch.ticket-advanced', whole, AT, changes))).toEqual({ priority: 'high' });
    const classified = eventOf('dispatch.ticket-classified', whole, AT, { from: { item: 'lamp', type: 'a' }, to: { type: 't' } });
    expect(classAfter(classified)).toEqual({ item: undefined, type: 't' });
  });
});

describe('events of version 1', () => {
  const read = (name: string, file = 'v1') => {
    const url = new URL(`../fixtures/${name}.${file}.json`, import.meta.url);
    return eventByName(name)?.read(1, JSON.parse(readFileSync(url, 'utf8'))) as CaseEvent['data'];
  };

  it('are read with the lead as task 1, the hop that a dispatch told, and the time of the unit', () => {
    expect(read('dispatch.ticket-dispatched').case).toEqual({
      ...{
        step: 'handling',
        state: 'dispatched',
        phase: 'open',
        run: 1,
        version: 2,
        hop: { no: 1, depth: 1 },
        burns: { unit: 'rail-repair' },
      },
      lead: { no: 1, version: 2, holder: { unit: 'rail-repair', person: 'person-zhang-wei' } },
      side: [],
    });
    expect(read('dispatch.ticket-dispatched', 'v1.minimal').case).toMatchObject({
      burns: {},
      lead: { holder: {} },
      hop: { no: 1, depth: 0 },
    });
  });

  it('of a suspended case tell whose time burns', () => {
    expect(read('dispatch.ticket-suspended').case).toMatchObject({
      burns: { party: 'third-party' },
      lead: { holder: { unit: 'rail-repair', person: 'person-zhang-wei', waitsFor: 'third-party' } },
    });
  });

  it.each(['closed', 'cancelled'])('have neither lead nor burning time when the case is %s', (state) => {
    const { case: now } = read(`dispatch.ticket-${state}`);
    expect([now.phase, now.lead, now.burns]).toEqual(['closed', undefined, undefined]);
  });

  it('of a reopened case count the run', () => {
    expect(read('dispatch.ticket-reopened').case).toMatchObject({ phase: 'open', run: 2 });
  });

  it.each([{}, { case: null }, { case: {} }, { case: { step: 1 } }])('are refused when they are none: %j', (payload) => {
    expect(() => dispatch.TicketReopened.read(1, payload)).toThrow(z.ZodError);
  });
});

describe('isCaseEvent', () => {
  it('accepts the events of dispatch about cases and no other event about a ticket', () => {
    const accepted = TICKET_EVENTS.filter(isCaseEvent).map((event) => event.name);
    expect(accepted.sort()).toEqual([...names].sort());
    for (const other of [intake.TicketRegistered, sla.ClockStarted, dispatch.PackPublished]) expect(isCaseEvent(other)).toBe(false);
  });
});
