import { type Sealer } from '@gongdan/platform';
import { type Contact } from '../../domain/ticket.js';
import { type StoredTicket } from '../../store/tickets.store.js';

export interface TicketView {
  id: string;
  number: string;
  version: number;
  state: string;
  case: { state: string; unit: string | null; at: string } | null;
  pack: { key: string; version: number };
  channel: string;
  type: string;
  category: string;
  item: string | null;
  urgency: string | null;
  impact: string | null;
  priority: string;
  title: string;
  description: string;
  language: string;
  place: Record<string, unknown> | null;
  unit: string | null;
  attributes: Record<string, unknown> | null;
  contact: Contact | null;
  source: string | null;
  externalKey: string | null;
  registeredAt: string;
  registeredBy: string;
}

/** What a caller sees of a ticket. The contact is masked: whoever needs it clear asks for it by a right of its own (later). */
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
    contact: t.contact_sealed === null ? null : masked(JSON.parse(sealer.open(t.contact_sealed, `contact|${t.org}|${t.id}`)) as Contact),
    source: t.source,
    externalKey: t.external_key,
    registeredAt: t.registered_at,
    registeredBy: t.registered_by,
  };
}

// A short number (a landline without its area code) would be clear but for a digit or two with seven of them shown.
function maskedPhone(phone: string): string {
  return phone.length < 11 ? `****${phone.length < 7 ? '' : phone.slice(-2)}` : `${phone.slice(0, 3)}****${phone.slice(-4)}`;
}

/** 138****5678, 张*, m***@example.org. */
export function masked(c: Contact): Contact {
  return {
    ...(c.name === undefined ? {} : { name: `${[...c.name][0] ?? ''}*` }),
    ...(c.phone === undefined ? {} : { phone: maskedPhone(c.phone) }),
    ...(c.email === undefined ? {} : { email: c.email.replace(/^(.).*@/, '$1***@') }),
  };
}
