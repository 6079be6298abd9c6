import { z } from 'zod';
import { defineEvent } from '../event.js';
import { instantOf, key, keyOf, packRef, place, text, uuid, wordOf } from '../fields.js';
import { about, classChange, groupRef, holder, written } from './case-part.js';

// Events about a case beside those of its lead: actions, class and content, side tasks and their groups, requests to other services.

const ordinal = z.number().int().positive();

function caseEvent<N extends string, S extends z.ZodRawShape>(name: N, meaning: string, own: S, words: z.ZodRawShape = {}) {
  return defineEvent(name, 1, meaning, z.object({ ...about, ...own }), {}, written.extend(words));
}

/** What an action says to everybody who follows the case, the same in every pack. */
export const SAYS = [
  'accepted',
  'returned',
  'replied',
  'resolved',
  'urged',
  'instructed',
  'approved',
  'refused',
  'scheduled',
  'visited',
  'called-back',
  'corrected',
  'noted',
  'supervised',
  'judged',
  'escalated',
  'reopened',
] as const;

export const TicketAdvanced = caseEvent(
  'dispatch.ticket-advanced',
  'An action or a reaction happened that has no event of its own name. It comes before the events that follow from it.',
  {
    action: keyOf('Action of the pack, or of the platform: take, route.').optional(),
    reaction: keyOf('Reaction of the pack.').optional(),
    task: ordinal.meta({ description: 'Task that was acted on; absent for an action on the case as a whole.' }).optional(),
    says: wordOf(SAYS, 'What the action means, in the vocabulary of all packs.').optional(),
  },
  { says: z.enum(SAYS).optional() },
);

export const TicketClassified = caseEvent('dispatch.ticket-classified', 'The class of the ticket changed.', {
  from: classChange.meta({ description: 'The old value of what changed; a part that had no value is absent.' }),
  to: classChange.meta({ description: 'The new value of what changed; a part that is absent here and present in `from` was removed.' }),
  reason: text(2000).optional(),
});

export const TicketCorrected = caseEvent(
  'dispatch.ticket-corrected',
  'What the complainant said was corrected after registration. Holds the new value of each part that changed; a place is replaced as a whole.',
  { title: text(300).optional(), description: text(20_000).optional(), place: place.optional() },
);

export const TicketUrged = caseEvent('dispatch.ticket-urged', 'Somebody asked for speed. Neither step nor holder changed.', {
  text: text(20_000).optional(),
  count: ordinal.meta({ description: 'Urges of this case, this one included.' }),
});

export const TicketJudged = caseEvent(
  'dispatch.ticket-judged',
  'Fault was found, or a finding was changed, after an appeal for example.',
  {
    unit: keyOf('Unit at fault.').optional(),
    class: keyOf('Class of the fault in the vocabulary of the pack.').optional(),
    before: z.object({ unit: key.optional(), class: key.optional() }).meta({ description: 'The finding that this one replaces.' }).optional(),
  },
); // prettier-ignore

export const TicketRepacked = caseEvent('dispatch.ticket-repacked', 'A supervisor moved the case to another version of its pack.', {
  from: packRef.meta({ description: 'The version it ran on before.' }),
  to: packRef.meta({ description: 'The version it runs on from now on.' }),
});

export const TicketWatched = caseEvent('dispatch.ticket-watched', 'Somebody watches the case from now on, or no longer does.', {
  watchers: z.array(key).max(1000).meta({ description: 'Everybody who watches it now.' }),
});

export const TicketNoted = caseEvent('dispatch.ticket-noted', 'Somebody wrote a note to the case, for the staff only.', {
  text: text(20_000),
});

export const SubmissionRefused = caseEvent(
  'dispatch.submission-refused',
  'An update of a device that worked offline was refused when it arrived. The case is unchanged; the update is kept.',
  {
    action: keyOf('Action that the device sent.'),
    code: keyOf('Code of the refusal, as the answer gave it.'),
    key: text(200).meta({ description: 'Idempotency key of the update.' }),
  },
);

