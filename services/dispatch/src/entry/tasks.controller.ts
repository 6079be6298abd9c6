import { Controller, Get, Param, Query as QueryParams } from '@nestjs/common';
import { type Scope } from '@gongdan/directory';
import { type Actor } from '@gongdan/kernel';
import { Answers, Database, decodeCursor, encodeCursor, line, Right, Who, Within } from '@gongdan/platform';
import { type z } from 'zod';
import { ListTasks, type Page, type Tasks } from '../use-cases/lists/list-tasks.js';
import { Cursor, PageQuery, TasksAnswer } from './case-shapes.js';

type Query = z.infer<typeof PageQuery>;
type Answer = z.infer<typeof TasksAnswer>;

/** Work lists: most urgent first, then oldest. The client follows `next` until it is null. */
@Controller('v1')
export class TasksController {
  constructor(
    private readonly database: Database,
    private readonly listTasks: ListTasks,
  ) {}

  /** Lists the tickets in the queue of a unit. 403 for a handler of other units, 404 for a unit that the directory does not have. */
  @Get('queues/:unit')
  @Right('cases:read')
  @Answers(200, TasksAnswer, 'The queue')
  async queue(
    @Param('unit', { schema: line(120) }) unit: string,
    @QueryParams({ schema: PageQuery }) q: Query,
    @Who() who: Actor,
    @Within() scope: Scope,
  ): Promise<Answer> {
    return answerOf(await this.listTasks.queue(this.database, unit, who, scope, pageFrom(q)));
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
