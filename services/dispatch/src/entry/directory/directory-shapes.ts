import { type Entry, type EntryKind, placeOf, spanOf, WEEKDAYS } from '@gongdan/directory';
import { instantInput, line, zoneInput } from '@gongdan/platform';
import { z } from 'zod';
import { type StaffContact } from '../../use-cases/directory/change-entry.js';
import { type EntryRow } from '../../use-cases/directory/list-entries.js';

const instant = z.iso.datetime({ precision: 3 });
export const Slug = z
  .string()
  .max(60)
  .regex(/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/, 'must be lower-case letters, digits and inner hyphens');
export const PersonId = z
  .string()
  .min(1)
  .max(120)
  .regex(/^[^\p{Cc}\s]+$/u, 'must be printable without blanks');
// Without blanks: they separate the values of a cell in a file.
const language = z
  .string()
  .max(20)
  .regex(/^[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*$/, 'must be a language tag such as zh-CN');
const names = z.strictObject({ 'zh-CN': line(200), en: line(200) });
const span = z.string().refine((text) => spanOf(text) !== undefined, "must be a span such as '09:00-12:00'");
const spans = z.array(span).min(1).max(20).optional();
const shift = z.strictObject({ mon: spans, tue: spans, wed: spans, thu: spans, fri: spans, sat: spans, sun: spans });
const coordinates = z.strictObject({ latitude: z.number().min(-90).max(90), longitude: z.number().min(-180).max(180) });

export const UnitBody = z
  .strictObject({
    names,
    parent: Slug.optional(),
    level: Slug.optional().meta({ description: 'What kind of unit it is, a word of the organisation' }),
    code: line(40).optional(),
    email: z.email().max(320).optional(),
    coordinates: coordinates.optional(),
    calendar: Slug.optional(),
    zone: zoneInput.optional().meta({ description: 'IANA zone of its shifts; without one, the zone of its parent' }),
    closedAt: instantInput.optional().meta({ description: 'It takes no new work from this instant on' }),
    successor: Slug.optional().meta({ description: 'The unit that takes over when it closes' }),
  })
  .meta({ id: 'UnitBody', examples: [{ names: { 'zh-CN': '东城服务站', en: 'East site' }, parent: 'city', level: 'site' }] });

export const PersonBody = z
  .strictObject({
    name: line(200),
    languages: z.array(language).min(1).max(10).optional(),
    email: z.email().max(320).optional(),
    phone: line(40).optional(),
    activeFrom: instantInput.optional(),
    activeUntil: instantInput.optional().meta({ description: 'The person has left from this instant on' }),
  })
  .meta({ id: 'PersonBody', examples: [{ name: '吴强', languages: ['zh-CN'], email: 'wu@example.org' }] });

export const MembershipBody = z
  .strictObject({
    roles: z.array(Slug).min(1).max(50),
    skills: z.record(Slug, z.number().int().min(1).max(100)).optional().meta({ description: 'Level of each skill, 1 the lowest' }),
    capacity: z.number().int().min(0).max(10_000).optional().meta({ description: 'The most tasks that routing gives the person at a time' }),
    shift: shift.optional().meta({ description: 'When the person works here, in the zone of the unit; without it always' }),
  })
  .meta({ id: 'MembershipBody', examples: [{ roles: ['handler'], skills: { gas: 2 }, capacity: 5 }] }); // prettier-ignore

export const DeputyBody = z
  .strictObject({ person: PersonId, deputy: PersonId, from: instantInput, until: instantInput, unit: Slug.optional() })
  .meta({
    id: 'DeputyBody',
    examples: [{ person: 'wu', deputy: 'xu', from: '2026-03-02T00:00:00.000Z', until: '2026-03-09T00:00:00.000Z' }],
  });

export const PresenceBody = z
  .strictObject({ state: z.enum(['present', 'absent']), until: instantInput.optional() })
  .meta({ id: 'PresenceBody', examples: [{ state: 'absent', until: '2026-03-03T00:00:00.000Z' }] });

const version = z.number().meta({ description: 'The ETag, without quotes and v' });
const answerSpans = z.array(z.string()).optional();
const unitValue = {
  names: z.object({ 'zh-CN': z.string(), en: z.string() }),
  parent: z.string().optional(),
  level: z.string().optional(),
  code: z.string().optional(),
  email: z.string().optional(),
  coordinates: z.object({ latitude: z.number(), longitude: z.number() }).optional(),
  calendar: z.string().optional(),
  zone: z.string().optional(),
  closedAt: instant.optional(),
  successor: z.string().optional(),
};
export const UnitEntry = z.object({ key: z.string(), version, ...unitValue }).meta({ id: 'UnitEntry' });
export const PersonEntry = z
  .object({
    id: z.string(),
    version,
    name: z.string(),
    languages: z.array(z.string()).optional(),
    email: z.string().optional().meta({ description: 'Only for callers with directory:write' }),
    phone: z.string().optional(),
    activeFrom: instant.optional(),
    activeUntil: instant.optional(),
  })
  .meta({ id: 'PersonEntry' });
export const MembershipEntry = z
  .object({
    person: z.string(),
    unit: z.string().optional().meta({ description: 'Absent: the whole organisation' }),
    version,
    roles: z.array(z.string()),
    skills: z.record(z.string(), z.number()).optional(),
    capacity: z.number().optional(),
    shift: z.object(Object.fromEntries(WEEKDAYS.map((day) => [day, answerSpans]))).optional(),
  })
  .meta({ id: 'MembershipEntry' });
export const DeputyEntry = z
  .object({ id: z.string(), version, person: z.string(), deputy: z.string(), from: instant, until: instant, unit: z.string().optional() })
  .meta({ id: 'DeputyEntry' });
export const PresenceEntry = z
  .object({ person: z.string(), version, state: z.enum(['present', 'absent']), until: instant.optional() })
  .meta({ id: 'PresenceEntry' });

const next = z.string().nullable();
export const UnitEntries = z.object({ items: z.array(UnitEntry), next }).meta({ id: 'UnitEntries' });
export const PersonEntries = z.object({ items: z.array(PersonEntry), next }).meta({ id: 'PersonEntries' });
export const MembershipEntries = z.object({ items: z.array(MembershipEntry), next }).meta({ id: 'MembershipEntries' });
export const DeputyEntries = z.object({ items: z.array(DeputyEntry), next }).meta({ id: 'DeputyEntries' });
export const PresenceEntries = z.object({ items: z.array(PresenceEntry), next }).meta({ id: 'PresenceEntries' });

const page = { limit: z.coerce.number().int().min(1).max(200).default(50), cursor: z.string().max(400).optional() };
export const EntriesQuery = z.strictObject(page);
export const UnitsQuery = z.strictObject({ ...page, parent: Slug.optional(), level: Slug.optional() });
export const MembershipsQuery = z.strictObject({ ...page, person: PersonId.optional(), unit: Slug.optional() });
export const UnitQuery = z.strictObject({ unit: Slug.optional() });
export const EntryCursor = z.tuple([z.string().max(200)]);

export const FILES = { units: 'unit', people: 'person', memberships: 'membership', deputies: 'deputy', presence: 'presence' } as const;
const file = z.enum(['units', 'people', 'memberships', 'deputies', 'presence']);
export const ImportQuery = z.strictObject({ of: file, dryRun: z.enum(['true', 'false']).default('false') });
export const ExportQuery = z.strictObject({ of: file });
export const ImportAnswer = z
  .object({
    dryRun: z.boolean(),
    created: z.number(),
    changed: z.number(),
    unchanged: z.number(),
    refused: z.number(),
    errors: z
      .array(z.object({ line: z.number(), code: z.string(), pointer: z.string(), detail: z.string() }))
      .meta({ description: 'The first 1,000 refused rows' }),
  })
  .meta({ id: 'DirectoryImport' });

export const AuditQuery = z.strictObject({ ...page, of: file.optional(), id: z.string().min(1).max(200).optional() });
export const AuditCursor = z.tuple([z.number().int().positive()]);
export const AuditAnswer = z
  .object({
    items: z.array(
      z.object({
        at: instant,
        by: z.object({ id: z.string(), name: z.string().optional() }),
        of: file,
        id: z.string().meta({ description: 'Of a membership: person, blank, unit' }),
        before: z.record(z.string(), z.unknown()).nullable(),
        after: z.record(z.string(), z.unknown()).nullable(),
      }),
    ),
    next,
  })
  .meta({ id: 'DirectoryAudit' });

type Body = z.infer<typeof UnitBody> | z.infer<typeof PersonBody> | z.infer<typeof MembershipBody> | z.infer<typeof DeputyBody> | z.infer<typeof PresenceBody>; // prettier-ignore

const BODIES = { unit: UnitBody, person: PersonBody, membership: MembershipBody, deputy: DeputyBody, presence: PresenceBody } as const;

/** The schema of the body of a kind: an import checks its rows by the same rules. */
export function bodySchema(kind: EntryKind): z.ZodType<Body> {
  return BODIES[kind];
}

/** What a body asks for. The contact of a person travels apart, because it is sealed. */
export function entryOfBody(kind: EntryKind, id: string, body: Body): { entry: Entry; contact?: StaffContact } {
  if (kind !== 'person') return { entry: { kind, id, value: body } as Entry };
  const { email, phone, ...value } = body as z.infer<typeof PersonBody>;
  return { entry: { kind, id, value } as Entry, contact: { email, phone } };
}

/** An entry as it is answered: its key, its version and its value. */
export function shownAs(key: 'key' | 'id' | 'person', row: EntryRow): Record<string, unknown> {
  return { [key]: row.id, version: row.version, ...row.value };
}

export function shownMembership(row: EntryRow): Record<string, unknown> {
  return { ...placeOf(row.id), version: row.version, ...row.value };
}
