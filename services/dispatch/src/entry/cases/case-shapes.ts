import { line } from '@gongdan/platform';
import { z } from 'zod';

const instant = z.iso.datetime({ precision: 3 });
const key = line(120);
const packRef = z.object({ key: z.string(), version: z.number() });

/** The fields of an action: those of its form in the pack. The platform's own verbs take text (note), person (share), unit (route). */
export const ActionBody = z
  .record(z.string().min(1).max(60), z.unknown())
  .meta({ id: 'ActionBody', examples: [{ toUnit: 'network', reason: 'The line is broken; the bill is correct.' }] });

export const RepackBody = z
  .strictObject({ version: z.number().int().min(1).max(1_000_000_000) })
  .meta({ id: 'RepackBody', examples: [{ version: 2 }] });

export const RouteBody = z.strictObject({ unit: key }).meta({ id: 'RouteBody', examples: [{ unit: 'network' }] });

export const PageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(300).optional(),
});
export const QueueQuery = PageQuery.extend({
  sleeping: z
    .enum(['true', 'false'])
    .default('false')
    .transform((v) => v === 'true')
    .describe('true: only tasks that sleep, with the instant at which they come back; they are not in the queue until then'),
});
export const Cursor = z.tuple([
  z.int32().nonnegative().max(32_767),
  z.union([instant, z.literal('infinity')]),
  instant,
  z.uuid(),
  z.int32().positive(),
]);

const holder = z.object({
  unit: z.string().optional(),
  role: z.string().optional(),
  person: z.string().optional(),
  waitsFor: z.union([z.string(), z.object({ group: z.string() })]).optional(),
});
const state = z.string().meta({ description: 'The canonical state of the step; later releases may add words' });
const task = {
  ticketId: z.uuid(),
  number: z.string(),
  title: z.string(),
  pack: packRef,
  type: z.string(),
  category: z.string(),
  priority: z.string(),
  step: z.string().meta({ description: 'Position in the process of the pack' }),
  state,
  unit: z.string().nullable(),
  role: z.string().nullable().meta({ description: 'The pool is that of the people of the unit with this role' }),
  holder: z.string().nullable().meta({ description: 'The person who works on the task; null while it waits in the pool of the unit' }),
  registeredAt: instant,
  since: instant.meta({ description: 'Instant of the last event of dispatch about the ticket; the case has not moved since' }),
};
const taskExample = {
  ticketId: '019d2c1e-6f3a-7c55-9d0b-3a1f6a2b7c10',
  number: 'GD202603000017',
  title: 'Refund of a bill that was paid twice',
  pack: { key: 'starter', version: 1 },
  type: 'complaint',
  category: 'billing.refund',
  priority: 'urgent',
  step: 'handling',
  state: 'accepted',
  unit: 'billing',
  role: null,
  holder: 'wang',
  registeredAt: '2026-03-02T01:00:00.000Z',
  since: '2026-03-02T01:12:30.000Z',
} as const;

const Assignment = z.object({ no: z.number(), unit: z.string(), person: z.string().nullable(), since: instant, until: instant.nullable() });

const classification = z.object({
  type: z.string(),
  category: z.string(),
  item: z.string().optional(),
  priority: z.string(),
  urgency: z.string().optional(),
  impact: z.string().optional(),
});
const OpenTask = z.object({
  no: z.number(),
  step: z.string(),
  lead: z.boolean().meta({ description: 'The main line; the others are side tasks' }),
  group: z.object({ key: z.string(), no: z.number() }).optional(),
  holder,
  openedAt: instant,
  sleepsUntil: instant.nullable(),
  fields: z.record(z.string(), z.unknown()),
  version: z.number().meta({ description: 'Version for If-Match when acting on this task' }),
  actions: z.array(z.string()).meta({ description: 'Actions that the caller may do on this task now' }),
});

export const CaseAnswer = z
  .object({
    ...task,
    class: classification,
    phase: z.enum(['open', 'closed']),
    waitsFor: holder.shape.waitsFor.nullable().meta({ description: 'Whom the lead waits for: a party outside, or a group of side tasks' }),
    version: z.number().meta({ description: 'Version of the case: the number of its last event. The ETag names the version of the task' }),
    run: z.number().meta({ description: 'Counts the runs: a reopening begins the next one' }),
    hop: z.number().meta({ description: 'How often the case arrived in a unit' }),
    returns: z.number(),
    reopens: z.number(),
    fields: z.record(z.string(), z.unknown()).meta({ description: 'What the forms of the lead gathered, as far as the caller may see it' }),
    watchers: z.array(z.string()),
    requests: z
      .array(
        z.object({
          id: z.uuid(),
          kind: z.string(),
          cause: z.string().describe('Action or reaction that asked'),
          state: z.enum(['pending', 'done', 'refused']),
          code: z.string().optional().describe('Why it was refused'),
          ticket: z.object({ id: z.uuid(), number: z.string() }).optional().describe('The ticket that was registered or linked'),
          reached: z
            .int()
            .optional()
            .describe('Of a cascade: how many linked tickets it had reached when it was answered; 0 means that none was linked'),
          run: z.number().optional().describe('Run in which it was asked; absent for requests of an older release'),
        }),
      )
      .describe('What the process asked other services for: what is pending, and the last that were answered'),
    tasks: z.array(OpenTask).meta({ description: 'The open tasks: the lead first, unless the case is closed' }),
    closedAt: instant.nullable(),
    actions: z.array(z.string()).meta({ description: 'The actions of the pack that the caller may do now' }),
    assignments: z.array(Assignment).optional(),
  })
  .meta({
    id: 'Case',
    examples: [
      {
        ...taskExample,
        class: { type: 'complaint', category: 'billing.refund', priority: 'urgent' },
        phase: 'open',
        waitsFor: null,
        version: 2,
        run: 1,
        hop: 1,
        returns: 0,
        reopens: 0,
        fields: {},
        watchers: [],
        requests: [],
        tasks: [
          {
            no: 2,
            step: 'handling',
            lead: true,
            holder: { unit: 'billing', person: 'wang' },
            openedAt: '2026-03-02T01:12:30.000Z',
            sleepsUntil: null,
            fields: {},
            version: 2,
            actions: ['reply', 'return'],
          },
        ],
        closedAt: null,
        actions: ['reply', 'return', 'suspend', 'transfer'],
      },
    ],
  });

