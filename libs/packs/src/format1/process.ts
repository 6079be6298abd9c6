import { dispatch, TICKET_STATES } from '@gongdan/contracts';
import { z } from 'zod';
import { Condition } from '../conditions/condition.js';
import { count, names, slug } from '../fields.js';

/** What an action does to the case. The engine knows these kinds; the names of steps and actions belong to the pack. */
export const ACTION_KINDS = ['take', 'transfer', 'return', 'reply', 'suspend', 'resume', 'resolve', 'close', 'reopen', 'cancel'] as const;
export type ActionKind = (typeof ACTION_KINDS)[number];

/** Fields that an action may take from the person who does it. */
export const ACTION_FIELDS = ['toUnit', 'toPerson', 'reason', 'evidence', 'text', 'reasonClass', 'until', 'solution', 'outcome'] as const;
export type ActionField = (typeof ACTION_FIELDS)[number];

/** Which fields a kind of action takes, and which of them are always required; `needs` of an action adds to the second list. */
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

/** The first event that dispatch publishes when an action of the kind is done. */
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
 * Who may do an action. unit: a handler of the unit that has the case; holder: the person who has it; supervisor: a supervisor of any unit; agent: a person who registers
 * tickets; machine: an API client.
 */
export const PERFORMERS = ['unit', 'holder', 'supervisor', 'agent', 'machine'] as const;

const step = z.strictObject({
  names,
  /** The canonical state (docs/glossary.md) that every other service sees. */
  state: z.enum(TICKET_STATES),
  /** Who holds the task: the queue of the case's unit, one person, or nobody. */
  holder: z.enum(['queue', 'person', 'nobody']),
});

const action = z.strictObject({
  names,
  kind: z.enum(ACTION_KINDS),
  from: z.array(slug).min(1),
  /** A transfer to a step held by a queue names a unit, and one to a step held by a person names a person: there is exactly one receiver (DI-08). */
  to: slug,
  by: z.array(z.enum(PERFORMERS)).min(1),
  needs: z.array(z.enum(ACTION_FIELDS)).optional(),
  /** Condition over the facts of the ticket and `case.*`; the action is refused with 422 when it does not hold. */
  when: Condition.optional(),
  /** How often the action may be done in one case; the next attempt is refused with 422 (returns DI-10, reopening DI-23). */
  limit: count.optional(),
  /** Until how long after the case was last closed the action may be done (DI-23). */
  within: z.union([z.strictObject({ hours: count }), z.strictObject({ days: count })]).optional(),
  /** What follows at once: the routing rules run again, or the case returns to the queue of its unit. */
  then: z.enum(['route', 'requeue']).optional(),
});

/**
 * The life cycle as a table (pack part `process`; DI-01, DI-02). The pack defines steps and actions; the engine defines kinds, holders and canonical
 * states. It is extended by optional properties of steps and actions; existing ones never change, because a case finishes on the version of the pack it began
 * with.
 */
export const Process = z.strictObject({
  start: slug,
  /** Steps into which the system moves a case. */
  system: z.strictObject({
    routed: slug,
    unroutable: slug,
    /** The complainant withdrew the ticket (intake.ticket-withdrawn); open cases only. */
    withdrawn: slug,
    /** The older system had already closed the ticket (IN-03). */
    importedClosed: slug,
  }),
  steps: z.record(slug, step),
  actions: z.record(slug, action),
});
export type Process = z.infer<typeof Process>;
export type Step = z.infer<typeof step>;
export type Action = z.infer<typeof action>;
