import { z } from 'zod';
import { REQUESTS } from './dispatch/advance-events.js';
import { followed, instantOf, keyOf, text, uuid, wordOf } from './fields.js';

/** What a service says of a request of dispatch, on the stream of the ticket that asked. Dispatch settles the request with it, whichever service answers. */
export const answered = z.object({
  id: uuid.meta({ description: 'Id of the request, as dispatch.request-asked told it.' }),
  kind: wordOf(REQUESTS, 'What was asked.'),
  state: z.enum(['done', 'refused']),
  code: keyOf('Code of the refusal; absent when it is done.').optional(),
  reason: text(2000).meta({ description: 'Why it was refused, in words.' }).optional(),
  ticket: z
    .object({ id: uuid, number: text(60) })
    .meta({ description: 'The ticket that was registered, or the one that was linked.' })
    .optional(),
  answeredAt: instantOf('When it was answered.'),
  cause: followed.optional(),
});
export type Answered = z.infer<typeof answered>;

/** How many reactions in a chain led to an event of any service; 0 when a person or a clock did. */
export function depthOf(event: { data: unknown }): number {
  const { cause } = (event.data ?? {}) as { cause?: { depth?: unknown } };
  return typeof cause?.depth === 'number' ? cause.depth : 0;
}

/** The run and the task of the case that an event of another service is about, as far as it names them. */
export function subjectOf(event: { data: unknown }): { run?: number; task?: number } {
  const { run, task } = (event.data ?? {}) as { run?: unknown; task?: unknown };
  return { ...(typeof run === 'number' ? { run } : {}), ...(typeof task === 'number' ? { task } : {}) };
}
