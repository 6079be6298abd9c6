import { caseAfter, type CaseView, dispatch, type EventOf, intake, isCaseEvent, NEW_CASE } from '@gongdan/contracts';
import { amendedFacts, caseFacts, factsAfter, type Facts, fieldsIn, type Pack, ticketFacts } from '@gongdan/packs';

/** The events of a ticket that may start, pause, resume, stop or cancel a clock; the pack decides which of them do. */
export const TRIGGER_EVENTS = [intake.TicketRegistered, intake.TicketAmended, intake.TicketWithdrawn, ...dispatch.CASE_EVENTS] as const;
export type TriggerEvent = EventOf<(typeof TRIGGER_EVENTS)[number]>;

/** What sla stores of a ticket. */
export interface SlaTicket {
  org: string;
  id: string;
  packKey: string;
  packVersion: number;
  /** Undefined while no unit has the ticket. */
  unit: string | undefined;
  number: string;
  /** What conditions of the pack may test. */
  facts: Facts;
}

/** The ticket after an event: the same object when the event changes nothing, undefined when the registration is missing. */
export function ticketAfter(before: SlaTicket | undefined, event: TriggerEvent, pack: Pack): SlaTicket | undefined {
  if (event.name === intake.TicketRegistered.name) {
    const { data } = event;
    return {
      org: event.org,
      id: event.ticketId,
      packKey: data.pack.key,
      packVersion: data.pack.version,
      unit: undefined,
      number: data.number,
      facts: ticketFacts(pack.catalogue, data),
    };
  }
  if (before === undefined) return undefined;
  // A running promise keeps its limit after an amendment: limits by class come with the policies (SL-10).
  if (event.name === intake.TicketAmended.name) return { ...before, facts: amendedFacts(pack.catalogue, before.facts, event.data) };
  if (!isCaseEvent(event)) return before;
  const view = caseAfter(viewOf(before), event);
  const facts = factsAfter(pack.catalogue, before.facts, event, view);
  return view.unit === before.unit && facts === before.facts ? before : { ...before, unit: view.unit, facts };
}

/** The facts that triggers and limits see: those of the ticket, and the event with its case. `ticket` is that after the event. */
export function factsAt(ticket: SlaTicket, event: TriggerEvent): Facts {
  return { ...ticket.facts, event: event.data, case: isCaseEvent(event) ? caseFacts(caseAfter(viewOf(ticket), event)) : undefined };
}

/** The run of the case in which an event happened; undefined when the event does not tell it. */
export function runOf(event: TriggerEvent): number | undefined {
  if (event.name === intake.TicketRegistered.name) return 1;
  // An event that was published as version 1 told neither the pack nor the run; its upcaster counts as far as one event allows.
  return isCaseEvent(event) && event.data.case.pack !== undefined ? event.data.case.run : undefined;
}

// What sla stores of the view: the unit, which outlasts closing, and the form fields.
function viewOf(ticket: SlaTicket): CaseView {
  return { ...NEW_CASE, unit: ticket.unit, fields: fieldsIn(ticket.facts) };
}
