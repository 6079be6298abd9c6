import { z } from 'zod';
import { slug } from '../fields.js';
import { Condition } from './condition.js';
import { HolderRule } from './holders.js';
import { duration, factName, factRef, fieldKey, PARTIES, scalar } from './words.js';

/** What a limit counts within: the case, its present run, the acting task, the acting unit (in this run). */
export const LIMIT_PER = ['case', 'run', 'task', 'unit'] as const;

const value = z.union([scalar, factRef]);
const when = Condition.optional();

/** `go`: moves the lead. `back` is the step and holder of the lead this one followed. A final step closes, from a final step it reopens. */
const go = {
  go: slug,
  holder: HolderRule.optional(),
  /** down: the unit above stays in the chain of hops; up: the unit below hands back to it (P26). */
  hop: z.enum(['down', 'up']).optional(),
  /** Left out, and told, when the lead stands in none of these steps. */
  from: z.array(slug).min(1).optional(),
  when,
};

const planned = z.strictObject({
  step: slug,
  when,
  holder: HolderRule.optional(),
  /** One task for each element of a list: `fields.units` gives one task per unit. */
  each: factName.optional(),
});

// Effects inside a group are one level deep: they may not open a further group, so that a pack can be read and drawn.
const simple = [
  z.strictObject(go),
  z.strictObject({ end: slug, step: slug.optional(), when }),
  z.strictObject({ assign: HolderRule, step: slug.optional(), when }),
  z.strictObject({ set: z.record(z.string().min(1).max(120), z.union([value, z.null()])), when }),
  z.strictObject({
    classify: z.strictObject({
      type: value.optional(),
      category: value.optional(),
      item: value.optional(),
      urgency: value.optional(),
      impact: value.optional(),
      priority: value.optional(),
    }),
    when,
  }),
  z.strictObject({
    /** Until an instant that a fact holds, or for a length of time. */
    sleep: z.strictObject({ until: z.union([duration, factRef]), waitsFor: z.enum(PARTIES).optional() }),
    step: slug.optional(),
    when,
  }),
  z.strictObject({
    register: z.strictObject({
      pack: slug.optional(),
      type: value.optional(),
      category: value.optional(),
      item: value.optional(),
      title: value.optional(),
      attributes: z.record(fieldKey, value).optional(),
      copies: z.array(z.enum(['contact', 'place', 'text', 'evidence'])).optional(),
      link: slug.optional(),
    }),
    when,
  }),
  z.strictObject({ link: z.strictObject({ kind: slug, to: factRef }), when }),
  z.strictObject({ charge: z.strictObject({ to: z.union([slug, factRef]), from: factRef, until: factRef }), when }),
  z.strictObject({ extend: z.strictObject({ clock: slug, by: duration.optional(), until: factRef.optional() }), when }),
  z.strictObject({ cascade: z.strictObject({ links: slug, action: slug, input: z.record(fieldKey, value).optional() }), when }),
  z.strictObject({ watch: z.union([factRef, z.literal('self')]), when }),
] as const;

const SimpleEffect = z.union(simple);

const open = z.strictObject({
  /** Side tasks that are opened together. */
  open: z.strictObject({
    group: slug,
    tasks: z.array(planned).min(1).max(50),
    order: z.enum(['sequence', 'parallel']).optional(),
    until: z.enum(['all', 'any']).optional(),
    /** Fields that nobody may change while the group is open (law 12). */
    about: z.array(fieldKey).min(1).optional(),
    /** The group goes on when the lead under which it was opened has ended (law 11). */
    outlives: z.literal(true).optional(),
    /** No final step while the group is open. */
    blocksClosing: z.literal(true).optional(),
    then: z.array(SimpleEffect).optional(),
    refused: z.array(SimpleEffect).optional(),
  }),
  when,
});

/** What an action or a reaction does (engine.md 5): a closed set, each effect with an optional `when` that sees the input and the counters. */
export const Effect = z.union([...simple, open]);
export type Effect = z.infer<typeof Effect>;
export type SimpleEffect = z.infer<typeof SimpleEffect>;
export type OpenGroup = z.infer<typeof open>['open'];
export type PlannedTask = z.infer<typeof planned>;
export type GoEffect = Extract<Effect, { go: string }>;

export const EFFECT_KEYS = [
  'go',
  'end',
  'assign',
  'set',
  'classify',
  'sleep',
  'register',
  'link',
  'charge',
  'extend',
  'cascade',
  'watch',
  'open',
] as const;
export type EffectKind = (typeof EFFECT_KEYS)[number];
