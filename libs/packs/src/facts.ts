import { type EventOf, type intake } from '@gongdan/contracts';
import { type Catalogue, categoryPath } from './catalogue.js';
import { type Facts } from './condition.js';

type Registered = EventOf<typeof intake.TicketRegistered>['data'];

/**
 * What conditions may ask about a ticket. `categories` is the category with its ancestors, so a rule can speak of a whole branch; `imported` tells
 * history from news; `attributes.…`, `place.…` and `history.…` are as registered.
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

/** The facts of a ticket as it was registered; amended fields are laid over it by the caller. */
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
