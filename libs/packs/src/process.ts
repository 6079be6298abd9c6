import { dispatch, TICKET_STATES } from '@gongdan/contracts';
import { z } from 'zod';
import { Condition } from './condition.js';
import { count, names, slug } from './fields.js';

/** What an action does to the case, whatever the pack calls it. The engine knows kinds; it knows no step and no action by name. */
export const ACTION_KINDS = ['take', 'transfer', 'return', 'reply', 'suspend', 'resume', 'resolve', 'close', 'reopen', 'cancel'] as const;
export type ActionKind = (typeof ACTION_KINDS)[number];

/** What a person may say with an action. */
export const ACTION_FIELDS = ['toUnit', 'toPerson', 'reason', 'evidence', 'text', 'reasonClass', 'until', 'solution', 'outcome'] as const;
export type ActionField = (typeof ACTION_FIELDS)[number];

/** Which fields a kind takes, and which of them it cannot do without; `needs` of an action adds to the second list. */
export const FIELDS_OF: Readonly<Record<ActionKind, { takes: readonly ActionField[]; always: readonly ActionField[] }>> = {
  take: { takes: [], always: [] },
  transfer: { takes: ['toUnit', 'toPerson', 'reason'], always: ['reason'] },
  return: { takes: ['reason', 'evidence'], always: ['reason'] },
  reply: { takes: ['text'], always: ['text'] },
  suspend: { takes: ['reasonClass', 'reason', 'until'], always: ['reasonClass', 'reason'] },
  resume: { takes: [], always: [] },
  resolve: { takes: ['solution', 'outcome'], always: ['solution'] },
  close: { takes: ['outcome', 'reason'], always: [] },
  reopen: { takes: ['reason'], always: ['reason'] },
  cancel: { takes: ['reason'], always: ['reason'] },
};

/** What dispatch says first when an action of the kind is done. */
export const EVENT_OF: Readonly<Record<ActionKind, string>> = {
  take: dispatch.TicketAccepted.name,
  transfer: dispatch.TicketTransferred.name,
  return: dispatch.TicketReturned.name,
  reply: dispatch.TicketReplied.name,
  suspend: dispatch.TicketSuspended.name,
  resume: dispatch.TicketResumed.name,
  resolve: dispatch.TicketResolved.name,
  close: dispatch.TicketClosed.name,
  reopen: dispatch.TicketReopened.name,
  cancel: dispatch.TicketCancelled.name,
};

/**
 * unit: a handler of the unit that has the case; holder: the person who has it; supervisor: of any unit; agent: who registers; machine: an API client.
 */
export const PERFORMERS = ['unit', 'holder', 'supervisor', 'agent', 'machine'] as const;

const step = z.strictObject({
  names,
  /** The canonical state (docs/glossary.md) every other service sees. */
  state: z.enum(TICKET_STATES),
  /** Where the task lies: in the queue of the case's unit, with one person, or nowhere. */
  holder: z.enum(['queue', 'person', 'nobody']),
});

const action = z.strictObject({
  names,
  kind: z.enum(ACTION_KINDS),
  from: z.array(slug).min(1),
  /** A transfer to a step held by a queue names a unit, one to a step held by a person names a person: exactly one receiver (DI-08). */
  to: slug,
  by: z.array(z.enum(PERFORMERS)).min(1),
  needs: z.array(z.enum(ACTION_FIELDS)).optional(),
  /** Guard over the ticket's facts and `case.*`; refused with 422 when it does not hold. */
  when: Condition.optional(),
  /** How often in one case; the next try is refused with 422 (return budget DI-10, reopening DI-23). */
  limit: count.optional(),
  /** How long after the case was last closed (DI-23). */
  within: z.union([z.strictObject({ hours: count }), z.strictObject({ days: count })]).optional(),
  /** What follows at once: a new run of the routing rules, or the queue of the unit it had. */
  then: z.enum(['route', 'requeue']).optional(),
});

/**
 * The life cycle as a table (pack part `process`; DI-01, DI-02). Steps and actions belong to the pack; kinds, holders and canonical states to the engine.
 * It grows by optional parts of a step (approval, sub-tasks, callback) and of an action (evidence, hop), never by changing what stands here: a case
 * finishes on the pack version it began with.
 */
export const Process = z.strictObject({
  start: slug,
  /** Where the system itself puts a case. */
  system: z.strictObject({
    routed: slug,
    unroutable: slug,
    /** The complainant took the ticket back (intake.ticket-withdrawn); open cases only. */
    withdrawn: slug,
    /** A ticket that the old system had closed already (IN-03). */
    importedClosed: slug,
  }),
  steps: z.record(slug, step),
  actions: z.record(slug, action),
});
export type Process = z.infer<typeof Process>;
export type Step = z.infer<typeof step>;
export type Action = z.infer<typeof action>;
