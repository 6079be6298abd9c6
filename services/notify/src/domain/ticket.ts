import { caseAfter, type CaseEvent, type EventOf, type intake, isCaseEvent, NEW_CASE, type sla } from '@gongdan/contracts';
import { amendedFacts, factsAfter, type Facts, fieldsIn, type Pack, ticketFacts } from '@gongdan/packs';

/**
 * What notify stores of a ticket to write messages about it. A ticket is *silent* while it is only history: it was imported and no person has
 * worked on it here. No mail is sent about a silent ticket, or an import of a million rows would send a million mails.
 */
export interface KnownTicket {
  org: string;
  id: string;
  /** The pack version the case runs on: that of the registration until a supervisor moves it. */
  packKey: string;
  packVersion: number;
  number: string;
  title: string;
  description: string;
  language: 'zh-CN' | 'en';
  registeredAt: string;
  facts: Facts;
  contactSealed?: string | undefined;
  silent: boolean;
  step?: string | undefined;
  state: string;
  unit?: string | undefined;
  holder?: string | undefined;
  /** Who registered the ticket, and in which unit. */
  registeredBy?: string | undefined;
  registeringUnit?: string | undefined;
  watchers?: readonly string[] | undefined;
  /** The newest run of the case that an event told. Tickets of earlier releases have none until the next event. */
  run?: number | undefined;
}

export type ClockEvent = EventOf<(typeof sla)[keyof typeof sla]>;
export type IntakeEvent = EventOf<(typeof intake)['TicketRegistered' | 'TicketAmended' | 'TicketWithdrawn']>;
export type TicketEvent = IntakeEvent | CaseEvent | ClockEvent;

export function registeredTicket(event: EventOf<typeof intake.TicketRegistered>, pack: Pack): KnownTicket {
  const { data } = event;
  return {
    org: event.org,
    id: event.ticketId,
    packKey: data.pack.key,
    packVersion: data.pack.version,
    number: data.number,
    title: data.title,
    description: data.description,
    language: data.language,
    registeredAt: data.registeredAt,
    facts: ticketFacts(pack.catalogue, data),
    contactSealed: data.contactSealed,
    silent: data.history !== undefined,
    state: NEW_CASE.state,
    unit: data.unit,
    registeredBy: event.actor.id,
    registeringUnit: data.unit,
    run: 1,
  };
}

/** Whether an event of that name can change what is stored of a ticket; `ticketAfter` returns the same object for all others. */
export function changesTicket(event: TicketEvent): boolean {
  return event.name === 'intake.ticket-registered' || event.name === 'intake.ticket-amended' || isCaseEvent(event);
}

/** The ticket after the event; the same object when the event changes nothing that is stored. */
export function ticketAfter(ticket: KnownTicket, event: TicketEvent, pack: Pack): KnownTicket {
  if (event.name === 'intake.ticket-amended') return amendedTicket(ticket, event, pack);
  if (!isCaseEvent(event)) return ticket;
  const view = caseAfter({ ...NEW_CASE, unit: ticket.unit, fields: fieldsIn(ticket.facts) }, event);
  const { step, state, unit, holder } = view;
  const facts = factsAfter(pack.catalogue, ticket.facts, event, view);
  const { title = ticket.title, description = ticket.description } = event.name === 'dispatch.ticket-corrected' ? event.data : ticket;
  const silent = ticket.silent && event.actor.id.startsWith('system:');
  const watchers = event.name === 'dispatch.ticket-watched' ? event.data.watchers : ticket.watchers;
  const runsOn = event.name === 'dispatch.ticket-repacked' ? event.data.to : { key: ticket.packKey, version: ticket.packVersion };
  // An event that was published as version 1 told neither the pack nor the run.
  const run = event.data.case.pack === undefined ? ticket.run : view.run;
  const next: KnownTicket = {
    ...ticket,
    packKey: runsOn.key,
    packVersion: runsOn.version,
    step,
    state,
    unit,
    holder,
    silent,
    facts,
    title,
    description,
    watchers,
    run,
  };
  const same = (Object.keys(next) as (keyof KnownTicket)[]).every((property) => next[property] === ticket[property]);
  return same ? ticket : next;
}

function amendedTicket(ticket: KnownTicket, event: EventOf<typeof intake.TicketAmended>, pack: Pack): KnownTicket {
  const { data } = event;
  return {
    ...ticket,
    title: data.title ?? ticket.title,
    description: data.description ?? ticket.description,
    contactSealed: data.contactSealed ?? ticket.contactSealed,
    facts: amendedFacts(pack.catalogue, ticket.facts, data),
  };
}

/**
 * Whether sla tells of a clock of an earlier run, as dispatch judges it (docs/adr/0036): nobody is to hear that work is overdue which was closed and
 * begun again.
 */
export function isOfEarlierRun(event: TicketEvent, ticket: KnownTicket): boolean {
  const run = 'run' in event.data ? event.data.run : undefined;
  return event.name.startsWith('sla.clock-') && run !== undefined && ticket.run !== undefined && run < ticket.run;
}
