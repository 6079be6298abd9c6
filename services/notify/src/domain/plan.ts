import { caseAfter, isCaseEvent } from '@gongdan/contracts';
import { idOf } from '@gongdan/kernel';
import { caseFacts, type Facts, matches, type NotifyRule, type Pack } from '@gongdan/packs';
import { recipientsOf } from './recipients.js';
import { type Language, render, type Text, variablesOf } from './rendering.js';
import { type Staff } from './staff.js';
import { isOfEarlierRun, type KnownTicket, type TicketEvent } from './ticket.js';

export type Repeat = NotifyRule['repeat'];

/**
 * A mail that will be sent. `recipient` names the receiver and with it the place of the address, which is looked up when the mail is sent:
 * 'reporter' in the sealed contact of the ticket, 'unit:<key>' and 'person:<id>' in the directory. The text is rendered when the mail is
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
  staff: Staff;
  /** Returns the complainant's name; called only when a mail to them is planned, because it opens what is sealed. */
  reporterName: () => string | undefined;
  statusUrl: string | undefined;
}

/** The mails that the rules of the pack require for this event: one per recipient at most, by the first rule that names it. */
export function planMails(c: PlanContext): PlannedMail[] {
  if (c.ticket.silent || isOfEarlierRun(c.event, c.ticket)) return [];
  const planned = new Map<string, PlannedMail>();
  for (const rule of c.pack.notify.rules) {
    if (rule.on !== c.event.name || !matches(rule.when, factsOf(c))) continue;
    for (const to of rule.to) {
      for (const { recipient, language } of recipientsOf(to, { ...c, language: c.pack.pack.language })) {
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
