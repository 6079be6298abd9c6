import { choicesOf, type PackFormat2 } from '@gongdan/packs/format2';
import { type Speech } from '../texts.js';
import { Misunderstood } from './lines.js';

const OF_TICKET = [
  'type',
  'category',
  'item',
  'priority',
  'urgency',
  'impact',
  'channel',
  'title',
  'description',
  'unit',
  'customer.hasEmail',
];

/** The attributes of a registration, checked by `intake.yaml` as intake does. Throws `Misunderstood` for what nobody asks for, for a wrong value, and for what is missing. */
export function attributesOf(
  { intake, catalogue }: PackFormat2,
  values: Readonly<Record<string, string>>,
  speech: Speech,
): Record<string, string | number | boolean> {
  const attributes = intake.attributes ?? [];
  const oneOf = (key: string, list: readonly string[]): never => {
    throw new Misunderstood(speech.say('try.oneOf', { key, list: list.join(', ') }));
  };
  const among = (key: string, list: readonly string[]): void => {
    const value = values[key];
    if (value !== undefined && !list.includes(value)) oneOf(key, list);
  };
  among('channel', intake.channels.map((c) => c.key)); // prettier-ignore
  among('priority', catalogue.priorities);
  among('urgency', catalogue.urgencies);
  among('impact', catalogue.impacts);
  among('customer.hasEmail', ['true', 'false']);
  const known = [...OF_TICKET, ...attributes.map((a) => a.key)];
  const stranger = Object.keys(values).find((key) => !known.includes(key) && !key.startsWith('place.') && !key.startsWith('contact.'));
  if (stranger !== undefined) throw new Misunderstood(speech.say('try.notAsked', { key: stranger, list: known.join(', ') }));
  // Who the customer is does not matter here: no service keeps a contact.
  const missing = intake.required.find((field) => !field.startsWith('contact.') && values[field.replace(/^attributes\./, '')] === undefined && field !== 'unit' && field !== 'externalKey'); // prettier-ignore
  if (missing !== undefined) throw new Misunderstood(speech.say('try.required', { key: missing.replace(/^attributes\./, '') }));
  const given: Record<string, string | number | boolean> = {};
  for (const attribute of attributes) {
    const { key, type } = attribute;
    const choices = choicesOf(attribute);
    const value = values[key];
    if (value === undefined) continue;
    if (type === 'choice' && choices) among(key, choices);
    if (type === 'boolean') among(key, ['true', 'false']);
    if (type === 'number' && !Number.isFinite(Number(value))) throw new Misunderstood(speech.say('try.number', { key }));
    given[key] = type === 'number' ? Number(value) : type === 'boolean' ? value === 'true' : value;
  }
  return given;
}
