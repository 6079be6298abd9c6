import { type CaseEvent, type CaseView, classAfter, type dispatch, type EventDraft, type EventOf, intake } from '@gongdan/contracts';
import { dayOf } from '@gongdan/business-time';
import { Directory } from '@gongdan/directory';
import { Conflict, type Decision, decided, type Instant, Refused, type Violation } from '@gongdan/kernel';
import { choicesOf, type Facts, type Pack, PLAN_CHANNEL, priorityOf, requiredFields, ticketFacts } from '@gongdan/packs';
import { looksLike } from '@gongdan/packs/format2';
import { type Contact } from './contact.js';

/**
 * A ticket as registered. Vocabulary: it is *registered* until a person of the process takes it, *taken* afterwards (its content is frozen,
 * P33), *withdrawn* when the complainant took it back, *closed* when the process ended. A withdrawal that came too late, because dispatch had
 * closed the case, ends when the case is opened again: then a unit works on it.
 */
export const moves = {
  registered: ['registered', 'taken', 'withdrawn', 'closed'],
  taken: ['taken', 'withdrawn', 'closed', 'registered'],
  withdrawn: ['registered', 'taken', 'closed'],
  closed: ['taken', 'registered'],
} as const satisfies Record<string, readonly string[]>;
export type Registration = keyof typeof moves;

export interface Place {
  address?: string | undefined;
  area?: string | undefined;
  latitude?: number | undefined;
  longitude?: number | undefined;
}

/** Content of a ticket; keys are those of the pack. */
export interface Content {
  channel: string;
  type: string;
  category: string;
  item?: string | undefined;
  urgency?: string | undefined;
  impact?: string | undefined;
  priority: string;
  title: string;
  description: string;
  language: 'zh-CN' | 'en';
  place?: Place | undefined;
  unit?: string | undefined;
  attributes?: Record<string, string | number | boolean> | undefined;
}

/** What is submitted. Type and category are words of the pack, so the pack refuses a ticket without them. */
export interface Draft extends Omit<Content, 'type' | 'category' | 'priority' | 'channel' | 'language' | 'description'> {
  type?: string | undefined;
  category?: string | undefined;
  channel?: string | undefined;
  priority?: string | undefined;
  language?: 'zh-CN' | 'en' | undefined;
  description?: string | undefined;
}

/** What a request or a row of a file contains of a ticket. */
export interface Submission {
  draft: Draft;
  contact?: Contact | undefined;
  externalKey?: string | undefined;
  /** A plan or a process registers it, and nobody submitted it. */
  ownWork?: boolean | undefined;
}

/** The units of the organisation. */
export type Units = Pick<Directory, 'unit'>;

/**
 * The content with the defaults of the pack. Throws Refused `intake/not-in-pack` with all mistakes at once, each with its pointer. A unit is one of the
 * directory; those of a pack of format 1 count until the directory has been heard.
 */
export function complete(
  { draft, contact, externalKey, ownWork = false }: Submission,
  pack: Pack,
  units: Units = Directory.empty,
): Content {
  const wrong: Violation[] = [];
  const { catalogue, intake: rules } = pack;
  const known = (list: readonly { key: string }[], value: string | undefined, field: string): void => {
    if (value !== undefined && !list.some((x) => x.key === value))
      wrong.push({ pointer: `/${field}`, detail: `'${value}' is not in the pack` });
  };
  const channel = draft.channel ?? rules.defaultChannel;
  known(rules.channels, channel, 'channel');
  if (channel === PLAN_CHANNEL && rules.plans !== undefined && !ownWork)
    wrong.push({ pointer: '/channel', detail: `'${PLAN_CHANNEL}' is the channel of recurring plans` });
  known(catalogue.types, draft.type, 'type');
  known(catalogue.categories, draft.category, 'category');
  known(catalogue.items ?? [], draft.item, 'item');
  known(
    catalogue.urgencies.map((key) => ({ key })),
    draft.urgency,
    'urgency',
  );
  known(
    catalogue.impacts.map((key) => ({ key })),
    draft.impact,
    'impact',
  );
  known(
    catalogue.priorities.map((key) => ({ key })),
    draft.priority,
    'priority',
  );
  if (draft.unit === undefined || units.unit(draft.unit) === undefined) known(pack.org.units, draft.unit, 'unit');
  if (draft.attributes) wrong.push(...attributeMistakes(draft.attributes, rules.attributes ?? []));
  const { type, category } = draft;
  const priority = draft.priority ?? priorityOf(catalogue, draft.urgency, draft.impact);
  const language = draft.language ?? pack.pack.language;
  const required = requiredFields(rules, () => factsOf(pack, { ...draft, channel, priority, language }, contact));
  wrong.push(...missingFields([...new Set(['type', 'category', ...required])], { ...draft, contact, externalKey }));
  if (wrong.length > 0 || type === undefined || category === undefined)
    throw new Refused('intake/not-in-pack', { violations: wrong }, 'the ticket does not fit the pack');
  return {
    ...draft,
    type,
    category,
    channel,
    description: draft.description ?? '',
    language,
    priority,
  };
}

