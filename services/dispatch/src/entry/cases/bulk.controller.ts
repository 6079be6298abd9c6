import { Body, Controller, Get, Headers, HttpCode, Param, Post, Query as QueryParams } from '@nestjs/common';
import { type Scope } from '@gongdan/directory';
import { type Actor, type Cause, newId, NotFound } from '@gongdan/kernel';
import {
  Answers,
  CausedBy,
  Database,
  decodeCursor,
  encodeCursor,
  LargeBody,
  line,
  Problems,
  Right,
  SystemClock,
  Who,
  Within,
} from '@gongdan/platform';
import { z } from 'zod';
import { ActInBulk, type BulkResult } from '../../use-cases/cases/act-in-bulk.js';
import { WorkOnTickets } from '../../use-cases/work/work-on-tickets.js';
import { keyReused } from '../../domain/refusal.js';
import { bulkPrint } from '../../domain/request-print.js';
import { ActionBody, PageQuery } from './case-shapes.js';
import { idempotencyKey } from './idempotency-key.js';

// One writing for each ticket: in two, a list would name it twice.
const TicketRef = z.uuid().toLowerCase();

const BulkBody = z
  .strictObject({
    action: line(60),
    tickets: z.array(TicketRef).min(1).max(200),
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

const JobBody = z
  .strictObject({
    action: line(60),
    tickets: z.array(TicketRef).min(1).max(20_000),
    input: ActionBody.default({}),
  })
  .meta({ id: 'BulkJobBody', examples: [{ action: 'close', tickets: ['019d2c1e-6f3a-7c55-9d0b-3a1f6a2b7c10'], input: {} }] });

const JobAccepted = z
  .object({ id: z.uuid(), tickets: z.int() })
  .meta({ id: 'BulkJobAccepted', examples: [{ id: '019d2c1e-6f3a-7c55-9d0b-3a1f6a2b7c11', tickets: 20_000 }] });

const JobAnswer = z
  .object({
    id: z.uuid(),
    kind: z.enum(['bulk', 'cascade']).meta({ description: '`cascade`: a process asked for it; the id is that of its request' }),
    action: z.string(),
    by: z.string(),
    at: z.string(),
    links: z.string().nullable().meta({ description: 'Of a cascade: the kind of the links that it follows' }),
    reached: z.int().meta({ description: 'Tickets of the job until now; a cascade that reached none found no ticket linked' }),
    waiting: z.int(),
    done: z.int(),
    refused: z.int(),
    results: z.array(
      z.object({
        ticketId: z.uuid(),
        state: z.enum(['waiting', 'done', 'refused']),
        events: z.array(z.string()),
        code: z.string().optional(),
        kind: z.string().optional(),
        errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
      }),
    ),
    next: z.string().nullable(),
  })
  .meta({
    id: 'BulkJob',
    examples: [
      {
        id: '019d2c1e-6f3a-7c55-9d0b-3a1f6a2b7c11',
        kind: 'bulk',
        action: 'close',
        by: 'wang',
        at: '2026-03-02T01:00:00.000Z',
        links: null,
        reached: 1,
        waiting: 0,
        done: 1,
        refused: 0,
        results: [{ ticketId: '019d2c1e-6f3a-7c55-9d0b-3a1f6a2b7c10', state: 'done', events: ['dispatch.ticket-closed'] }],
        next: null,
      },
    ],
  });

const Place = z.tuple([z.int(), z.uuid()]);

/** The same action on many tickets (P30, DI-24). */
@Controller('v1/bulk')
export class BulkController {
  constructor(
    private readonly database: Database,
    private readonly clock: SystemClock,
    private readonly actInBulk: ActInBulk,
    private readonly workOnTickets: WorkOnTickets,
  ) {}

  /**
   * Does an action on up to 200 tickets at once, each in a transaction of its own, and answers for each what became of it. With `preview` nothing is changed. With an
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

  /**
   * Accepts an action on up to 20,000 tickets, which is then done on each in a transaction of its own, in the caller's name and with the rights that he has at that
   * moment. The work survives a crash. With an `Idempotency-Key`, a repetition answers with the same id.
   */
  @Post()
  @HttpCode(202)
  @LargeBody({ values: 25_000 })
  @Right('cases:act')
  @Answers(202, JobAccepted, 'The work is written down; its progress is under the id')
  @Problems({
    400: ['platform/invalid-input', 'dispatch/bad-idempotency-key'],
    422: ['dispatch/idempotency-key-reused'],
  })
  async accept(
    @Body({ schema: JobBody }) body: z.infer<typeof JobBody>,
    @Headers('idempotency-key') header: string | undefined,
    @Who() actor: Actor,
    @CausedBy() cause: Cause,
  ): Promise<z.infer<typeof JobAccepted>> {
    const { action, input } = body;
    const tickets = [...new Set(body.tickets)];
    const job = {
      key: idempotencyKey(header) ?? newId(),
      action,
      input,
      tickets,
      fingerprint: bulkPrint(action, tickets, input),
      actor,
      cause,
      at: this.clock.now(),
    };
    const made = await this.database.transaction((tx) => this.workOnTickets.accept(tx, job));
    if (!made.same) throw keyReused();
    return { id: made.id, tickets: tickets.length };
  }

  /** How far an action on many tickets is, with the result of each ticket in the order of the request, page by page. Others' actions are shown to those who see the whole organisation. */
  @Get(':id')
  @Right('cases:read')
  @Answers(200, JobAnswer, 'Progress and results')
  @Problems({ 404: ['dispatch/no-bulk-action'] })
  async progress(
    @Param('id') written: string,
    @QueryParams({ schema: PageQuery }) q: z.infer<typeof PageQuery>,
    @Who() actor: Actor,
    @Within() scope: Scope,
  ): Promise<z.infer<typeof JobAnswer>> {
    const { data: id } = TicketRef.safeParse(written);
    if (id === undefined) throw new NotFound('dispatch/no-bulk-action');
    const found = await this.workOnTickets.progress(this.database, actor.org, id, { id: actor.id, all: scope.all });
    const place = q.cursor === undefined ? undefined : decodeCursor(q.cursor, Place);
    const after = place === undefined ? undefined : { n: place[0], ticketId: place[1] };
    const rows = await this.workOnTickets.results(this.database, actor.org, id, after, q.limit + 1);
    const page = rows.slice(0, q.limit);
    const last = rows.length > q.limit ? page.at(-1) : undefined;
    return {
      id,
      ...found,
      results: page.map(({ ticketId, state, events, code, kind, errors }) => ({
        ticketId,
        state,
        events,
        ...(code === null ? {} : { code }),
        ...(kind === null ? {} : { kind }),
        ...(errors === null ? {} : { errors }),
      })),
      next: last === undefined ? null : encodeCursor([last.n, last.ticketId]),
    };
  }
}
