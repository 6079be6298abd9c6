import { type Sealer } from '@gongdan/platform';
import { type Contact, digitsOf } from '../domain/contact.js';

/** How a contact stands in a row of `tickets` (docs/adr/0011). */
export interface ContactColumns {
  contact_sealed: string | null;
  has_email: boolean;
  phone_tail: string | null;
}

/** The ticket is part of the seal: a sealed contact copied to another row does not open. */
const purpose = (org: string, id: string): string => `contact|${org}|${id}`;

export function contactColumns(sealer: Sealer, org: string, id: string, contact: Contact | undefined): ContactColumns {
  if (!contact) return { contact_sealed: null, has_email: false, phone_tail: null };
  return {
    contact_sealed: sealer.seal(JSON.stringify(contact), purpose(org, id)),
    has_email: contact.email !== undefined,
    phone_tail: contact.phone === undefined ? null : tailIndex(sealer, org, digitsOf(contact.phone).slice(-4)),
  };
}

export function openContact(sealer: Sealer, org: string, id: string, sealed: string): Contact {
  return JSON.parse(sealer.open(sealed, purpose(org, id))) as Contact;
}

/** Blind index of the last four digits of the phone: the second factor of the public status (IN-22). */
export function tailIndex(sealer: Sealer, org: string, tail: string): string | null {
  return tail.length < 4 ? null : sealer.blindIndex(tail, `tail|${org}`);
}
