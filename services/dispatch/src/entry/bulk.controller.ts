import { Body, Controller, Headers, HttpCode, Post } from '@nestjs/common';
import { type Scope } from '@gongdan/directory';
import { type Actor, type Cause } from '@gongdan/kernel';
import { Answers, CausedBy, Database, line, Problems, Right, SystemClock, Who, Within } from '@gongdan/platform';
import { z } from 'zod';
import { ActInBulk, type BulkResult } from '../use-cases/cases/act-in-bulk.js';
import { ActionBody } from './case-shapes.js';
import { idempotencyKey } from './idempotency-key.js';

const BulkBody = z
  .strictObject({
    action: line(60),
    tickets: z.array(z.uuid()).min(1).max(200),
    input: ActionBody.default({}),
    preview: z.boolean().default(false).meta({ description: 'Only says what would happen to each ticket' }),
  })
  .meta({ id: 'BulkBody', examples: [{ action: 'close', tickets: ['019d2c1e-6f3a-7c55-9d0b-3a1f6a2b7c10'], input: {}, preview: true }] });

const BulkAnswer = z
  .object({
    results: z.array(
      z.object({
        ticketId: z.uuid(),
        result: z.enum(['done', 'possible', 'refused']),
        events: z.array(z.string()).meta({ description: 'Names of the events that were, or would be, published' }),
        code: z.string().optional().meta({ description: 'Why it was refused' }),
        kind: z.string().optional(),
        errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
      }),
    ),
  })
  .meta({
    id: 'Bulk',
    examples: [{ results: [{ ticketId: '019d2c1e-6f3a-7c55-9d0b-3a1f6a2b7c10', result: 'possible', events: ['dispatch.ticket-closed'] }] }],
  });

/** The same action on many tickets (P30, DI-24). */
@Controller('v1/bulk')
export class BulkController {
  constructor(
    private readonly database: Database,
    private readonly clock: SystemClock,
    private readonly actInBulk: ActInBulk,
  ) {}

  /**
   * Does an action on up to 200 tickets, each in a transaction of its own, and answers for each what became of it. With `preview` nothing is changed. With an
   * `Idempotency-Key` a repetition does nothing on the tickets on which the action was done.
   */
  @Post('actions')
  @HttpCode(200)
  @Right('cases:act')
  @Answers(200, BulkAnswer, 'What became of each ticket, in the order of the request')
  @Problems({ 400: ['platform/invalid-input', 'dispatch/bad-idempotency-key'] })
  async act(
    @Body({ schema: BulkBody }) body: z.infer<typeof BulkBody>,
    @Headers('idempotency-key') header: string | undefined,
    @Who() actor: Actor,
    @Within() scope: Scope,
    @CausedBy() cause: Cause,
  ): Promise<z.infer<typeof BulkAnswer>> {
    const { action, input, preview } = body;
    const key = idempotencyKey(header);
    const results: BulkResult[] = [];
    for (const ticketId of new Set(body.tickets)) {
      const command = { ticketId, action, input, preview, key, actor, scope, now: this.clock.now(), cause };
      results.push(await this.database.transaction((tx) => this.actInBulk.run(tx, command)));
    }
    return { results };
  }
}
