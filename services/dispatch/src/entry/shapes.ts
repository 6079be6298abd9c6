import { TICKET_STATES } from '@gongdan/contracts';
import { ROLES } from '@gongdan/packs';
import { line, prose } from '@gongdan/platform';
import { z } from 'zod';

const instant = z.iso.datetime({ precision: 3 });
const key = line(120);

/** What a person says with an action; which of it is needed, and which allowed, the pack's process decides. */
export const ActionBody = z
  .strictObject({
    toUnit: key.optional(),
    toPerson: key.optional(),
    reason: prose(2_000).optional(),
    evidence: prose(2_000).optional(),
    text: prose(20_000).optional(),
    reasonClass: z.enum(['customer', 'third-party', 'force-majeure']).optional(),
    until: z.iso
      .datetime({ offset: true })
      .transform((v) => new Date(v).toISOString())
      .optional(),
    solution: prose(20_000).optional(),
    outcome: key.optional(),
  })
  .meta({ id: 'ActionBody' });

export const RouteBody = z.strictObject({ unit: key }).meta({ id: 'RouteBody' });

/** A joined pack; its own validator names the mistakes better than a schema can, so here it is only an object. */
export const PackBody = z.record(z.string(), z.unknown()).meta({ id: 'PackBody' });

export const PageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(300).optional(),
});
export const VersionQuery = z.strictObject({ version: z.coerce.number().int().positive().max(2_147_483_647).optional() });
export const Cursor = z.tuple([z.int32().nonnegative().max(32_767), instant, z.uuid()]);

const Assignment = z.object({ no: z.number(), unit: z.string(), person: z.string().nullable(), since: instant, until: instant.nullable() });

export const CaseAnswer = z
  .object({
    ticketId: z.uuid(),
    number: z.string(),
    title: z.string(),
    pack: z.object({ key: z.string(), version: z.number() }),
    type: z.string(),
    category: z.string(),
    priority: z.string(),
    step: z.string(),
    state: z.enum(TICKET_STATES),
    unit: z.string().nullable(),
    holder: z.string().nullable(),
    version: z.number(),
    hop: z.number(),
    returns: z.number(),
    reopens: z.number(),
    registeredAt: instant,
    since: instant,
    closedAt: instant.nullable(),
    /** What the asker may do now. */
    actions: z.array(z.string()),
    assignments: z.array(Assignment).optional(),
  })
  .meta({ id: 'Case' });

const Task = z
  .object({
    ticketId: z.uuid(),
    number: z.string(),
    title: z.string(),
    pack: z.object({ key: z.string(), version: z.number() }),
    type: z.string(),
    category: z.string(),
    priority: z.string(),
    step: z.string(),
    state: z.enum(TICKET_STATES),
    unit: z.string().nullable(),
    holder: z.string().nullable(),
    version: z.number(),
    registeredAt: instant,
    since: instant,
  })
  .meta({ id: 'Task' });
export const TasksAnswer = z.object({ items: z.array(Task), next: z.string().nullable() }).meta({ id: 'Tasks' });

const Candidate = z.object({ rule: z.string(), unit: z.string(), excluded: z.boolean() });
const Decision = z
  .object({
    no: z.number(),
    id: z.uuid(),
    at: instant,
    why: z.enum(['routed', 'returned', 'reopened']),
    rule: z.string().nullable(),
    unit: z.string().nullable(),
    facts: z.record(z.string(), z.unknown()),
    candidates: z.array(Candidate),
    runnerUp: Candidate.nullable(),
    pack: z.object({ key: z.string(), version: z.number() }),
    madeBy: z.string(),
  })
  .meta({ id: 'Decision' });
export const DecisionsAnswer = z.object({ items: z.array(Decision) }).meta({ id: 'Decisions' });

const names = z.object({ 'zh-CN': z.string(), en: z.string() });
const PackLine = z
  .object({ key: z.string(), version: z.number(), digest: z.string(), names, about: names, publishedAt: instant, publishedBy: z.string() })
  .meta({ id: 'PackLine' });
export type PackLine = z.infer<typeof PackLine>;
export const PacksAnswer = z.object({ items: z.array(PackLine) }).meta({ id: 'Packs' });
export const PackAnswer = z
  .object({
    key: z.string(),
    version: z.number(),
    digest: z.string(),
    publishedAt: instant,
    publishedBy: z.string(),
    pack: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'Pack' });
export const PublishedAnswer = z.object({ key: z.string(), version: z.number(), digest: z.string() }).meta({ id: 'PublishedPack' });
export const UnitsAnswer = z
  .object({
    items: z.array(
      z.object({
        key: z.string(),
        pack: z.string(),
        names,
        code: z.string().optional(),
        parent: z.string().optional(),
        email: z.string().optional(),
      }),
    ),
  })
  .meta({ id: 'Units' });
export const PeopleAnswer = z
  .object({ items: z.array(z.object({ id: z.string(), name: z.string(), units: z.array(z.string()), roles: z.array(z.enum(ROLES)) })) })
  .meta({ id: 'People' });
