import { describe, expect, it } from '@jest/globals';
import { dispatch, type EventDraft, intake } from '@gongdan/contracts';
import { newId } from '@gongdan/kernel';
import { matches, readPack } from '@gongdan/packs';
import { loadPack, packFolder } from '@gongdan/packs/files';
import { factsAt, type SlaTicket, ticketAfter, type TriggerEvent } from './ticket.js';

const pack = readPack(loadPack(packFolder('starter')));
const AT = '2026-03-02T01:00:00.000Z';
const base = { org: 'acme', ticketId: newId(), occurredAt: AT };
const eventOf = (draft: EventDraft) =>
  ({ ...draft, id: newId(), producer: 'dispatch', seq: 1, correlationId: 'c', actor: { id: 'li' } }) as unknown as TriggerEvent;
const position = dispatch.caseOfOneTask({ step: 'handling', state: 'accepted', unit: 'network', person: 'li', version: 2, hop: 2 });
const advanced = (data: object) => eventOf(dispatch.TicketAdvanced.of({ ...base, data: { case: position, at: AT, ...data } }));

const registered = ticketAfter(
  undefined,
  eventOf(
    intake.TicketRegistered.of({
      ...base,
      data: {
        number: 'GD1', pack: { key: 'starter', version: 1 }, channel: 'phone', type: 'complaint', category: 'network', priority: 'ordinary',
        title: 'x', description: '', language: 'en', hasEmail: false, registeredAt: AT, place: { area: 'north' },
      },
    }),
  ),
  pack,
) as SlaTicket; // prettier-ignore
const after = (...events: TriggerEvent[]) =>
  events.reduce<SlaTicket | undefined>((t, e) => ticketAfter(t, e, pack), registered) as SlaTicket;

describe('the ticket of a clock', () => {
  it('has the unit of the lead, and keeps it when the case is closed', () => {
    const closed = dispatch.caseOfOneTask({ step: 'end', state: 'closed', version: 3 });
    expect(after(advanced({})).unit).toBe('network');
    expect(after(advanced({}), eventOf(dispatch.TicketClosed.of({ ...base, data: { case: closed, at: AT } }))).unit).toBe('network');
    const nobody = dispatch.caseOfOneTask({ step: 'x', state: 'unroutable', version: 3 });
    expect(
      after(advanced({}), eventOf(dispatch.TicketNoted.of({ ...base, data: { case: nobody, at: AT, text: '' } }))).unit,
    ).toBeUndefined();
  });

  it('is the same object after an event that changes nothing of it', () => {
    const once = after(advanced({}));
    expect(ticketAfter(once, advanced({ says: 'noted' }), pack)).toBe(once);
  });

  it('follows the class that dispatch changed, and the place', () => {
    const classified = eventOf(
      dispatch.TicketClassified.of({
        ...base,
        data: { case: position, at: AT, from: { category: 'network' }, to: { category: 'network.slow' } },
      }),
    );
    const corrected = eventOf(dispatch.TicketCorrected.of({ ...base, data: { case: position, at: AT, place: { area: 'south' } } }));
    const facts = factsAt(after(classified, corrected), corrected);
    expect(matches({ 'class.category': 'network.slow', categories: 'network', 'place.area': 'south', type: 'complaint' }, facts)).toBe(
      true,
    );
  });

  it('gathers the form fields that are not personal over events', () => {
    const first = advanced({ changes: { fields: { floor: 3, phone: 'sealed' }, sealed: ['phone'] } });
    const second = advanced({
      changes: { fields: { visited: true } },
      says: 'visited',
      action: 'visit',
      cause: { kind: 'action', key: 'visit', depth: 0 },
    });
    const ticket = after(first, second);
    const facts = factsAt(ticket, second);
    expect(matches({ 'fields.floor': 3, 'fields.visited': true, 'fields.phone': { exists: false } }, facts)).toBe(true);
    expect(matches({ 'event.says': 'visited', 'event.action': 'visit', 'event.cause.key': 'visit' }, facts)).toBe(true);
    expect(matches({ 'case.unit': 'network', 'case.holder': 'li', 'case.phase': 'open', 'case.hop': 2, 'case.run': 1 }, facts)).toBe(true);
  });
});
