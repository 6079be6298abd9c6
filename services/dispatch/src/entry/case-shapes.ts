import { TICKET_STATES } from '@gongdan/contracts';
import { instantInput, line, prose } from '@gongdan/platform';
import { z } from 'zod';

const instant = z.iso.datetime({ precision: 3 });
const key = line(120);
const packRef = z.object({ key: z.string(), version: z.number() });

/** The fields of an action. Which of them an action takes and which it requires is decided by the pack's process. */
export const ActionBody = z
  .strictObject({
    toUnit: key.optional(),
    toPerson: key.optional(),
    reason: prose(2_000).optional(),
    evidence: prose(2_000).optional(),
    text: prose(20_000).optional(),
    reasonClass: z.enum(['customer', 'third-party', 'force-majeure']).optional(),
    until: instantInput.optional(),
    solution: prose(20_000).optional(),
    outcome: key.optional(),
  })
  .meta({ id: 'ActionBody', examples: [{ toUnit: 'network', reason: 'The line is broken; the bill is correct.' }] });

export const RouteBody = z.strictObject({ unit: key }).meta({ id: 'RouteBody', examples: [{ unit: 'network' }] });

export const PageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(300).optional(),
});
export const Cursor = z.tuple([z.int32().nonnegative().max(32_767), instant, z.uuid()]);

const task = {
  ticketId: z.uuid(),
  number: z.string(),
  title: z.string(),
  pack: packRef,
  type: z.string(),
  category: z.string(),
  priority: z.string(),
  step: z.string().meta({ description: 'Position in the process of the pack' }),
  state: z.enum(TICKET_STATES).meta({ description: 'The canonical state of the step' }),
  unit: z.string().nullable(),
  holder: z.string().nullable().meta({ description: 'The person who works on the ticket; null while it waits in the queue of the unit' }),
  version: z.number().meta({ description: 'The ETag, without quotes and v' }),
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
  holder: 'wang',
  version: 2,
  registeredAt: '2026-03-02T01:00:00.000Z',
  since: '2026-03-02T01:12:30.000Z',
} as const;

const Assignment = z.object({ no: z.number(), unit: z.string(), person: z.string().nullable(), since: instant, until: instant.nullable() });

export const CaseAnswer = z
  .object({
    ...task,
    hop: z.number().meta({ description: 'How often routing has placed the case in a queue' }),
    returns: z.number(),
    reopens: z.number(),
    closedAt: instant.nullable(),
    actions: z.array(z.string()).meta({ description: 'The actions of the pack that the caller may do now' }),
    assignments: z.array(Assignment).optional(),
  })
  .meta({
    id: 'Case',
    examples: [{ ...taskExample, hop: 1, returns: 0, reopens: 0, closedAt: null, actions: ['reply', 'return', 'suspend', 'transfer'] }],
  });

const Task = z.object(task).meta({ id: 'Task', examples: [taskExample] });
export const TasksAnswer = z
  .object({ items: z.array(Task), next: z.string().nullable().meta({ description: 'Cursor of the next page; null on the last page' }) })
  .meta({ id: 'Tasks', examples: [{ items: [taskExample], next: null }] });

const Candidate = z.object({
  rule: z.string(),
  unit: z.string(),
  excluded: z.boolean().meta({ description: 'The unit has returned the ticket' }),
});
const Decision = z
  .object({
    no: z.number(),
    id: z.uuid(),
    at: instant,
    why: z.enum(['routed', 'returned', 'reopened']),
    rule: z.string().nullable().meta({ description: 'A rule of the pack, or fallback, requeue, supervisor; null when no unit was found' }),
    unit: z.string().nullable(),
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
        unit: 'billing',
        facts: { type: 'complaint', categories: ['billing.refund', 'billing'] },
        candidates: [
          { rule: 'billing', unit: 'billing', excluded: false },
          { rule: 'fallback', unit: 'review-centre', excluded: false },
        ],
        runnerUp: { rule: 'fallback', unit: 'review-centre', excluded: false },
        pack: { key: 'starter', version: 1 },
        madeBy: 'system:dispatch',
      },
    ],
  });
export const DecisionsAnswer = z.object({ items: z.array(Decision) }).meta({ id: 'Decisions' });
