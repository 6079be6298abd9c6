import { z } from 'zod';
import { instantOf, key, keyOf, packRef, text, TICKET_STATES, wordOf } from '../fields.js';

const count = z.number().int().nonnegative();
const ordinal = z.number().int().positive();

/** Whom a case can wait for outside the organisation. */
export const PARTIES = ['customer', 'third-party', 'force-majeure'] as const;
export const party = z.enum(PARTIES);

/** Who holds a task: a unit (its pool), a role in it, or a person for it. */
export const holder = z.object({
  unit: keyOf('Unit that has the task; without a person it waits in the pool of the unit.').optional(),
  role: keyOf('The pool is that of the people of the unit with this role.').optional(),
  person: keyOf('Person who holds the task for the unit.').optional(),
  waitsFor: z
    .union([party, z.object({ group: key })])
    .meta({ description: 'Whose time burns meanwhile: a party outside, or the earliest open member of a group of side tasks.' })
    .optional(),
});

export const groupRef = z.object({ key: keyOf('Group of the pack.'), no: ordinal.meta({ description: 'Counts the groups of the case.' }) });

const classFields = {
  type: keyOf('Type of the ticket.'),
  category: keyOf("Place in the pack's tree of subjects."),
  item: key.optional(),
  priority: key,
  urgency: key.optional(),
  impact: key.optional(),
};
export const classification = z.object(classFields);
export const classChange = z.object(classFields).partial();

const taskNo = ordinal.meta({ description: 'Counts the tasks of the case.' });
const taskVersion = ordinal.meta({
  description: 'Version of the case that last changed the step, holder, sleep, fields or end of the task: its ETag.',
});

/** Position of the case after the event. Every event about a case carries it, so that no other service runs the process. */
export const caseNow = z.object({
  step: keyOf("Step of the pack's process: that of the lead task, or the final one."),
  state: wordOf(TICKET_STATES, 'State of the step, the same vocabulary in every pack. Later versions may add words: branch on `phase`.'),
  phase: z.enum(['open', 'closed']),
  run: ordinal.meta({ description: 'Counts the runs of the case; each reopening begins the next one.' }),
  version: ordinal.meta({ description: "Version of the case: the number of this event in dispatch's stream about the ticket (`ce_sequence`)." }),
  pack: packRef.optional().describe('The pack version the case runs on; absent in events that were published as version 1, which did not tell it.'),
  hop: z.object({
    no: count.meta({ description: 'Counts the stays of the lead in units; 0 before the first one.' }),
    depth: count.meta({ description: 'How many units have the case: more than 1 while a unit waits for one it handed the case down to.' }),
  }),
  burns: z
    .object({ unit: key.optional(), party: party.optional() })
    .meta({
      description: 'Whose time burns from this event on: a unit, or a party outside. Neither: nobody has the case. Absent when it is closed.',
    })
    .optional(),
  lead: z
    .object({ no: taskNo, version: taskVersion, holder })
    .meta({ description: 'The task of the main line; absent when the case is closed.' })
    .optional(),
  side: z
    .array(z.object({ no: taskNo, version: taskVersion, step: key, group: groupRef.optional(), holder }))
    .max(50)
    .meta({ description: 'Open tasks beside it, in the order in which they were opened.' }),
  class: classification.optional().describe('Class of the ticket; absent in events that were published as version 1.'),
}); // prettier-ignore
export type CaseNow = z.infer<typeof caseNow>;
export type CaseHolder = z.infer<typeof holder>;
export type CaseClass = z.infer<typeof classification>;
/** Parts of a class; undefined where a part was removed. */
export type CaseClassChange = z.infer<typeof classChange>;

/** What makes a case change. */
export const CAUSES = ['action', 'reaction', 'start', 'system', 'bulk', 'cascade'] as const;

/** A field of the case, or `tasks.<step>.fields.<field>` of a side task; steps and fields have names of at most 60 characters. */
const fieldName = text(134);

/** The properties of every event about a case. */
export const about = {
  case: caseNow,
  at: instantOf('When it happened: the instant that counts for clocks and figures.'),
  cause: z
    .object({
      kind: wordOf(CAUSES, 'What made the case change.'),
      key: keyOf('Key of the action or reaction in the pack, or of the rule of the platform.'),
      depth: count.meta({ description: 'Reactions in a chain before this one; 0 for what a person did.' }),
    })
    .optional(),
  changes: z
    .object({
      fields: z.record(fieldName, z.unknown()).meta({ description: 'New value of each form field that changed; null removes it.' }).optional(),
      class: classChange.optional(),
      sealed: z
        .array(fieldName.min(1))
        .max(500)
        .meta({ description: 'Names in `fields` that are personal: their value is the sealed text (docs/adr/0011).' })
        .optional(),
    })
    .meta({ description: 'Values of the case that this event changed.' })
    .optional(),
  ledger: z
    .array(z.object({ account: key, item: key.optional(), quantity: z.number() }))
    .max(1000)
    .meta({ description: 'Entries that sums are made of: parts, hours, points.' })
    .optional(),
}; // prettier-ignore

// What producers are held to beyond the shape. They may use only the words that are listed; readers keep a word they do not know.
export const written = z.looseObject({
  case: z.looseObject({
    state: z.enum(TICKET_STATES),
    burns: z
      .object({ unit: key.optional(), party: party.optional() })
      .refine((b) => b.unit === undefined || b.party === undefined, 'the time is that of a unit or that of a party')
      .optional(),
  }),
  cause: z.looseObject({ kind: z.enum(CAUSES) }).optional(),
});
