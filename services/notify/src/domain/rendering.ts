import { localParts } from '@gongdan/business-time';
import { isCaseEvent } from '@gongdan/contracts';
import { cut, ms } from '@gongdan/kernel';
import { type Names, type Pack, TEMPLATE_VARIABLES, type TemplateVariable } from '@gongdan/packs';
import Mustache from 'mustache';
import { type Staff } from './staff.js';
import { type KnownTicket, type TicketEvent } from './ticket.js';

export type Language = 'zh-CN' | 'en';
export type Variables = Partial<Record<TemplateVariable, string>>;
export interface Text {
  subject: string;
  text: string;
}

/** Code units; mail headers are folded, so the limit is for people who read a list of mails. */
const LONGEST_SUBJECT = 250;

/** Renders a template of the pack as plain text, so nothing is escaped. Tags in a value are not rendered. A variable without a value renders as nothing. */
export function render(template: { subject: string; text: string }, variables: Variables): Text {
  const fill = (text: string): string => Mustache.render(text, variables, {}, { escape: String }).replace(/\p{Surrogate}/gu, '\uFFFD');
  return { subject: subjectLine(fill(template.subject)), text: fill(template.text).replace(HARMFUL_IN_TEXT, '') };
}

/** Control characters but the tab and the line breaks, and overrides of the direction of text, which make a mail show another text than it holds. */
const HARMFUL_IN_TEXT = /[^\P{Cc}\t\n\r]|[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu;

/** A line break in a subject would begin another header. The braille blank (U+2800) looks like a space and is no white space by Unicode. */
const BLANKS = /[\s\p{Cc}\p{Z}\u2800]+/gu;

/** Characters that are never shown: formats, fillers of Hangul, overrides of the direction of text. */
const INVISIBLE = /(?![\p{Join_Control}\p{Variation_Selector}\u{E0020}-\u{E007F}])[\p{Default_Ignorable_Code_Point}\p{Cf}]/gu;
/** These change how the character before them is shown, and show nothing without it: joiners, variation selectors, the tags of flags. */
const WITHOUT_BASE =
  /(?<![\p{L}\p{M}\p{Emoji}])\p{Join_Control}|(?<![\p{L}\p{M}\p{So}\p{Emoji}])\p{Variation_Selector}|(?<!\u{1F3F4}[\u{E0020}-\u{E007F}]*)[\u{E0020}-\u{E007F}]/gu;

function subjectLine(text: string): string {
  return cut(text.replace(INVISIBLE, '').replace(WITHOUT_BASE, '').replace(BLANKS, ' ').trim(), LONGEST_SUBJECT).trimEnd();
}

export interface RenderContext {
  event: TicketEvent;
  ticket: KnownTicket;
  pack: Pack;
  staff: Staff;
  language: Language;
  /** The complainant's name; only mails to the complainant may hold it. */
  name: string | undefined;
  statusUrl: string | undefined;
}

/** Every variable of the allow-list that has a value, in the reader's language and the pack's zone. */
export function variablesOf(context: RenderContext): Variables {
  const { event, ticket, pack, staff, language } = context;
  const data: Readonly<Record<string, unknown>> = { ...gathered(event), ...event.data };
  const named = (list: readonly { key: string; names: Names }[], key: unknown): unknown =>
    list.find((x) => x.key === key)?.names[language] ?? key;
  const unit = (key: unknown): unknown => (typeof key === 'string' ? (staff.directory.unit(key)?.names[language] ?? key) : undefined);
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
    name: context.name,
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
    statusUrl: context.statusUrl,
  };
  const variables: Variables = {};
  for (const variable of TEMPLATE_VARIABLES) {
    const value = values[variable];
    if (typeof value === 'string' || typeof value === 'number') variables[variable] = String(value);
  }
  return variables;
}

/** Names of form fields that events with a name of their own carry. `ticket-advanced` has none of them; what the form gathered is among its changes. */
const RESERVED: ReadonlySet<string> = new Set<TemplateVariable>(['text', 'reason', 'solution', 'outcome', 'until']);

function gathered(event: TicketEvent): Record<string, unknown> {
  if (!isCaseEvent(event)) return {};
  const { fields = {}, sealed = [] } = event.data.changes ?? {};
  return Object.fromEntries(
    Object.entries(fields).flatMap(([fact, value]) => {
      // What a side task gathered is told as a fact.
      const name = fact.replace(/^tasks\.[^.]+\.fields\./, '');
      return RESERVED.has(name) && !sealed.includes(fact) ? [[name, value]] : [];
    }),
  );
}

function localTime(instant: string, zone: string): string {
  const p = localParts(zone, ms(instant));
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${p.year}-${two(p.month)}-${two(p.day)} ${two(p.hour)}:${two(p.minute)}`;
}
