import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { dispatch, eventByName, type TicketEvent, TICKET_EVENTS } from '@gongdan/contracts';
import { evolve, type TicketRow } from './ticket-row.js';

const EARLIER = '2026-03-01T00:00:00.000Z';
const AT = '2026-03-02T01:00:00.000Z';

/** An event with the data of its golden fixture. */
function event(name: string, data: object = {}): TicketEvent {
  const version = eventByName(name)?.version;
  const file = new URL(`../../../../../libs/contracts/fixtures/${name}.v${version}.json`, import.meta.url);
  return {
    id: 'e',
    name,
    version: 1,
    producer: name.split('.')[0],
    org: 'acme',
    ticketId: 't',
    seq: 1,
    occurredAt: AT,
    correlationId: 'c',
    actor: { id: 'wang' },
    data: { ...(JSON.parse(readFileSync(file, 'utf8')) as object), ...data },
  } as TicketEvent;
}

const registered = evolve(undefined, event('intake.ticket-registered'));
const row: TicketRow = { ...registered, changedAt: EARLIER };
const moved = (unit?: string) => ({
  case: dispatch.caseOfOneTask({ step: 's', state: 'dispatched', version: 1, unit }),
  at: AT,
});

describe('the row of a ticket', () => {
  it.each(TICKET_EVENTS.map((type) => type.name))('takes %s as the first event of the ticket and as a later one', (name) => {
    expect(evolve(undefined, event(name))).toMatchObject({ org: 'acme', id: 't' });
    expect(evolve(row, event(name))).toMatchObject({ org: 'acme', id: 't', number: registered.number });
  });

  it.each(TICKET_EVENTS.filter((type) => type.producer !== 'notify').map((type) => type.name))('the row has the instant of %s as its last change', (name) => {
    expect(evolve(row, event(name)).changedAt).toBe(AT);
  }); // prettier-ignore

  it('the row is the same object after a message of notify, so that it is not written', () => {
    expect(evolve(row, event('notify.message-sent'))).toBe(row);
  });

  it('loses its unit when the case becomes unroutable after a return', () => {
    const dispatched = evolve(row, event(dispatch.TicketDispatched.name, moved('network')));
    const returned = evolve(dispatched, event(dispatch.TicketReturned.name, moved()));
    const unroutable = evolve(returned, event(dispatch.TicketUnroutable.name, moved()));
    expect([dispatched.unit, returned.unit, unroutable.unit]).toEqual(['network', null, null]);
    expect(unroutable).toMatchObject({ returns: 1, dispatchedAt: AT });
  });

  it('keeps the unit of a closed case, and tells a case with a state it does not know by its phase', () => {
    const dispatched = evolve(row, event(dispatch.TicketDispatched.name, moved('network')));
    const end = { ...dispatch.caseOfOneTask({ step: 'end', state: 'closed', version: 2 }), state: 'buried' };
    const closed = event(dispatch.TicketClosed.name, { case: end, at: AT });
    expect(evolve(dispatched, closed)).toMatchObject({ state: 'buried', phase: 'closed', unit: 'network', holder: null, closedAt: AT });
  });

  it('follows class, text, place, urges, side tasks, findings and runs that dispatch tells', () => {
    const at = { case: dispatch.caseOfOneTask({ step: 's', state: 'accepted', unit: 'network', version: 3 }), at: AT };
    const open = { ...at.case, run: 2, side: [{ no: 2, version: 3, step: 'approval', holder: {} }] };
    const events = [
      event(dispatch.TicketClassified.name, { ...at, from: { type: 'complaint' }, to: { type: 'fault' } }),
      event(dispatch.TicketCorrected.name, { ...at, title: 'new', description: undefined, place: { area: 'south' } }),
      event(dispatch.TicketUrged.name, { ...at, count: 1 }),
      event(dispatch.TicketUrged.name, { ...at, count: 2 }),
      event(dispatch.TicketJudged.name, { ...at, unit: 'billing', class: 'late' }),
      event(dispatch.TaskOpened.name, { ...at, case: open }),
    ].map((e) => ({ ...e, data: { ...e.data, changes: undefined } }) as TicketEvent);
    expect(events.reduce(evolve, { ...row, address: 'old' })).toMatchObject({
      ...{
        type: 'fault',
        category: row.category,
        priority: row.priority,
        title: 'new',
        description: row.description,
        address: null,
        area: 'south',
      },
      ...{ urges: 2, judgedUnit: 'billing', judgedClass: 'late', sideTasks: 1, run: 2 },
    });
  });

  it('takes the class that an action changed, and no class that an event only repeats', () => {
    const told = {
      case: { ...dispatch.caseOfOneTask({ step: 's', state: 'accepted', version: 3 }), class: { type: 'x', category: 'x', priority: 'x' } },
      at: AT,
    };
    const advanced = (changes?: object) => evolve(row, event(dispatch.TicketAdvanced.name, { ...told, changes }));
    expect(advanced()).toMatchObject({ type: row.type, category: row.category, priority: row.priority });
    expect(advanced({ class: { priority: 'high' } })).toMatchObject({ type: row.type, priority: 'high' });
  });

  it('keeps what an amendment does not mention, and takes a place as a whole', () => {
    const placed = { ...row, address: 'old', area: 'north' };
    const amended = evolve(placed, { ...event('intake.ticket-amended'), data: { title: 'new', place: { address: 'new' }, amendedAt: AT } } as TicketEvent); // prettier-ignore
    expect(amended).toMatchObject({ title: 'new', description: row.description, address: 'new', area: null });
  });

  it('counts the warnings and breaches of all clocks', () => {
    const events = ['sla.clock-warned', 'sla.clock-warned', 'sla.clock-breached'].map((name) => event(name));
    expect(events.reduce(evolve, row)).toMatchObject({ warnings: 2, breaches: 1 });
  });
});
