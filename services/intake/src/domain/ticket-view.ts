import { type Contact } from './contact.js';

/** A ticket as the API shows it. */
export interface TicketView {
  id: string;
  number: string;
  /** The ETag; it rises with every correction and with every event of the case. */
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
  /** Masked. */
  contact: Contact | null;
  source: string | null;
  externalKey: string | null;
  registeredAt: string;
  registeredBy: string;
  /** The recurring plan that registered it, and the instant for which it did. */
  plan: { key: string; occurrence: string } | null;
}

/** What a ticket says, of a ticket as the API shows it. */
export type TicketContent = Pick<
  TicketView,
  | 'channel'
  | 'type'
  | 'category'
  | 'item'
  | 'urgency'
  | 'impact'
  | 'priority'
  | 'title'
  | 'description'
  | 'language'
  | 'place'
  | 'unit'
  | 'attributes'
>;
