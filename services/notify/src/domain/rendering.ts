import { localParts } from '@gongdan/business-time';
import { ms } from '@gongdan/kernel';
import { type Names, type Pack, TEMPLATE_VARIABLES, type TemplateVariable, unitOf } from '@gongdan/packs';
import Mustache from 'mustache';
import { type KnownTicket, type TicketEvent } from './ticket.js';

export type Language = 'zh-CN' | 'en';
export type Variables = Partial<Record<TemplateVariable, string>>;
export interface Text {
  subject: string;
  text: string;
}

const LONGEST_SUBJECT = 250;

/** Plain text, so nothing is escaped; values never become template. A variable without a value renders as nothing. */
export function render(template: { subject: string; text: string }, variables: Variables): Text {
  const fill = (text: string): string => Mustache.render(text, variables, {}, { escape: String });
  return { subject: oneLine(fill(template.subject)), text: fill(template.text) };
}

/** A line break in a subject would begin another header. */
function oneLine(text: string): string {
  return text
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .trim()
    .slice(0, LONGEST_SUBJECT);
}

export interface Telling {
  event: TicketEvent;
  ticket: KnownTicket;
  pack: Pack;
  language: Language;
  /** Only letters to the complainant may use it. */
  name: string | undefined;
  statusUrl: string | undefined;
}

/** Every variable of the allow-list that has a value, in the reader's language and the pack's zone. */
export function variablesOf(telling: Telling): Variables {
  const { event, ticket, pack, language } = telling;
  const data: Readonly<Record<string, unknown>> = event.data;
  const named = (list: readonly { key: string; names: Names }[], key: unknown): unknown =>
    list.find((x) => x.key === key)?.names[language] ?? key;
  const unit = (key: unknown): unknown => (typeof key === 'string' ? (unitOf(pack, key)?.names[language] ?? key) : undefined);
  const at = (instant: unknown): unknown => (typeof instant === 'string' ? localTime(instant, pack.pack.zone) : undefined);
  const values: Record<TemplateVariable, unknown> = {
    number: ticket.number,
    title: ticket.title,
    description: ticket.description,
    type: named(pack.catalogue.types, ticket.facts['type']),
    category: named(pack.catalogue.categories, ticket.facts['category']),
    channel: named(pack.intake.channels, ticket.facts['channel']),
    priority: ticket.facts['priority'],
    unit: unit(ticket.unit),
    fromUnit: unit(data['fromUnit']),
    state: ticket.state,
    step: ticket.step === undefined ? undefined : (pack.process.steps[ticket.step]?.names[language] ?? ticket.step),
    name: telling.name,
    registeredAt: at(ticket.registeredAt),
    at: at(data['at'] ?? event.occurredAt),
    text: data['text'],
    reason: data['reason'],
    solution: data['solution'],
    outcome: data['outcome'],
    until: at(data['until']),
    count: data['count'],
    clock: named(pack.sla.clocks, data['clock']),
    threshold: data['threshold'],
    dueAt: at(data['dueAt']),
    statusUrl: telling.statusUrl,
  };
  const given: Variables = {};
  for (const variable of TEMPLATE_VARIABLES) {
    const value = values[variable];
    if (typeof value === 'string' || typeof value === 'number') given[variable] = String(value);
  }
  return given;
}

function localTime(instant: string, zone: string): string {
  const p = localParts(zone, ms(instant));
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${p.year}-${two(p.month)}-${two(p.day)} ${two(p.hour)}:${two(p.minute)}`;
}
