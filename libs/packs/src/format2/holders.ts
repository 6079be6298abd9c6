import { z } from 'zod';
import { Condition } from './condition.js';
import { factName, factRef, oneOrMore, PARTIES, slug } from './words.js';

/** Which units a form may name: those beside the task's unit, below it, its whole subtree, or any. */
export const AMONG = ['peers', 'below', 'subtree', 'any'] as const;

/** Narrows who may hold or act. At the rule of a pool it holds for the whole task: whom it leaves out can neither take it nor act on it as a member. */
export const Except = z.strictObject({
  /** Nobody who did one of these actions in this run (four eyes); `registration` is who registered the ticket. */
  doer: oneOrMore(slug).optional(),
  /** Nobody who held a task of one of these steps; `any` means every task of the case. */
  held: z.union([z.literal('any'), z.array(slug).min(1)]).optional(),
  /** No unit that did one of these actions in this run, for example a return. */
  unitsOf: oneOrMore(slug).optional(),
});
export type Except = z.infer<typeof Except>;

const unitRule = z.union([
  slug,
  /** A unit that a fact names, for example `input.unit`. */
  z.strictObject({ fact: factName, among: z.enum(AMONG).optional() }),
  /** The unit whose code equals the fact. */
  z.strictObject({ code: factRef, under: slug.optional(), level: slug.optional() }),
  /** The unit nearest to the coordinates of the place (P06). */
  z.strictObject({ nearest: z.strictObject({ under: slug, level: slug.optional() }) }),
]);
export type UnitRule = z.infer<typeof unitRule>;

/**
 * Who of the unit receives the task: `pool` (default) leaves it to whoever takes it; the others name one person who is present and below capacity, and
 * fall back to the pool when nobody is.
 */
const pick = z.union([
  z.enum(['pool', 'round-robin', 'least-loaded', 'sticky']),
  /** The least loaded person who has the skill, at this level or above; the highest level first (P09). */
  z.strictObject({ skill: z.union([slug, factRef]), level: z.union([z.number().int().positive().max(100), factRef]).optional() }),
  /** The person whom the fact names, where he is a member of the unit (P21). */
  z.strictObject({ mapped: factName }),
]);
export type Pick = z.infer<typeof pick>;

/** `unit`, `parent`, `registering-unit`, `level:<level>` (the ancestor at that level) or the key of a unit. */
export const roleOf = z.union([
  z
    .string()
    .regex(/^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?|level:[a-z0-9-]+)$/)
    .max(70),
  factRef,
]);

const rule = z.strictObject({
  unit: unitRule.optional(),
  /** The person whom a fact names. */
  person: factRef.optional(),
  /** A decision table of routing.yaml. */
  route: slug.optional(),
  /** The pool of those who hold the role in `of` (default: the task's unit). A role nobody holds climbs to the parent unit. */
  role: slug.optional(),
  of: roleOf.optional(),
  /** Who did this action last; `registration` is who registered the ticket. */
  doer: slug.optional(),
  /** The last holder of a task of this step. */
  previous: slug.optional(),
  /** Whose time burns while the holder stays: a party, a fact that names one, or the open group. */
  waitsFor: z.union([z.enum(PARTIES), factRef, z.strictObject({ group: slug })]).optional(),
  pick: pick.optional(),
  except: Except.optional(),
});

/** Who holds a task (engine.md 6). `self` is who acts; a rule with `waitsFor` alone keeps the holder. */
export const HolderRule = z.union([z.literal('self'), rule]);
export type HolderRule = z.infer<typeof HolderRule>;
export type HolderTable = z.infer<typeof rule>;

export const SCOPES = ['unit', 'subtree', 'above', 'any'] as const;

/**
 * Who may act. holder: the person who holds the task, or a member of its pool; assignee: the person, never the pool; unit: a member of the task's unit; machine: an API client; customer: the
 * complainant by a one-time link; role: whoever holds the role in the task's unit (`unit`), in it or an ancestor (`subtree`), in an ancestor (`above`), or
 * anywhere (`any`, the default); unitIn: a member of the unit that a fact names (P16); doer: who did the action.
 */
const performer = z.union([
  z.enum(['holder', 'assignee', 'unit', 'machine', 'customer']),
  z.strictObject({ role: slug, scope: z.enum(SCOPES).optional() }),
  z.strictObject({ unitIn: factName, role: slug.optional() }),
  z.strictObject({ doer: slug }),
]);
export const Performers = oneOrMore(performer);
export type Performer = z.infer<typeof performer>;

/** A row of a decision table. */
const routingRule = z.strictObject({
  key: slug,
  when: Condition,
  /** Only in scored tables: the points that the row gives to its holder. */
  score: z.number().int().min(-1000).max(1000).optional(),
  holder: rule,
  why: z.strictObject({ 'zh-CN': z.string().min(1).max(200), en: z.string().min(1).max(200) }).optional(),
});

/**
 * Decision tables (pack part `routing`; DI-05, DI-25). A table of mode `first` takes the first row whose condition holds and whose unit can hold the task; a
 * table of mode `score` adds the points of all rows that hold and takes the holder with the most. `fallback` holds when no row does.
 */
export const Routing = z.strictObject({
  tables: z.record(
    slug,
    z.strictObject({
      mode: z.enum(['first', 'score']).optional(),
      rules: z.array(routingRule),
      fallback: rule.optional(),
    }),
  ),
});
export type Routing = z.infer<typeof Routing>;
export type RoutingTable = Routing['tables'][string];
