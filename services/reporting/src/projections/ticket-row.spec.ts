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
