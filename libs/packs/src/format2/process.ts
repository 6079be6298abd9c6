import { CLOSED_STATES, dispatch, OPEN_STATES, TICKET_STATES, type TicketState } from '@gongdan/contracts';
import { z } from 'zod';
import { count, names, slug } from '../fields.js';
import { Condition } from './condition.js';
import { Effect, LIMIT_PER } from './effects.js';
import { Except, HolderRule, Performers } from './holders.js';
import { oneOrMore } from './words.js';

/** The canonical states of a final step. */
export const FINAL_STATES = CLOSED_STATES;
export const STEP_STATES = TICKET_STATES;
export type StepState = TicketState;

const step = z.strictObject({
  names,
  /** The canonical state that every other service sees; a side step has none. */
  state: z.enum(STEP_STATES).optional(),
  holder: HolderRule.optional(),
  /** A step of side tasks: approval, sub-task, supervision order. */
  side: z.literal(true).optional(),
  /** A case that arrives here is closed. */
  final: z.literal(true).optional(),
  /** Outcomes of a side task by which its group may be refused. */
  refuses: z.array(slug).min(1).optional(),
});

const limit = z.strictObject({
  times: count,
  per: z.union([z.enum(LIMIT_PER), z.strictObject({ minutes: count })]),
  /** What happens instead when the limit is spent; without it the action is refused with 409. */
  else: z.array(Effect).optional(),
});

export const { SAYS } = dispatch;
export type Says = (typeof SAYS)[number];
/** Words that travel as an event of their own name; the others travel in `dispatch.ticket-advanced`. */
export const TOLD_BY_NAME: ReadonlySet<string> = new Set<Says>([
  'accepted',
  'returned',
  'replied',
  'resolved',
  'urged',
  'reopened',
  'corrected',
  'judged',
]);

const action = z.strictObject({
  names,
  /** The steps whose tasks it acts on; `any-lead`: the lead in whatever step; `case`: the case as a whole, without If-Match. */
  on: z.union([z.enum(['any-lead', 'case']), slug, z.array(slug).min(1)]),
  /** Of `case` actions: whether the case must be open (default), closed, or either. */
  phase: z.enum(['open', 'closed', 'any']).optional(),
  by: Performers,
  except: Except.optional(),
  form: slug.optional(),
  when: Condition.optional(),
  /** What a refusal by `when` tells the person. */
  unless: names.optional(),
  limit: limit.optional(),
  do: z.array(Effect),
  says: z.enum(SAYS).optional(),
});

const reaction = z.strictObject({
  names: names.optional(),
  /** Names of events of intake and sla, `dispatch.task-woke` or `dispatch.request-answered`. */
  on: oneOrMore(z.string().min(1).max(120)),
  when: Condition.optional(),
  /** Runs even when the task or the run that the event names is over. */
  late: z.literal(true).optional(),
  limit: limit.optional(),
  do: z.array(Effect),
  says: z.enum(SAYS).optional(),
});

/**
 * The life of a case as tables (pack part `process`, format 2; engine.md 3 to 6). Steps, actions and reactions belong to the pack; the engine knows
 * effects, holder rules and canonical states.
 */
export const Process = z.strictObject({
  /** Where a new case begins: the first row whose condition holds and whose holder exists. */
  start: z
    .array(
      z.strictObject({
        when: Condition.optional(),
        /** Done before the case begins there, for example a class that follows from the channel. */
        do: z.array(Effect).optional(),
        go: slug,
        holder: HolderRule.optional(),
      }),
    )
    .min(1),
  system: z.strictObject({
    /** Where a case waits whose next holder nobody can be. */
    unroutable: slug,
    /** The complainant withdrew the ticket; open cases only. */
    withdrawn: slug,
    /** The older system had closed the ticket (IN-03). */
    importedClosed: slug,
  }),
  steps: z.record(slug, step),
  actions: z.record(slug, action),
  reactions: z.record(slug, reaction).optional(),
});
export type Process = z.infer<typeof Process>;
export type Step = z.infer<typeof step>;
export type Action = z.infer<typeof action>;
export type Reaction = z.infer<typeof reaction>;
export type Limit = z.infer<typeof limit>;

export { OPEN_STATES };
