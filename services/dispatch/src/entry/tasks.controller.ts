import { Controller, Get, Param, Query } from '@nestjs/common';
import { type Actor } from '@gongdan/kernel';
import { Answers, Database, decodeCursor, encodeCursor, line, Right, Who } from '@gongdan/platform';
import { type z } from 'zod';
import { ListTasks, type Page, type Tasks } from '../use-cases/list-tasks.js';
import { Cursor, PageQuery, TasksAnswer } from './shapes.js';

type Asked = z.infer<typeof PageQuery>;
type Answer = z.infer<typeof TasksAnswer>;

/** Work lists: most urgent first, then oldest; follow `next` until it is null. */
@Controller('v1')
export class TasksController {
  constructor(
    private readonly database: Database,
    private readonly listTasks: ListTasks,
  ) {}

  /** What waits in a unit. */
  @Get('queues/:unit')
  @Right('cases:read')
  @Answers(200, TasksAnswer, 'The queue')
  async queue(
    @Param('unit', { schema: line(120) }) unit: string,
    @Query({ schema: PageQuery }) q: Asked,
    @Who() who: Actor,
  ): Promise<Answer> {
    return pageOf(await this.listTasks.queue(this.database, unit, who, asked(q)));
  }

  /** What the asker holds. */
  @Get('tasks/mine')
  @Right('cases:read')
  @Answers(200, TasksAnswer, 'My tasks')
  async mine(@Query({ schema: PageQuery }) q: Asked, @Who() who: Actor): Promise<Answer> {
    return pageOf(await this.listTasks.mine(this.database, who, asked(q)));
  }

  /** What no rule could place. */
  @Get('unroutable')
  @Right('cases:supervise')
  @Answers(200, TasksAnswer, 'Tickets that wait for a supervisor')
  async unroutable(@Query({ schema: PageQuery }) q: Asked, @Who() who: Actor): Promise<Answer> {
    return pageOf(await this.listTasks.unroutable(this.database, who.org, asked(q)));
  }
}

function asked(q: Asked): Page {
  return { limit: q.limit, after: q.cursor === undefined ? undefined : decodeCursor(q.cursor, Cursor) };
}

function pageOf({ items, next }: Tasks): Answer {
  return { items, next: next === undefined ? null : encodeCursor(next) };
}
