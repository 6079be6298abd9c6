import { caseAfter, isCaseEvent } from '@gongdan/contracts';
import { idOf } from '@gongdan/kernel';
import { caseFacts, type Facts, matches, type NotifyRule, type Pack, type Person, type Unit, unitOf } from '@gongdan/packs';
import { type Language, render, type Text, variablesOf } from './rendering.js';
import { type KnownTicket, type TicketEvent } from './ticket.js';

export type Repeat = NotifyRule['repeat'];

/**
 * A mail that will be sent. `recipient` names the receiver and with it the place of the address, which is looked up when the mail is sent:
 * 'reporter' in the sealed contact of the ticket, 'unit:<key>' and 'person:<id>' in the pack's org. The text is rendered when the mail is
 * planned: a pack that is published later does not change it.
 */
export interface PlannedMail {
  id: string;
  recipient: string;
  template: string;
  language: Language;
  repeat: Repeat;
  content: Text;
}

export interface PlanContext {
  event: TicketEvent;
  /** The ticket after the event. */
  ticket: KnownTicket;
  pack: Pack;
  /** Returns the complainant's name; called only when a mail to them is planned, because it opens what is sealed. */
  reporterName: () => string | undefined;
  statusUrl: string | undefined;
}

/** The mails that the rules of the pack require for this event: one per recipient at most, by the first rule that names it. */
export function planMails(c: PlanContext): PlannedMail[] {
  if (c.ticket.silent) return [];
  const planned = new Map<string, PlannedMail>();
  for (const rule of c.pack.notify.rules) {
    if (rule.on !== c.event.name || !matches(rule.when, factsOf(c))) continue;
    for (const to of rule.to) {
      for (const { recipient, language } of recipientsOf(to, c)) {
        const template = c.pack.notify.templates[rule.template]?.[language];
        if (!template || planned.has(recipient)) continue;
        const name = recipient === 'reporter' ? c.reporterName() : undefined;
        planned.set(recipient, {
          id: idOf(c.event.id, 'email', recipient, rule.template),
          recipient,
          template: rule.template,
          language,
          repeat: rule.repeat,
          content: render(template, variablesOf({ ...c, language, name })),
        });
      }
    }
  }
  return [...planned.values()];
}

/** Whether the pack has a rule for events of that name; for most it has none. */
export function hasRuleFor(pack: Pack, eventName: string): boolean {
  return pack.notify.rules.some((r) => r.on === eventName);
}

function factsOf({ event, ticket }: PlanContext): Facts {
  const { step, state, unit, holder } = ticket;
  const known = { step, state, unit, holder };
  return { ...ticket.facts, event: event.data, case: isCaseEvent(event) ? { ...caseFacts(caseAfter(undefined, event)), unit } : known };
}

/** Whom `unit` and `holder` mean: those who got the side task when the event tells of one, otherwise those of the case. */
function heldBy({ event, ticket }: PlanContext): { unit?: string | undefined; holder?: string | undefined } {
  if (event.name !== 'dispatch.task-opened' && event.name !== 'dispatch.task-assigned') return ticket;
  const { unit, person } = event.data.holder;
  return { unit, holder: person };
}

function recipientsOf(to: NotifyRule['to'][number], context: PlanContext): { recipient: string; language: Language }[] {
  // Whoever holds a role is found in the directory, which this service does not follow yet.
  if (typeof to !== 'string') return [];
  const { ticket, pack } = context;
  const { unit, holder } = heldBy(context);
  if (to === 'reporter')
    return ticket.facts['hasEmail'] === true && ticket.contactSealed !== undefined
      ? [{ recipient: 'reporter', language: ticket.language }]
      : [];
  if (to === 'holder') return holder === undefined ? [] : personOf(pack, holder);
  if (to === 'unit') return unit === undefined ? [] : unitMailbox(pack, unit);
  return to.startsWith('unit:') ? unitMailbox(pack, to.slice('unit:'.length)) : personOf(pack, to.slice('person:'.length));
}

function personOf(pack: Pack, id: string): { recipient: string; language: Language }[] {
  const person = pack.org.people.find((p) => p.id === id);
  return person?.email === undefined ? [] : [{ recipient: `person:${id}`, language: person.language ?? pack.pack.language }];
}

/** A unit without a mailbox gets its mail through its people. */
function unitMailbox(pack: Pack, key: string): { recipient: string; language: Language }[] {
  if (unitOf(pack, key)?.email !== undefined) return [{ recipient: `unit:${key}`, language: pack.pack.language }];
  return pack.org.people.filter((p) => p.units.includes(key)).flatMap((p) => personOf(pack, p.id));
}

/** The address of a unit or person in the pack that is in force when the mail is sent; undefined when it has none. */
export function addressIn(pack: Pack, recipient: string): string | undefined {
  const of = (entry: Unit | Person | undefined): string | undefined => entry?.email;
  if (recipient.startsWith('unit:')) return of(unitOf(pack, recipient.slice('unit:'.length)));
  return of(pack.org.people.find((p) => `person:${p.id}` === recipient));
}
