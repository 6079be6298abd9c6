import { type dispatch, type EventOf, type intake, type sla } from '@gongdan/contracts';
import { categoryPath, type Facts, type Pack, ticketFacts } from '@gongdan/packs';

/**
 * What notify remembers of a ticket, so that it can speak of it. A ticket is *silent* while it is only history: imported, and no person has
 * worked on it here. About a silent ticket no mail is sent, or an import of a million rows would write a million mails.
 */
export interface KnownTicket {
  org: string;
  id: string;
  pack: { key: string; version: number };
  number: string;
  title: string;
  description: string;
  language: 'zh-CN' | 'en';
  registeredAt: string;
  facts: Facts;
  contactSealed: string | undefined;
  silent: boolean;
  step: string | undefined;
  state: string;
  unit: string | undefined;
  holder: string | undefined;
}

export type CaseEvent = EventOf<(typeof dispatch)[Exclude<keyof typeof dispatch, 'PackPublished' | 'caseNow'>]>;
export type ClockEvent = EventOf<(typeof sla)[keyof typeof sla]>;
export type IntakeEvent = EventOf<(typeof intake)['TicketRegistered' | 'TicketAmended' | 'TicketWithdrawn']>;
export type TicketEvent = IntakeEvent | CaseEvent | ClockEvent;

export function newlyKnown(e: EventOf<typeof intake.TicketRegistered>, pack: Pack): KnownTicket {
  const d = e.data;
  return {
    org: e.org,
    id: e.ticketId,
    pack: d.pack,
    number: d.number,
    title: d.title,
    description: d.description,
    language: d.language,
    registeredAt: d.registeredAt,
    facts: ticketFacts(pack.catalogue, d),
    contactSealed: d.contactSealed,
    silent: d.history !== undefined,
    step: undefined,
    state: 'received',
    unit: d.unit,
    holder: undefined,
  };
}

/** The ticket after the event; the same object when the event changes nothing that is remembered. */
export function follow(t: KnownTicket, e: TicketEvent, pack: Pack): KnownTicket {
  if (e.name === 'intake.ticket-amended') return amended(t, e, pack);
  if (!isCaseEvent(e)) return t;
  const { step, state, unit, holder } = e.data.case;
  const silent = t.silent && e.actor.id.startsWith('system:');
  if (t.step === step && t.state === state && t.unit === unit && t.holder === holder && t.silent === silent) return t;
  return { ...t, step, state, unit, holder, silent };
}

export function isCaseEvent(e: TicketEvent): e is CaseEvent {
  return e.name.startsWith('dispatch.');
}

function amended(t: KnownTicket, e: EventOf<typeof intake.TicketAmended>, pack: Pack): KnownTicket {
  const d = e.data;
  return {
    ...t,
    title: d.title ?? t.title,
    description: d.description ?? t.description,
    contactSealed: d.contactSealed ?? t.contactSealed,
    facts: {
      ...t.facts,
      ...(d.category === undefined ? {} : { category: d.category, categories: categoryPath(pack.catalogue, d.category) }),
      ...(d.priority === undefined ? {} : { priority: d.priority }),
      ...(d.place === undefined ? {} : { place: d.place }),
      ...(d.hasEmail === undefined ? {} : { hasEmail: d.hasEmail }),
      ...(d.contactSealed === undefined ? {} : { hasContact: true }),
    },
  };
}
