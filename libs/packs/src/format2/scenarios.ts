import { z } from 'zod';
import { names, personId, slug, word } from '../fields.js';
import { ConditionRow } from './scenario-match.js';
import { fieldKey } from './words.js';

const value = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const anything: z.ZodType = z.unknown();
const at = z.iso.datetime({ offset: true });
/** A name that a scenario gives to a ticket; `t` when it is left out. */
const ticket = slug.optional();

const registration = z.strictObject({
  channel: slug.optional(),
  type: word.optional(),
  category: word.optional(),
  item: word.optional(),
  urgency: slug.optional(),
  impact: slug.optional(),
  priority: slug.optional(),
  title: z.string().optional(),
  description: z.string().optional(),
  place: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
  contact: z.record(z.string(), z.string()).optional(),
  attributes: z.record(fieldKey, value).optional(),
  unit: slug.optional(),
  externalKey: z.string().optional(),
});

/** What the platform answers to a step that must fail. */
const refused = z.strictObject({ status: z.number().int().min(400).max(499), code: z.string().optional(), pointer: z.string().optional() });

const task = z.strictObject({
  step: slug.optional(),
  unit: slug.nullable().optional(),
  role: slug.nullable().optional(),
  person: personId.nullable().optional(),
  waitsFor: anything.optional(),
  outcome: slug.optional(),
});

const CLOCK_STATES = ['none', 'running', 'paused', 'stopped', 'cancelled'] as const;
const clockWanted = {
  state: z.enum(CLOCK_STATES).optional(),
  dueAt: at.optional(),
  breached: z.boolean().optional(),
  outcome: z.enum(['met', 'breached']).optional(),
};
/** How a clock must stand: a word, or in detail. */
const ClockWanted = z.union([z.enum([...CLOCK_STATES, 'met', 'breached']), z.strictObject(clockWanted)]);
export type ClockWanted = z.infer<typeof ClockWanted>;

/**
 * One thing that somebody does, or one thing that must be true. Times are instants with an offset. `needs` names the features (features.md) that the step waits
 * for: the scenario is then pending from that step on, and never counts as passed.
 */
