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
export const FACT_BRANCHES = ['attributes', 'place', 'history', 'event', 'case', 'fields'] as const;

/** Facts of a ticket have two names: that of format 2 of packs, and the one that format 1 used. Either finds the fact. */
export const FORMAT_2_NAMES: Readonly<Record<string, (typeof TICKET_FACTS)[number]>> = {
  'class.type': 'type',
  'class.category': 'category',
  'class.categories': 'categories',
  'class.item': 'item',
  'class.priority': 'priority',
  'class.urgency': 'urgency',
  'class.impact': 'impact',
  'ticket.channel': 'channel',
  'ticket.language': 'language',
  'ticket.unit': 'unit',
  'ticket.imported': 'imported',
  'customer.hasEmail': 'hasEmail',
  'customer.hasContact': 'hasContact',
};
const OTHER_NAMES: ReadonlyMap<string, string> = new Map(Object.entries(FORMAT_2_NAMES).flatMap(([now, once]) => [[now, once], [once, now]])); // prettier-ignore

/** The other name of a fact; undefined for a fact with one name. */
export function otherNameOf(fact: string): string | undefined {
  return OTHER_NAMES.get(fact);
}