export const NextAnswer = z
  .object({ task: z.number().meta({ description: 'No of the task that the caller holds now' }), case: CaseAnswer })
  .meta({ id: 'Next' });

const listed = {
  ...task,
  no: z.number().meta({ description: 'No of the task in its case' }),
  lead: z.boolean(),
  waits: z.string().nullable().meta({ description: 'Whom the task waits for: customer, third-party, force-majeure, or group:<key>' }),
  version: z.number().meta({ description: 'Version of the task, for If-Match' }),
  openedAt: instant,
  dueAt: instant.nullable().meta({ description: 'The nearest deadline of the running clocks of the case; null when none runs' }),
  sleepsUntil: instant.nullable(),
};
const listedExample = {
  ...taskExample,
  no: 2,
  lead: true,
  waits: null,
  version: 2,
  openedAt: '2026-03-02T01:12:30.000Z',
  dueAt: '2026-03-02T03:00:00.000Z',
  sleepsUntil: null,
} as const;

const Task = z.object(listed).meta({ id: 'Task', examples: [listedExample] });
export const TasksAnswer = z
  .object({ items: z.array(Task), next: z.string().nullable().meta({ description: 'Cursor of the next page; null on the last page' }) })
  .meta({ id: 'Tasks', examples: [{ items: [listedExample], next: null }] });

export const Candidate = z.object({
  rule: z.string().optional(),
  unit: z.string().optional(),
  person: z.string().optional(),
  score: z.number().optional(),
  excluded: z.union([z.string(), z.boolean()]).optional().meta({ description: 'Why it was passed over' }),
  climb: z
    .array(z.object({ unit: z.string().optional(), people: z.number() }))
    .optional()
    .meta({
      description: 'The units that were asked for the role, upwards, with how many could hold the task; without a unit: everywhere',
    }),
  sites: z
    .array(z.object({ unit: z.string(), latitude: z.number(), longitude: z.number() }))
    .optional()
    .meta({ description: 'The nearest sites to the place, at most five' }),
});
export const Decision = z
  .object({
    no: z.number(),
    id: z.uuid(),
    at: instant,
    why: z.string().meta({ description: 'routed, returned, reopened, transferred or assigned' }),
    rule: z
      .string()
      .nullable()
      .meta({ description: 'Row of the decision table, or how the holder was named: unit, role, doer, supervisor, fallback …' }),
    table: z.string().nullable().meta({ description: 'Decision table of the pack that was asked' }),
    task: z.number().nullable(),
    step: z.string().nullable(),
    unit: z.string().nullable(),
    role: z.string().nullable(),
    person: z.string().nullable(),
    climbedFrom: z.string().nullable().meta({ description: 'Unit in which nobody holds the role, so that a unit above was taken' }),
    facts: z.record(z.string(), z.unknown()).meta({ description: 'The facts that the rules mention, as they were' }),
    candidates: z.array(Candidate),
    runnerUp: Candidate.nullable(),
    pack: packRef,
    madeBy: z.string(),
  })
  .meta({
    id: 'Decision',
    examples: [
      {
        no: 1,
        id: '019d2c1e-7b10-7e2f-8a52-0c9a1d3e5f77',
        at: '2026-03-02T01:00:00.120Z',
        why: 'routed',
        rule: 'billing',
        table: 'main',
        task: 1,
        step: 'waiting',
        unit: 'billing',
        role: null,
        person: null,
        climbedFrom: null,
        facts: { type: 'complaint', categories: ['billing.refund', 'billing'] },
        candidates: [
          { rule: 'billing', unit: 'billing' },
          { rule: 'fallback', unit: 'review-centre' },
        ],
        runnerUp: { rule: 'fallback', unit: 'review-centre' },
        pack: { key: 'starter', version: 1 },
        madeBy: 'system:dispatch',
      },
    ],
  });
export const DecisionsAnswer = z.object({ items: z.array(Decision) }).meta({ id: 'Decisions' });
