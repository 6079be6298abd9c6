/**
 * How a complainant is reached. One rule for the API and for imports: what is accepted, how it is normalised, and what a masked contact shows.
 * A contact is sealed before it is stored or published (docs/adr/0011).
 */
export interface Contact {
  name?: string | undefined;
  phone?: string | undefined;
  email?: string | undefined;
}

export const LONGEST = { name: 200, phone: 40, email: 200 } as const;

/**
 * At least four digits, optionally after a plus sign, with at most three blanks, hyphens or parentheses before each. Letters and dots are
 * refused: a spreadsheet turns a phone number into `13800001234.0` or `1.38E+10`, which cannot be dialled.
 */
export const PHONE = /^\+?(?:[ ()-]{0,3}\d){4,}$/;

/**
 * Dot-atom of RFC 5321 section 4.1.2 (local part of at most 64 characters), then a host name whose last label is letters or punycode.
 * Quoted local parts and address literals are refused; a domain in Chinese characters is written as punycode (`xn--…`).
 */
export const EMAIL =
  /^(?=[^@]{1,64}@)[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*@(?:[a-zA-Z\d](?:[a-zA-Z\d-]{0,61}[a-zA-Z\d])?\.)+(?:[a-zA-Z]{2,63}|xn--[a-zA-Z\d-]{0,58}[a-zA-Z\d])$/i;

/** Full width becomes half width, every kind of blank and hyphen becomes the ASCII one. */
export function normalisedPhone(text: string): string {
  return text
    .normalize('NFKC')
    .replace(/[^\S\r\n]/gu, ' ')
    .replace(/[\p{Pd}\u2212]/gu, '-')
    .trim();
}

export function normalisedEmail(text: string): string {
  return text.normalize('NFKC').trim();
}

export const digitsOf = (phone: string): string => phone.replace(/\D/g, '');

/** What is wrong with a normalised value; undefined when it is accepted. */
export function contactMistake(field: keyof Contact, value: string): string | undefined {
  if (value.length > LONGEST[field]) return `is longer than ${LONGEST[field]} characters`;
  if (field === 'phone') return PHONE.test(value) ? undefined : 'is not a phone number';
  if (field === 'email') return EMAIL.test(value) ? undefined : 'is not an e-mail address';
  return value === '' || /[\r\n]/.test(value) ? 'must be one line' : undefined;
}

/** The value as it is stored. */
export function normalisedContact(field: keyof Contact, value: string): string {
  return field === 'phone' ? normalisedPhone(value) : field === 'email' ? normalisedEmail(value) : value.trim();
}

/** 138****5678, 李*, l***@example.org. Shows nothing of a value that the rule above does not recognise. */
export function maskedContact(c: Contact): Contact {
  return {
    ...(c.name === undefined ? {} : { name: maskedName(c.name) }),
    ...(c.phone === undefined ? {} : { phone: maskedPhone(c.phone) }),
    ...(c.email === undefined ? {} : { email: maskedEmail(c.email) }),
  };
}

function maskedName(name: string): string {
  return `${/^\p{L}/u.exec(name)?.[0] ?? ''}*`;
}

// Digits are counted, not characters: the last four characters of `((((((((1234` are the whole number. If seven digits of a short number
// (a landline without its area code) were shown, all but one or two of its digits would be.
function maskedPhone(phone: string): string {
  if (!PHONE.test(phone)) return '****';
  const dialled = phone.replace(/[^\d+]/g, '');
  const digits = digitsOf(phone).length;
  if (digits < 11) return `****${digits < 7 ? '' : dialled.slice(-2)}`;
  return `${dialled.slice(0, 3)}****${dialled.slice(-4)}`;
}

function maskedEmail(email: string): string {
  if (!EMAIL.test(email)) return '***';
  const at = email.indexOf('@');
  return `${at > 1 ? email.slice(0, 1) : ''}***${email.slice(at)}`;
}
