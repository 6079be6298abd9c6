import { Controller, Get, Headers, HttpCode, Param, Post, Query as QueryParams, Res } from '@nestjs/common';
import { type Scope } from '@gongdan/directory';
import { type Actor, type Cause, NotFound } from '@gongdan/kernel';
import {
  Answers,
  CausedBy,
  Database,
  decodeCursor,
  encodeCursor,
  line,
  Problems,
  Right,
  SystemClock,
  Who,
  Within,
} from '@gongdan/platform';
import { type FastifyReply } from 'fastify';
import { type z } from 'zod';
import { ListTasks, type Page, type Tasks } from '../../use-cases/lists/list-tasks.js';
import { NextTask } from '../../use-cases/lists/next-task.js';
import { idempotencyKey } from './idempotency-key.js';
import { Cursor, NextAnswer, PageQuery, QueueQuery, TasksAnswer } from './case-shapes.js';

type Query = z.infer<typeof PageQuery>;
type Answer = z.infer<typeof TasksAnswer>;

/** Work lists: most urgent first, then the nearest deadline, then the oldest. The client follows `next` until it is null. */
@Controller('v1')
export class TasksController {
  constructor(
    private readonly database: Database,
    private readonly listTasks: ListTasks,
    private readonly clock: SystemClock,
    private readonly nextTask: NextTask,
  ) {}

  /** Lists the tickets in the queue of a unit; a task that sleeps is listed apart, with `sleeping`. 403 for a handler of other units, 404 for a unit that the directory does not have. */
  @Get('queues/:unit')
  @Right('cases:read')
  @Answers(200, TasksAnswer, 'The queue')
  async queue(
    @Param('unit', { schema: line(120) }) unit: string,
    @QueryParams({ schema: QueueQuery }) q: z.infer<typeof QueueQuery>,
    @Who() who: Actor,
    @Within() scope: Scope,
  ): Promise<Answer> {
    return answerOf(await this.listTasks.queue(this.database, unit, q.sleeping, who, scope, pageFrom(q)));
  }

  /** Hands the caller the best task of the unit's pool: the most urgent, then the nearest deadline, then the oldest. 404 `dispatch/pool-empty` when there is none, 409 `dispatch/at-capacity` when the caller holds enough. With an `Idempotency-Key` a repetition gets the same task. */
  @Post('queues/:unit/next')
  @HttpCode(200)
  @Right('cases:act')
  @Answers(200, NextAnswer, 'The case with the task that the caller holds now', {
    headers: { 'idempotency-replayed': '`true` for a repetition' },
  })
  @Problems({
    400: ['dispatch/bad-idempotency-key'],
    403: ['platform/no-right', 'dispatch/not-your-unit'],
    404: ['dispatch/pool-empty'],
    409: ['dispatch/at-capacity'],
    422: ['dispatch/idempotency-key-reused'],
  })
  async next(
    @Param('unit', { schema: line(120) }) unit: string,
    @Headers('idempotency-key') header: string | undefined,
    @Who() actor: Actor,
    @Within() scope: Scope,
    @CausedBy() cause: Cause,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof NextAnswer>> {
    const [key, now] = [idempotencyKey(header), this.clock.now()];
    const done = await this.database.transaction((tx) => this.nextTask.run(tx, { unit, key, actor, scope, now, cause }));
    if (done === undefined) throw new NotFound('dispatch/pool-empty', { details: { unit } });
    if (done.replayed) reply.header('idempotency-replayed', 'true');
    return { task: done.task, case: done.view };
  }

  /** Lists the tickets that the caller holds. */
  @Get('tasks/mine')
  @Right('cases:read')
  @Answers(200, TasksAnswer, 'My tasks')
  async mine(@QueryParams({ schema: PageQuery }) q: Query, @Who() who: Actor): Promise<Answer> {
    return answerOf(await this.listTasks.mine(this.database, who, pageFrom(q)));
  }

  /** Lists the unroutable tickets: no rule names a unit for them. */
  @Get('unroutable')
  @Right('cases:supervise')
  @Answers(200, TasksAnswer, 'Tickets that wait for a supervisor to name the unit')
  async unroutable(@QueryParams({ schema: PageQuery }) q: Query, @Who() who: Actor, @Within() scope: Scope): Promise<Answer> {
    return answerOf(await this.listTasks.unroutable(this.database, who.org, scope, pageFrom(q)));
  }
}

function pageFrom(q: Query): Page {
  return { limit: q.limit, after: q.cursor === undefined ? undefined : decodeCursor(q.cursor, Cursor) };
}

function answerOf({ items, next }: Tasks): Answer {
  return { items, next: next === undefined ? null : encodeCursor(next) };
}
