import { type Instant } from '@gongdan/kernel';
import { type dispatch } from '@gongdan/contracts';
import { type NotifyRule } from '@gongdan/packs';
import { type Language } from './rendering.js';
import { type Staff } from './staff.js';
import { type KnownTicket, type TicketEvent } from './ticket.js';

/** `recipient` is 'reporter', 'unit:<key>' or 'person:<id>'. */
export interface Recipient {
  recipient: string;
  language: Language;
}

export interface RecipientContext {
  event: TicketEvent;
  /** The ticket after the event. */
  ticket: KnownTicket;
  staff: Staff;
  /** Language of whoever names none. */
  language: Language;
}

/** Whom one entry of `to` means, in the directory at the instant of the event. A recipient without an address gets no mail. */
export function recipientsOf(to: NotifyRule['to'][number], c: RecipientContext): Recipient[] {
  const { ticket } = c;
  if (typeof to !== 'string') return holdersOf(to.role, baseUnit(to.of, c), c);
  const { unit, person } = heldBy(c);
  switch (to) {
    case 'reporter':
      return ticket.facts['hasEmail'] === true && ticket.contactSealed !== undefined
        ? [{ recipient: 'reporter', language: ticket.language }]
        : [];
    case 'holder':
      return person === undefined ? [] : mailsTo(person, unit, c);
    case 'unit':
      return unit === undefined ? [] : mailbox(unit, c);
    case 'task':
      return taskHolder(c);
    case 'registrar':
      return ticket.registeredBy === undefined ? [] : mailsTo(ticket.registeredBy, ticket.registeringUnit, c);
    case 'watchers':
      return (ticket.watchers ?? []).flatMap((watcher) => mailsTo(watcher, ticket.unit, c));
    default:
      return to.startsWith('unit:') ? mailbox(to.slice('unit:'.length), c) : mailsTo(to.slice('person:'.length), undefined, c);
  }
}

/** Who has the side task that the event tells of; undefined when it tells of none that is open. */
function sideTask({ event }: RecipientContext): dispatch.CaseHolder | undefined {
  if (event.name === 'dispatch.task-opened' || event.name === 'dispatch.task-assigned') return event.data.holder;
  if (event.name !== 'dispatch.task-slept' && event.name !== 'dispatch.task-woke') return undefined;
  const { task } = event.data;
  return event.data.case.side.find(({ no }) => no === task)?.holder;
}

/** Whom `unit` and `holder` mean: those who have the side task when the event tells of one, otherwise those of the lead. */
function heldBy(c: RecipientContext): { unit?: string | undefined; person?: string | undefined } {
  const task = sideTask(c);
  if (task === undefined) return { unit: c.ticket.unit, person: c.ticket.holder };
  const { unit, person } = task;
  return { unit, person };
}

/** A task in a pool goes to everybody who may take it. */
function taskHolder(c: RecipientContext): Recipient[] {
  const { unit, role, person } = sideTask(c) ?? {};
  if (person !== undefined) return mailsTo(person, unit, c);
  if (unit === undefined) return [];
  return role === undefined ? mailbox(unit, c) : holdersOf(role, unit, c);
}

function baseUnit(of: string | undefined, c: RecipientContext): string | undefined {
  const { directory } = c.staff;
  const own = heldBy(c).unit ?? c.ticket.registeringUnit;
  if (of === undefined || of === 'unit') return own;
  if (of === 'registering-unit') return c.ticket.registeringUnit;
  if (of === 'parent') return own === undefined ? undefined : directory.parentOf(own);
  if (of.startsWith('level:')) return own === undefined ? undefined : directory.upToLevel(own, of.slice('level:'.length));
  return of;
}

/** The holders of a role in the unit, or in the nearest unit above it where somebody holds it, or else in the whole organisation. */
function holdersOf(role: string, unit: string | undefined, c: RecipientContext): Recipient[] {
  if (unit === undefined) return [];
  const { directory } = c.staff;
  const at = instantOf(c);
  const where = directory.climb(directory.successorOf(unit, at) ?? unit, role, at);
  return directory.membersWith(where, role, at).flatMap((person) => mailsTo(person, where, c));
}

/** A unit without a mailbox gets its mail through its people; a closed one through the unit that took over. */
function mailbox(named: string, c: RecipientContext): Recipient[] {
  const { directory } = c.staff;
  const at = instantOf(c);
  const unit = directory.successorOf(named, at) ?? named;
  if (directory.unit(unit)?.email !== undefined) return [{ recipient: `unit:${unit}`, language: c.language }];
  return directory.membersOf(unit, at).flatMap((person) => mailsTo(person, unit, c));
}

/** Mail of a person who is absent goes to the deputy too, mail of a person who has left to the deputy alone. */
function mailsTo(person: string, unit: string | undefined, c: RecipientContext): Recipient[] {
  const { directory } = c.staff;
  const at = instantOf(c);
  const here = directory.isActive(person, at);
  const deputy = !here || directory.isAbsent(person, at) ? directory.deputyOf(person, at, unit) : undefined;
  return [...(here ? [person] : []), ...(deputy === undefined ? [] : [deputy])]
    .filter((id) => c.staff.emailOf(id) !== undefined)
    .map((id) => ({ recipient: `person:${id}`, language: languageOf(directory.person(id)?.languages) ?? c.language }));
}

/** The first language of the person in which packs have templates; the directory may say 'en-GB'. */
function languageOf(languages: readonly string[] = []): Language | undefined {
  for (const language of languages) {
    if (/^zh\b/i.test(language)) return 'zh-CN';
    if (/^en\b/i.test(language)) return 'en';
  }
  return undefined;
}

function instantOf({ event }: RecipientContext): Instant {
  return event.occurredAt;
}
