import { type Contact, digitsOf } from './contact.js';
import { type Registration } from './ticket.js';

/**
 * What a complainant learns without a login (IN-22, P08). Vocabulary: the *tail* is the last four digits of the phone number, the second
 * factor beside the ticket's number; a *long tail* is the last eight, or the whole number if it is shorter. While a client guesses tails of a
 * ticket, only a long tail opens it, so that guesses of others never lock the complainant out.
 */
export const TAIL_DIGITS = 4;
export const LONG_TAIL_DIGITS = 8;

/** Words of the public status. */
export const PUBLIC_STATES = [
  'received', 'dispatched', 'accepted', 'in_progress', 'suspended', 'replied', 'resolved', 'closed', 'cancelled', 'withdrawn',
] as const; // prettier-ignore
export type PublicState = (typeof PUBLIC_STATES)[number];

// What the complainant reads for the states that only the staff tells apart.
const SHOWN_AS: Readonly<Record<string, PublicState>> = {
  under_review: 'received',
  awaiting_instruction: 'received',
  quarantined: 'received',
  unroutable: 'received',
  callback_pending: 'resolved',
  callback_failed: 'resolved',
  archived: 'closed',
  one_shot: 'closed',
  rejected: 'cancelled',
};

/** The public word for a ticket. A state that intake does not know shows as the work that it is, or as its end. */
export function publicState(registration: Registration, caseState: string | null): PublicState {
  if (registration === 'withdrawn') return 'withdrawn';
  if (caseState === null) return 'received';
  const same = PUBLIC_STATES.find((state) => state === caseState);
  if (same !== undefined) return same;
  if (Object.hasOwn(SHOWN_AS, caseState)) return SHOWN_AS[caseState] ?? 'received';
  return registration === 'closed' ? 'closed' : 'in_progress';
}

/** Full width becomes half width, and blanks and hyphens between digits are left out; undefined when it is not a tail. */
export function readTail(text: string | undefined): string | undefined {
  const digits = (text ?? '').slice(0, 100).normalize('NFKC').replace(/[\s()-]/gu, ''); // prettier-ignore
  return /^\+?\d{4,20}$/.test(digits) ? digits.replace('+', '') : undefined;
}

/** Number of a ticket as a person types it; the store compares it in any case, width and with any blanks. Empty when it cannot be one. */
export function readNumber(text: string): string {
  const number = text.trim();
  return number.length > 60 || number.includes('\u0000') ? '' : number;
}

/** Whether a tail is the end of the phone number of the contact; while `guessed`, only a long tail is. */
export function tailMatches(tail: string, contact: Contact, guessed: boolean): boolean {
  const phone = digitsOf(contact.phone ?? '');
  if (phone.length < TAIL_DIGITS || !phone.endsWith(tail)) return false;
  return !guessed || tail.length >= Math.min(LONG_TAIL_DIGITS, phone.length);
}