const step = z.union([
  z.strictObject({
    register: registration,
    as: personId,
    ticket,
    /** Registers so many tickets, named t1, t2 …; all at once with `parallel`. */
    times: z.number().int().min(2).max(1000).optional(),
    parallel: z.literal(true).optional(),
    refused: refused.optional(),
  }),
  z.strictObject({
    do: slug,
    as: personId,
    ticket,
    /** Step of the side task that is meant; without it the lead or the case. */
    task: slug.optional(),
    /** Which of several open side tasks of that step: the one its holder's unit or person names. */
    of: z.strictObject({ unit: slug.optional(), person: personId.optional() }).optional(),
    with: z.record(fieldKey, anything).optional(),
    /** The device's own time. */
    at: at.optional(),
    refused: refused.optional(),
  }),
  /** A batch that a device sends at once (P19). `again` sends the person's last batch once more with the same idempotency keys. */
  z.strictObject({
    device: z
      .array(z.strictObject({ do: slug, task: slug.optional(), with: z.record(fieldKey, anything).optional(), at }))
      .min(1)
      .optional(),
    again: z.literal(true).optional(),
    as: personId,
    ticket,
    results: z.array(z.enum(['applied', 'refused', 'duplicate'])),
    code: z.string().optional(),
  }),
  /** One action on many tickets, with a preview or for good (P30). */
  z.strictObject({
    bulk: slug,
    tickets: z.array(slug).min(1),
    as: personId,
    with: z.record(fieldKey, anything).optional(),
    preview: z.literal(true).optional(),
    results: z.record(slug, z.union([z.literal('done'), z.literal('possible'), z.number().int()])),
  }),
  /** The person asks for the best task of the unit; the platform hands out that of the ticket, or nothing (DI-07). */
  z.strictObject({ next: slug, as: personId, ticket: slug.nullable() }),
  /** Imports a file of the pack's folder; `again` imports it a second time. The tickets are called by `ticket` and the number of their row: t1, t2 … */
  z.strictObject({
    import: z.strictObject({
      file: z.string(),
      mapping: z.record(z.string(), anything),
      /** The rows of the CSV file so many times, each copy with external keys of its own. */
      copies: z.number().int().min(2).max(1000).optional(),
    }),
    as: personId,
    ticket,
    again: z.literal(true).optional(),
    results: z.strictObject({ new: z.number().int(), same: z.number().int().optional(), wrong: z.number().int().optional() }),
  }),
  z.strictObject({ link: slug, from: slug, to: slug, as: personId, refused: refused.optional() }),
  /** One ticket is linked with this ticket and is what `linked` says to it, such as its `second-dispatch`; it is called `name` from here on. */
  z.strictObject({ linked: slug, ticket, name: slug }),
  /** The newest ticket that this plan registered is called `ticket` from here on; `at` is the occurrence for which it did. */
  z.strictObject({ planned: slug, ticket, at: at.optional() }),
  /** This pack with a JSON merge patch (RFC 7396) per part, published as its next version (P17). */
  z.strictObject({ publish: z.record(slug, anything), as: personId, refused: refused.optional() }),
  /** A door that no other step names. In path and answer `{t}` is the id of the ticket t, `{t.number}` its number and `{org}` the organisation. A GET waits for its answer. */
  z.strictObject({
    call: z.string().regex(/^(GET|POST|PUT|PATCH|DELETE) \/\S+$/),
    service: z.enum(['intake', 'dispatch', 'sla', 'notify', 'reporting']),
    as: personId,
    body: anything.optional(),
    status: z.number().int(),
    answer: anything.optional(),
  }),
  /** Kills a service (SIGKILL) while what was done before is still under way, and starts it again. */
  z.strictObject({ crash: z.enum(['intake', 'dispatch', 'sla', 'notify', 'reporting']) }),
  z.strictObject({ amend: registration, as: personId, ticket, refused: refused.optional() }),
  z.strictObject({ withdraw: z.string(), as: personId, ticket, refused: refused.optional() }),
  /** Moves the clock of the whole system forward. */
  z.strictObject({ until: at }),
  z.strictObject({ wait: z.string().regex(/^[1-9]\d*(?:min|h|d)$/, 'must be a length of time such as 30min, 4h or 3d') }),
  /** A change of the directory: who is absent, who is whose deputy, who left. */
  z.strictObject({
    directory: z.union([
      z.strictObject({ absent: personId, until: at.optional() }),
      z.strictObject({ present: personId }),
      z.strictObject({ deputy: personId, of: personId, from: at, until: at }),
      z.strictObject({ leaves: personId }),
    ]),
  }),
  z.strictObject({
    needs: z.array(z.string().regex(/^(?:[A-Z]{2}-\d{2}|C\d{1,2})$/, 'must be a feature id such as NO-12')).min(1),
    why: z.string(),
  }),
  z.strictObject({
    expect: z.strictObject({
      ticket,
      /** The case as this person sees it: a field that is hidden from him is absent. */
      as: personId.optional(),
      /** Version of the pack on which the case runs. */
      pack: z.number().int().optional(),
      step: slug.optional(),
      state: z.string().optional(),
      phase: z.enum(['open', 'closed']).optional(),
      unit: slug.nullable().optional(),
      person: personId.nullable().optional(),
      role: slug.nullable().optional(),
      waitsFor: anything.optional(),
      run: z.number().int().optional(),
      class: z.record(z.string(), value).optional(),
      fields: z.record(fieldKey, anything).optional(),
      /** The open side tasks, in any order; an empty list: none. */
      side: z.array(task).optional(),
      /** Actions that the person may do now, and some he may not. */
      actions: z.strictObject({ as: personId, include: z.array(slug).optional(), exclude: z.array(slug).optional() }).optional(),
      /** The clocks of the ticket, by key. */
      clocks: z.record(slug, ClockWanted).optional(),
      /** Ticket number, as a regular expression. */
      number: z.string().optional(),
      see: z.strictObject({ as: personId, status: z.number().int() }).optional(),
    }),
  }),
  /** How often an event was published about the ticket, counting those whose data match; `within`: so many seconds after the registration at most. */
  z.strictObject({
    event: z.string(),
    ticket,
    when: ConditionRow.optional(),
    at: at.optional(),
    within: z.number().positive().optional(),
    times: z.number().int().nonnegative(),
  }),
  /** These things happened to the ticket in this order; others may lie between them. */
  z.strictObject({
    history: z
      .array(z.strictObject({ action: slug.optional(), event: z.string().optional(), at: at.optional(), by: personId.optional() }))
      .min(1),
    ticket,
  }),
  /** The numbers of tickets registered with `times` are without gap and duplicate, from first to last. */
  z.strictObject({ numbers: z.strictObject({ of: slug, first: z.string(), last: z.string() }) }),
  z.strictObject({
    clock: slug,
    ticket,
    ...clockWanted,
  }),
  /** How many mails of the template were sent, to this address when one is given; one when no number is given. */
  z.strictObject({ mail: slug, ticket, to: z.string().optional(), times: z.number().int().nonnegative().optional() }),
  z.strictObject({ sms: slug, ticket, to: z.string().optional(), times: z.number().int().nonnegative().optional() }),
  /** The queue of a unit, or the tasks of a person: the tickets in their order. */
  z.strictObject({ queue: slug.optional(), mine: personId.optional(), as: personId.optional(), tickets: z.array(slug) }),
  z.strictObject({
    decision: z.strictObject({
      ticket,
      rule: slug.optional(),
      unit: slug.optional(),
      person: personId.optional(),
      runnerUp: slug.optional(),
    }),
  }),
  /** Rows of reporting, each with at least these values: `ledger` (sums of an account), `stats` (figures by a dimension), `search` (tickets). `{t}` is the id of the ticket t. */
  z.strictObject({ report: slug, as: personId, query: z.record(z.string(), value).optional(), rows: anything }),
]);

/** The pack's own acceptance tests, run through the public HTTP API with a movable clock (pack part `scenarios`, format 2). Steps run in their order. */
export const Scenarios = z.array(
  z.strictObject({
    key: slug,
    names,
    /** Instant at which the scenario begins. */
    at,
    steps: z.array(step).min(1),
  }),
);
export type Scenarios = z.infer<typeof Scenarios>;
export type Scenario = Scenarios[number];
export type ScenarioStep = z.infer<typeof step>;
