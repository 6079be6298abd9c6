import { type EventOf, type intake } from '@gongdan/contracts';
import { type Catalogue, categoryPath } from './catalogue.js';
import { type Facts } from './condition.js';

type Registered = EventOf<typeof intake.TicketRegistered>['data'];
type Amended = EventOf<typeof intake.TicketAmended>['data'];

/**
 * The facts that conditions may test. `categories` is the category with its ancestors, so that a rule can name a whole branch of the tree; `imported` is true for
 * a ticket of an older system; `attributes.…`, `place.…` and `history.…` are as registered.
 */
export const TICKET_FACTS = [
  'type',
  'category',
  'categories',
  'item',
  'channel',
  'urgency',
  'impact',
  'priority',
  'language',
  'unit',
  'hasEmail',
  'hasContact',
  'imported',
] as const;
export const FACT_BRANCHES = ['attributes', 'place', 'history', 'event', 'case'] as const;

/** The facts of a ticket as it was registered. */
export function ticketFacts(
  catalogue: Catalogue,
  t: Omit<Registered, 'number' | 'pack' | 'title' | 'description' | 'registeredAt'>,
): Facts {
  return {
    type: t.type,
    category: t.category,
    categories: categoryPath(catalogue, t.category),
    item: t.item,
    channel: t.channel,
    urgency: t.urgency,
    impact: t.impact,
    priority: t.priority,
    language: t.language,
    unit: t.unit,
    hasEmail: t.hasEmail,
    hasContact: t.contactSealed !== undefined,
    imported: t.history !== undefined,
    place: t.place ?? {},
    attributes: t.attributes ?? {},
    history: t.history ?? {},
  };
}

/** The facts after an amendment, which names only what changed. */
export function amendedFacts(catalogue: Catalogue, facts: Facts, change: Amended): Facts {
  const { category, priority, place, hasEmail, contactSealed } = change;
  return {
    ...facts,
    ...(category === undefined ? {} : { category, categories: categoryPath(catalogue, category) }),
    ...(priority === undefined ? {} : { priority }),
    ...(place === undefined ? {} : { place }),
    ...(hasEmail === undefined ? {} : { hasEmail }),
    ...(contactSealed === undefined ? {} : { hasContact: true }),
  };
}