/** The facts that a condition of `required` may ask. */
function factsOf(pack: Pack, content: { [K in keyof Content]?: Content[K] | undefined }, contact: Contact | undefined): Facts {
  const { type = '', category = '', channel = '', priority = '', language = pack.pack.language } = content;
  const hasEmail = contact?.email !== undefined && contact.email !== '';
  const facts = ticketFacts(pack.catalogue, { ...content, type, category, channel, priority, language, hasEmail });
  return { ...facts, hasContact: contact !== undefined };
}

/** What stands for the unit in a ticket number. */
export function unitCodeOf(unit: string | undefined, pack: Pack, units: Units): string {
  if (unit === undefined) return '';
  return units.unit(unit)?.code ?? pack.org.units.find((u) => u.key === unit)?.code ?? unit;
}

const TYPES = { text: 'string', number: 'number', boolean: 'boolean', choice: 'string', date: 'string' } as const;

function attributeMistakes(given: NonNullable<Draft['attributes']>, declared: NonNullable<Pack['intake']['attributes']>): Violation[] {
  return Object.entries(given).flatMap(([key, value]) => {
    const attribute = declared.find((a) => a.key === key);
    const pointer = `/attributes/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    if (!attribute) return [{ pointer, detail: `'${key}' is not in the pack` }];
    if (attribute.type === 'date' && (typeof value !== 'string' || dayOf(value) === undefined))
      return [{ pointer, detail: 'must be a date such as 2026-03-02' }];
    if (typeof value !== TYPES[attribute.type])
      return [
        {
          pointer,
          detail: `must be ${attribute.type === 'boolean' ? 'true or false' : attribute.type === 'number' ? 'a number' : 'text'}`,
        },
      ];
    if (attribute.pattern !== undefined && value !== '' && !looksLike(attribute.pattern, String(value)))
      return [{ pointer, detail: `must look like ${attribute.pattern}` }];
    const choices = choicesOf(attribute);
    return choices && !choices.includes(String(value)) ? [{ pointer, detail: `'${value}' is not in the pack` }] : [];
  });
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

function missingFields(required: readonly string[], given: object): Violation[] {
  return required.flatMap((field) => {
    const value = field.split('.').reduce<unknown>((at, part) => (isRecord(at) && Object.hasOwn(at, part) ? at[part] : undefined), given);
    return value === undefined || value === '' ? [{ pointer: `/${field.replaceAll('.', '/')}`, detail: 'is required by the pack' }] : [];
  });
}

/** A correction must keep what the pack requires. It replaces a contact or a place as a whole, so the new one must have all of it. */
export function mustFit(change: Amendment, contact: Contact | undefined, pack: Pack, current: Partial<Content> = {}): void {
  const { categories, priorities } = pack.catalogue;
  const { category = current.category, priority = current.priority, place = current.place } = change;
  const changed: Partial<Content> = { ...current, ...(category ? { category } : {}), ...(priority ? { priority } : {}), place };
  const replaced = (field: string): boolean =>
    (field.startsWith('contact.') && contact !== undefined) || (field.startsWith('place.') && change.place !== undefined);
  const wrong = [
    ...(change.category !== undefined && !categories.some((x) => x.key === change.category)
      ? [{ pointer: '/category', detail: `'${change.category}' is not in the pack` }]
      : []),
    ...(change.priority !== undefined && !priorities.includes(change.priority)
      ? [{ pointer: '/priority', detail: `'${change.priority}' is not in the pack` }]
      : []),
    ...missingFields(requiredFields(pack.intake, () => factsOf(pack, changed, contact)).filter(replaced), { ...change, contact }),
  ];
  if (wrong.length > 0) throw new Refused('intake/not-in-pack', { violations: wrong }, 'the change does not fit the pack');
}

export interface Registering {
  /** How many reactions of packs led to it, of a ticket that a process asked for. */
  depth?: number | undefined;
  org: string;
  ticketId: string;
  number: string;
  pack: { key: string; version: number };
  content: Content;
  contactSealed?: string | undefined;
  hasEmail: boolean;
  externalKey?: string | undefined;
  registeredAt: Instant;
  history?: { job: string; source: string; closedAt?: string; dueAt?: string; status?: string; outcome?: string } | undefined;
  /** The recurring plan that registers it, and for which instant. */
  plan?: { key: string; occurrence: Instant } | undefined;
}

/**
 * The event of a new ticket. The API passes `unchecked` for `make`: its body schema is as narrow as the event's (ticket-bodies.spec.ts), and the
 * second check cost a tenth of an accept.
 */
export function registered(r: Registering, make: typeof intake.TicketRegistered.of = intake.TicketRegistered.of): EventDraft {
  const c = r.content;
  return make({
    org: r.org,
    ticketId: r.ticketId,
    occurredAt: r.registeredAt,
    data: {
      number: r.number,
      pack: r.pack,
      channel: c.channel,
      type: c.type,
      category: c.category,
      item: c.item,
      urgency: c.urgency,
      impact: c.impact,
      priority: c.priority,
      title: c.title,
      description: c.description,
      language: c.language,
      place: c.place,
      unit: c.unit,
      contactSealed: r.contactSealed,
      hasEmail: r.hasEmail,
      externalKey: r.externalKey,
      attributes: c.attributes,
      registeredAt: r.registeredAt,
      history: r.history,
      ...(r.plan === undefined ? {} : { plan: r.plan }),
      ...(r.depth === undefined ? {} : { cause: { depth: r.depth } }),
    },
  });
}

/** The part of a ticket that decides what may still be done with it. */
export interface Ticket {
  org: string;
  id: string;
  registration: Registration;
  version: number;
}

function mustMove(ticket: Ticket, to: Registration): void {
  if (!(moves[ticket.registration] as readonly string[]).includes(to)) {
    throw new Conflict(
      'intake/illegal-move',
      { details: { registration: ticket.registration } },
      `a ${ticket.registration} ticket cannot become ${to}`,
    );
  }
}

/** What dispatch changed of the content of a ticket; null where a part was removed. */
export type ContentChange = Partial<
  Record<'type' | 'category' | 'item' | 'priority' | 'urgency' | 'impact' | 'title' | 'description', string | null>
> & {
  place?: EventOf<typeof dispatch.TicketCorrected>['data']['place'];
};

export function contentAfter(event: CaseEvent): ContentChange {
  const change: Record<string, unknown> = { ...classAfter(event) };
  for (const [part, value] of Object.entries(change)) if (value === undefined) change[part] = null;
  if (event.name !== 'dispatch.ticket-corrected') return change;
  const { title, description, place } = event.data;
  for (const [part, value] of Object.entries({ title, description, place })) if (value !== undefined) change[part] = value;
  return change;
}

/** Registration of a ticket that was not withdrawn, by the state of its case: in a queue it may be corrected, with a person it may not. */
export function registrationAfter({ phase, state }: Pick<CaseView, 'phase' | 'state'>): Registration {
  if (phase === 'closed') return 'closed';
  return UNTOUCHED.has(state) ? 'registered' : 'taken';
}
const UNTOUCHED: ReadonlySet<string> = new Set(['received', 'under_review', 'quarantined', 'dispatched', 'unroutable']);

/** If-Match (RFC 9110): a stale version is 409 with the current state, so that the caller can decide again. */
export function mustBeVersion(current: Ticket, expected: number | undefined, view: () => object): void {
  if (expected !== undefined && expected !== current.version)
    throw new Conflict('intake/stale-version', { details: { current: view() } }, `the ticket is at version ${current.version}`);
}

export interface Amendment {
  title?: string | undefined;
  description?: string | undefined;
  category?: string | undefined;
  priority?: string | undefined;
  place?: Place | undefined;
  contactSealed?: string | undefined;
  hasEmail?: boolean | undefined;
}

/** Throws Conflict `intake/already-taken` once a person has taken the ticket (P33). */
export function amend<T extends Ticket>(ticket: T, change: Amendment, now: Instant): Decision<T, EventDraft> {
  if (ticket.registration !== 'registered') {
    throw new Conflict(
      'intake/already-taken',
      { details: { registration: ticket.registration } },
      'the next step has taken the ticket; its content is frozen',
    );
  }
  return decided(
    { ...ticket, ...change, version: ticket.version + 1 },
    intake.TicketAmended.of({ org: ticket.org, ticketId: ticket.id, occurredAt: now, data: { ...change, amendedAt: now } }),
  );
}

export function withdraw<T extends Ticket>(ticket: T, reason: string, now: Instant): Decision<T, EventDraft> {
  mustMove(ticket, 'withdrawn');
  return decided(
    { ...ticket, registration: 'withdrawn' as const, version: ticket.version + 1 },
    intake.TicketWithdrawn.of({ org: ticket.org, ticketId: ticket.id, occurredAt: now, data: { reason, withdrawnAt: now } }),
  );
}