export const ReactionRefused = caseEvent(
  'dispatch.reaction-refused',
  'A reaction of the pack would have run and was refused, because too many reactions in one chain led to it. Nothing else changed.',
  { reaction: keyOf('Reaction of the pack.'), code: keyOf('Code of the refusal.') },
);

const task = { task: ordinal.meta({ description: 'Counts the tasks of the case.' }), step: keyOf('Step of the task.') };

export const TaskOpened = caseEvent('dispatch.task-opened', 'A side task was opened: an approval, a sub-task, a supervision order.', {
  ...task,
  group: groupRef.optional(),
  holder,
});

export const TaskAssigned = caseEvent('dispatch.task-assigned', 'A side task has another holder.', {
  ...task,
  holder,
  from: holder.optional(),
});

export const TaskEnded = caseEvent('dispatch.task-ended', 'A side task is over.', {
  ...task,
  outcome: keyOf('Outcome in the vocabulary of the pack; `void` when what it belonged to ended first.'),
  by: keyOf('Person who ended it; absent when nobody did.').optional(),
  group: groupRef.optional(),
});

export const TaskSlept = caseEvent(
  'dispatch.task-slept',
  'A task, lead or side, is laid aside until an instant. It can still be acted on.',
  {
    ...task,
    until: instantOf('When it wakes.'),
  },
);

export const TaskWoke = caseEvent('dispatch.task-woke', 'The sleep of a task ended, and with it the wait that the sleep began.', task);

export const GroupOpened = caseEvent(
  'dispatch.group-opened',
  'Side tasks were planned that belong together. Each is told again when it is opened.',
  {
    key: keyOf('Group of the pack.'),
    no: ordinal.meta({ description: 'Counts the groups of the case.' }),
    planned: z.array(key).max(1000).meta({ description: 'Steps of the tasks, in the order of the pack.' }),
  },
);

export const GroupEnded = caseEvent('dispatch.group-ended', 'A group of side tasks is over. Its open tasks have ended before.', {
  key: keyOf('Group of the pack.'),
  no: ordinal.meta({ description: 'Counts the groups of the case.' }),
  state: z
    .enum(['complete', 'refused', 'void'])
    .meta({ description: 'Whether its tasks succeeded, one refused, or what it belonged to ended first.' }),
});

const counter = z.int().min(0);

export const REQUESTS = ['register', 'link', 'charge', 'extend', 'cascade'] as const;

export const RequestAsked = caseEvent(
  'dispatch.request-asked',
  'The process asks a service for something. A request-answered with the same id follows.',
  {
    id: uuid.meta({ description: 'Id of the request.' }),
    kind: wordOf(REQUESTS, 'What is asked.'),
    body: z.record(z.string(), z.unknown()).meta({ description: 'What is asked, by kind.' }),
  },
  { kind: z.enum(REQUESTS) },
);

export const RequestAnswered = caseEvent(
  'dispatch.request-answered',
  'A request of the process was answered. A cascade is answered again when a ticket that was linked later refuses.',
  {
    id: uuid.meta({ description: 'Id of the request.' }),
    state: z.enum(['done', 'refused']),
    kind: wordOf(REQUESTS, 'What was asked.').optional(),
    code: keyOf('Code of the refusal.').optional(),
    reason: text(2000).meta({ description: 'Why it was refused.' }).optional(),
    ticket: z
      .object({ id: uuid, number: text(60) })
      .meta({ description: 'The ticket that was registered, or the one that was linked.' })
      .optional(),
    done: counter.meta({ description: 'Linked tickets on which a cascaded action was done.' }).optional(),
    refused: counter.meta({ description: 'Linked tickets that refused it.' }).optional(),
    refusals: z
      .array(z.object({ ticket: uuid, code: keyOf('Code of the refusal.') }))
      .max(50)
      .meta({ description: 'The first of those that refused it.' })
      .optional(),
  },
);
