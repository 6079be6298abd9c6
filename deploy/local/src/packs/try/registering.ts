import { type Registered } from '@gongdan/engine';
import { dayOf } from '@gongdan/business-time';
import { PLAN_CHANNEL, priorityOf, requiredFields, ticketFacts, titleOn } from '@gongdan/packs';
import { choicesOf, looksLike, type PackFormat2 } from '@gongdan/packs/format2';
import { type Speech } from '../texts.js';
import { localOf } from './instants.js';
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

/** The registration that the line stands for. Throws `Misunderstood` for a type or category that the catalogue does not have, and for wrong attributes. */
export function registeredOf(pack: PackFormat2, values: Readonly<Record<string, string>>, now: string, speech: Speech): Registered {
  const { catalogue, pack: cover, intake } = pack;
  const need = (key: string, known: readonly { key: string }[]): string => {
    const value = values[key] ?? known[0]?.key ?? '';
    if (!known.some((k) => k.key === value))
      throw new Misunderstood(speech.say('try.oneOf', { key, list: known.map((k) => k.key).join(', ') }));
    return value;
  };
  const attributes = attributesOf(pack, values, speech);
  const place = Object.fromEntries(
    Object.entries(values).flatMap(([k, v]) => (k.startsWith('place.') ? [[k.slice(6), /itude$/.test(k) ? Number(v) : v]] : [])),
  );
  const { urgency, impact, item, unit } = values;
  const registered = {
    number: 'TRY-1',
    pack: { key: cover.key, version: cover.version },
    channel: values['channel'] ?? intake.defaultChannel,
    type: need('type', catalogue.types),
    category: need('category', catalogue.categories),
    priority: values['priority'] ?? priorityOf(catalogue, urgency, impact),
    ...(urgency === undefined ? {} : { urgency }),
    ...(impact === undefined ? {} : { impact }),
    ...(item === undefined ? {} : { item }),
    title: values['title'] ?? 'A ticket to try',
    description: values['description'] ?? '-',
    language: cover.language,
    hasEmail: values['customer.hasEmail'] !== 'false',
    contactSealed: '-',
    registeredAt: now,
    ...(unit === undefined ? {} : { unit }),
    ...(Object.keys(attributes).length > 0 ? { attributes } : {}),
    ...(Object.keys(place).length > 0 ? { place } : {}),
  } as Registered;
  // Who the customer is does not matter here: no service keeps a contact.
  const missing = requiredFields(intake, () => ticketFacts(catalogue, registered as never)).find(
    (field) =>
      !field.startsWith('contact.') &&
      values[field.replace(/^attributes\./, '')] === undefined &&
      field !== 'unit' &&
      field !== 'externalKey',
  );
  if (missing !== undefined) throw new Misunderstood(speech.say('try.required', { key: missing.replace(/^attributes\./, '') }));
  return registered;
}

/** The registration of a plan at this instant, as the platform makes it. Throws `Misunderstood` for an unknown plan, and for values beside it: the plan says all. */
export function plannedOf(pack: PackFormat2, values: Readonly<Record<string, string>>, now: string, speech: Speech): Registered {
  const { plan: key = '', ...others } = values;
  const plans = pack.intake.plans ?? [];
  const plan = plans.find((p) => p.key === key);
  if (!plan)
    throw new Misunderstood(
      speech.say('try.oneOf', { key: 'plan', list: plans.map((p) => p.key).join(', ') || speech.say('try.nothing') }),
    );
  const [stranger] = Object.keys(others);
  if (stranger !== undefined) throw new Misunderstood(speech.say('try.notAsked', { key: stranger, list: 'plan' }));
  const { attributes = {}, place = {}, title, ...words } = plan.ticket;
  const given = {
    ...words,
    ...attributes,
    ...Object.fromEntries(Object.entries(place).map(([k, v]) => [`place.${k}`, v])),
    title: titleOn(title, localOf(pack, now).slice(0, 10)),
    channel: PLAN_CHANNEL,
    'customer.hasEmail': 'false',
  };
  const texts = Object.fromEntries(Object.entries(given).map(([k, v]) => [k, String(v)]));
  return { ...registeredOf(pack, texts, now, speech), plan: { key, occurrence: now } } as Registered;
}

/** The attributes of a registration, checked by `intake.yaml` as intake does. Throws `Misunderstood` for what nobody asks for, for a wrong value, and for what is missing. */
function attributesOf(
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
  const given: Record<string, string | number | boolean> = {};
  for (const attribute of attributes) {
    const { key, type } = attribute;
    const choices = choicesOf(attribute);
    const value = values[key];
    if (value === undefined) continue;
    if (type === 'choice' && choices) among(key, choices);
    if (type === 'boolean') among(key, ['true', 'false']);
    if (type === 'date' && dayOf(value) === undefined) throw new Misunderstood(speech.say('try.date', { key }));
    if (attribute.pattern !== undefined && !looksLike(attribute.pattern, value))
      throw new Misunderstood(speech.say('try.pattern', { key, pattern: attribute.pattern }));
    if (type === 'number' && !Number.isFinite(Number(value))) throw new Misunderstood(speech.say('try.number', { key }));
    given[key] = type === 'number' ? Number(value) : type === 'boolean' ? value === 'true' : value;
  }
  return given;
}
