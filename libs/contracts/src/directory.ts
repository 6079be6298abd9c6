import { z } from 'zod';
import { defineEvent } from './event.js';
import { instantOf, key, keyOf, text } from './fields.js';

// The directory of an organisation. Each event carries an entry as it is now; without the entry it was deleted. It is no Kafka tombstone, because a message
// without a value could be neither signed nor told from a lost one, and a consumer has to know which entry went.

const names = z.object({ 'zh-CN': text(200), en: text(200) });
const level = z.number().int().min(1).max(100);
const span = text(11).meta({
  description: "A span of the local day such as '09:00-12:00'; one that does not end after its start ends on the next day.",
});
const spans = z.array(span).max(20).optional();

export const unitEntry = z.object({
  names,
  parent: keyOf('The unit it belongs to.').optional(),
  level: keyOf("What kind of unit it is, a word of the organisation ('city', 'site').").optional(),
  code: text(40).optional(),
  email: text(320).optional(),
  coordinates: z.object({ latitude: z.number().min(-90).max(90), longitude: z.number().min(-180).max(180) }).optional(),
  calendar: keyOf('Calendar of its working time.').optional(),
  zone: text(60).meta({ description: 'IANA zone of its shifts; without one, the zone of its parent.' }).optional(),
  closedAt: instantOf('It takes no new work from this instant on.').optional(),
  successor: keyOf('The unit that took over when it closed.').optional(),
}); // prettier-ignore

export const personEntry = z.object({
  name: text(200),
  languages: z.array(text(20)).max(10).optional(),
  contactSealed: text(4000).meta({ description: 'Sealed JSON `{email, phone}`: where notices go (docs/adr/0011).' }).optional(),
  activeFrom: instantOf('The person may not act before.').optional(),
  activeUntil: instantOf('The person has left from this instant on.').optional(),
});

export const membershipEntry = z.object({
  roles: z.array(key).min(1).max(50),
  skills: z.record(key, level).meta({ description: 'Level of each skill, 1 the lowest.' }).optional(),
  capacity: z.number().int().min(0).max(10_000).meta({ description: 'The most tasks that routing gives the person at a time.' }).optional(),
  shift: z
    .object({ mon: spans, tue: spans, wed: spans, thu: spans, fri: spans, sat: spans, sun: spans })
    .meta({ description: 'When the person works here, in the zone of the unit; without it always.' })
    .optional(),
}); // prettier-ignore

export const deputyEntry = z.object({
  person: keyOf('The person who is represented.'),
  deputy: keyOf('The person who acts.'),
  from: instantOf('From this instant on …'),
  until: instantOf('… until just before this one.'),
  unit: keyOf('Only for the work in this unit.').optional(),
});

export const presenceEntry = z.object({
  state: z.enum(['present', 'absent']),
  until: instantOf('An absence ends by itself at this instant.').optional(),
});

export const UnitChanged = defineEvent(
  'dispatch.unit-changed',
  1,
  'A unit of the organisation was added or changed; without `unit` it was deleted.',
  z.object({ key, unit: unitEntry.optional() }),
);

export const PersonChanged = defineEvent(
  'dispatch.person-changed',
  1,
  'A person of the organisation was added or changed; without `person` the person was deleted.',
  z.object({ id: keyOf("Login id: the subject of the person's token."), person: personEntry.optional() }),
);

export const MembershipChanged = defineEvent(
  'dispatch.membership-changed',
  1,
  'What a person is in a unit, or in the whole organisation when there is no `unit`; without `membership` the person is it no longer.',
  z.object({ person: key, unit: key.optional(), membership: membershipEntry.optional() }),
);

export const DeputyChanged = defineEvent(
  'dispatch.deputy-changed',
  1,
  'Somebody acts for somebody else for a time; without `deputy` nobody does any more under this id.',
  z.object({ id: key, deputy: deputyEntry.optional() }),
);

export const PresenceChanged = defineEvent(
  'dispatch.presence-changed',
  1,
  'A person is absent or back; without `presence` nothing is known, which counts as present.',
  z.object({ person: key, presence: presenceEntry.optional() }),
);

/** Every event of the directory. Followers consume this list, so that a new one reaches all of them. */
export const DIRECTORY_EVENTS = [UnitChanged, PersonChanged, MembershipChanged, DeputyChanged, PresenceChanged] as const;
