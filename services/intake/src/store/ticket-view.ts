import { type Sealer } from '@gongdan/platform';
import { maskedContact } from '../domain/contact.js';
import { type TicketView } from '../domain/ticket-view.js';
import { openContact } from './contact-columns.js';
import { type StoredTicket } from './tickets.store.js';

/** A stored ticket as a caller sees it; the contact is masked. */
export function viewOf(t: StoredTicket, sealer: Sealer): TicketView {
  return {
    id: t.id,
    number: t.number,
    version: t.version,
    state: t.registration,
    case: t.case_state === null || t.case_at === null ? null : { state: t.case_state, unit: t.case_unit, at: t.case_at },
    pack: { key: t.pack_key, version: t.pack_version },
    channel: t.channel,
    type: t.type,
    category: t.category,
    item: t.item,
    urgency: t.urgency,
    impact: t.impact,
    priority: t.priority,
    title: t.title,
    description: t.description,
    language: t.language,
    place: t.place,
    unit: t.unit,
    attributes: t.attributes,
    contact: t.contact_sealed === null ? null : maskedContact(openContact(sealer, t.org, t.id, t.contact_sealed)),
    source: t.source,
    externalKey: t.external_key,
    registeredAt: t.registered_at,
    registeredBy: t.registered_by,
    plan: t.plan,
  };
}
