import { type CaseEvent, type CaseView, classAfter, type EventOf, type intake } from '@gongdan/contracts';
import { type Catalogue, categoryPath } from '../format1/catalogue.js';
import { type Facts } from './condition.js';

type Registered = EventOf<typeof intake.TicketRegistered>['data'];
type Amended = EventOf<typeof intake.TicketAmended>['data'];

/** The facts of a ticket as it was registered. */
export function ticketFacts(
  catalogue: Catalogue,
  t: Omit<Registered, 'number' | 'pack' | 'title' | 'description' | 'registeredAt'> & { registeredAt?: string },
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
    ticket: { registeredAt: t.registeredAt, externalKey: t.externalKey, plan: t.plan?.key, occurrence: t.plan?.occurrence },
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

/**
 * The facts of a ticket after an event about its case: the class and the place that dispatch changed, and the form fields gathered in `view`. The same object
 * when the event changes none of them.
 */
export function factsAfter(catalogue: Catalogue, facts: Facts, event: CaseEvent, view: CaseView): Facts {
  const change = classAfter(event);
  const place = event.name === 'dispatch.ticket-corrected' ? event.data.place : undefined;
  const fields = event.data.changes?.fields === undefined ? undefined : view.fields;
  if (change === undefined && place === undefined && fields === undefined) return facts;
  return {
    ...facts,
    ...change,
    ...(change?.category === undefined ? {} : { categories: categoryPath(catalogue, change.category) }),
    ...(place === undefined ? {} : { place }),
    ...(fields === undefined ? {} : { fields }),
  };
}

/** The facts under `case`: where the case is after an event. */
export function caseFacts(view: CaseView): Facts {
  const { step, state, phase, run, version, unit, holder, hop, closedAt } = view;
  return { step, state, phase, run, version, unit, holder, hop: hop.no, depth: hop.depth, closedAt };
}

/** The form fields among the facts of a ticket, for the next event of its case. */
export function fieldsIn(facts: Facts): CaseView['fields'] {
  return (facts['fields'] ?? {}) as CaseView['fields'];
}
