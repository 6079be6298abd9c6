import { Body, Controller, Headers, HttpCode, Post } from '@nestjs/common';
import { type Scope } from '@gongdan/directory';
import { type Actor, type Cause } from '@gongdan/kernel';
import {
  Answers,
  CausedBy,
  Database,
  ifMatch,
  instantInput,
  line,
  Problems,
  Right,
  SystemClock,
  TicketId,
  Who,
  Within,
} from '@gongdan/platform';
import { z } from 'zod';
import { type SubmittedUpdate, SubmitUpdate } from '../../use-cases/cases/submit-update.js';
import { ActionBody } from './case-shapes.js';

const Update = z.strictObject({
  key: line(200).meta({ description: 'Idempotency key of this update, made by the device' }),
  action: line(60),
  task: z.number().int().positive().optional(),
  input: ActionBody.default({}),
  occurredAt: instantInput
    .optional()
    .meta({ description: "The device's own time; never before the last event of the ticket and never after now" }),
});
const SubmissionsBody = z.strictObject({ updates: z.array(Update).min(1).max(100) }).meta({
  id: 'SubmissionsBody',
  examples: [{ updates: [{ key: 'a7-1', action: 'arrive', input: {}, occurredAt: '2026-03-02T02:10:00.000Z' }] }],
});
const SubmissionsAnswer = z
  .object({
    results: z.array(
      z.object({
        key: z.string(),
        result: z.enum(['applied', 'duplicate', 'refused']),
        code: z.string().optional(),
        version: z.number().optional().meta({ description: 'Version of the task after the update, for If-Match' }),
      }),
    ),
  })
  .meta({ id: 'Submissions', examples: [{ results: [{ key: 'a7-1', result: 'applied', version: 4 }] }] });

/** Updates of devices that worked offline (P19). */
@Controller('v1/cases')
export class SubmissionsController {
  constructor(
    private readonly database: Database,
    private readonly clock: SystemClock,
    private readonly submitUpdate: SubmitUpdate,
  ) {}

  /**
   * Applies updates in their order, each in a transaction of its own and at most once by its key. The first must meet If-Match, each next acts on its task as the one before left it. A refused
   * update changes nothing, refuses the rest, and is kept and told as `dispatch.submission-refused`.
   */
  @Post(':ticketId/submissions')
  @HttpCode(200)
  @Right('cases:act')
  @Answers(200, SubmissionsAnswer, 'What became of each update')
  @Problems({ 404: ['dispatch/no-case'], 409: ['dispatch/not-yet'] })
  async submit(
    @TicketId('ticketId') ticketId: string,
    @Body({ schema: SubmissionsBody }) body: z.infer<typeof SubmissionsBody>,
    @Headers('if-match') match: string | undefined,
    @Who() actor: Actor,
    @Within() scope: Scope,
    @CausedBy() cause: Cause,
  ): Promise<z.infer<typeof SubmissionsAnswer>> {
    const results: SubmittedUpdate[] = [];
    // The version of each task as the updates before left it; the version of the header is that of the task of the first one.
    const seen = new Map([[body.updates[0]?.task, ifMatch(match)]]);
    for (const update of body.updates) {
      const behindRefused = results.some((r) => r.result === 'refused');
      const behindDone = results.some((r) => r.result !== 'refused');
      const command = {
        ...update,
        ticketId,
        seen: seen.get(update.task),
        behindRefused,
        behindDone,
        actor,
        scope,
        now: this.clock.now(),
        cause,
      };
      const result = await this.database.transaction((tx) => this.submitUpdate.run(tx, command));
      results.push(result);
      if (result.version !== undefined) seen.set(update.task, result.version);
    }
    return { results };
  }
}
