import { Injectable } from '@nestjs/common';
import { inScope, type Scope } from '@gongdan/directory';
import { type Actor, Forbidden, NotFound } from '@gongdan/kernel';
import { DirectorySnapshots } from '@gongdan/messaging';
import { type Queries } from '@gongdan/platform';
import { type After, ListsStore, type TaskRow } from '../../store/cases/lists.store.js';

export interface Page {
  limit: number;
  after?: After | undefined;
}

/** An entry of a work list. */
export interface Task extends Omit<TaskRow, 'packKey' | 'packVersion' | 'priorityRank' | 'dueAt'> {
  dueAt: string | null;
  pack: { key: string; version: number };
}

export interface Tasks {
  items: Task[];
  /** Where the next page begins; absent on the last page. */
  next?: After;
}

/** The three work lists: the queue of a unit, the tasks of one person, and the unroutable tickets. */
@Injectable()
export class ListTasks {
  constructor(
    private readonly lists: ListsStore,
    private readonly snapshots: DirectorySnapshots,
  ) {}

  async queue(q: Queries, unit: string, sleeping: boolean, actor: Actor, scope: Scope, page: Page): Promise<Tasks> {
    const directory = await this.snapshots.directory(q, actor.org);
    if (directory.unit(unit) === undefined) throw new NotFound('dispatch/no-unit');
    if (!inScope(scope, unit)) throw new Forbidden('dispatch/not-your-unit', { details: { unit } });
    return pageOf(await this.lists.queue(q, actor.org, unit, sleeping, page.limit, page.after), page);
  }

  async mine(q: Queries, actor: Actor, page: Page): Promise<Tasks> {
    return pageOf(await this.lists.mine(q, actor.org, actor.id, page.limit, page.after), page);
  }

  async unroutable(q: Queries, org: string, scope: Scope, page: Page): Promise<Tasks> {
    return pageOf(await this.lists.unroutable(q, org, scope, page.limit, page.after), page);
  }
}

function pageOf(rows: readonly TaskRow[], page: Page): Tasks {
  const last = rows.length < page.limit ? undefined : rows.at(-1);
  return {
    items: rows.map(taskOf),
    ...(last === undefined ? {} : { next: [last.priorityRank, last.dueAt, last.registeredAt, last.ticketId, last.no] as After }),
  };
}

/** `dueAt` of a task of a case without a running clock. */
const NEVER = 'infinity';

function taskOf({ packKey, packVersion, priorityRank: _rank, dueAt, ...task }: TaskRow): Task {
  return { ...task, dueAt: dueAt === NEVER ? null : dueAt, pack: { key: packKey, version: packVersion } };
}
