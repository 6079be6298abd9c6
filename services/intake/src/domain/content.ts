import { dayOf } from '@gongdan/business-time';
import { Directory } from '@gongdan/directory';
import { Refused, type Violation } from '@gongdan/kernel';
import { choicesOf, type Facts, type Pack, PLAN_CHANNEL, priorityOf, requiredFields, ticketFacts } from '@gongdan/packs';
import { looksLike } from '@gongdan/packs/format2';
import { type Contact } from './contact.js';

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
  const required = requiredFields(rules, () => factsOf(pack, { ...draft, channel, priority, language, ...contactFacts(contact) }));
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

/** What is known of a ticket, of its contact only whether there is one and whether it has an e-mail address. */
export interface KnownContent extends Partial<Content>, ContactFacts {}

interface ContactFacts {
  hasContact?: boolean | undefined;
  hasEmail?: boolean | undefined;
}

function contactFacts(contact: Contact | undefined): ContactFacts {
  return { hasContact: contact !== undefined, hasEmail: contact?.email !== undefined && contact.email !== '' };
}

/** The facts that a condition of `required` may ask. */
function factsOf(pack: Pack, content: { [K in keyof KnownContent]?: KnownContent[K] | undefined }): Facts {
  const {
    type = '',
    category = '',
    channel = '',
    priority = '',
    language = pack.pack.language,
    hasContact = false,
    hasEmail = false,
  } = content;
  return { ...ticketFacts(pack.catalogue, { ...content, type, category, channel, priority, language, hasEmail }), hasContact };
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

/** What a correction changes; the contact is sealed before. */
export interface Amendment {
  title?: string | undefined;
  description?: string | undefined;
  category?: string | undefined;
  priority?: string | undefined;
  place?: Place | undefined;
  contactSealed?: string | undefined;
  hasEmail?: boolean | undefined;
}

/** A correction must keep what the pack requires. It replaces a contact or a place as a whole, so the new one must have all of it. */
export function mustFit(change: Amendment, contact: Contact | undefined, pack: Pack, current: KnownContent = {}): void {
  const { categories, priorities } = pack.catalogue;
  const { category = current.category, priority = current.priority, place = current.place } = change;
  const changed: KnownContent = {
    ...current,
    ...(category ? { category } : {}),
    ...(priority ? { priority } : {}),
    ...(contact ? contactFacts(contact) : {}),
    place,
  };
  const replaced = (field: string): boolean =>
    (field.startsWith('contact.') && contact !== undefined) || (field.startsWith('place.') && change.place !== undefined);
  const wrong = [
    ...(change.category !== undefined && !categories.some((x) => x.key === change.category)
      ? [{ pointer: '/category', detail: `'${change.category}' is not in the pack` }]
      : []),
    ...(change.priority !== undefined && !priorities.includes(change.priority)
      ? [{ pointer: '/priority', detail: `'${change.priority}' is not in the pack` }]
      : []),
    ...missingFields(requiredFields(pack.intake, () => factsOf(pack, changed)).filter(replaced), { ...change, contact }),
  ];
  if (wrong.length > 0) throw new Refused('intake/not-in-pack', { violations: wrong }, 'the change does not fit the pack');
}
