import { Injectable } from '@nestjs/common';
import { type Actor, Forbidden, NotFound } from '@gongdan/kernel';
import { hasRight, type Queries } from '@gongdan/platform';
import { belongsTo } from '../../domain/performers.js';
import { type After, ListsStore, type TaskRow } from '../../store/lists.store.js';
import { PacksStore } from '../../store/packs.store.js';

export interface Page {
  limit: number;
  after?: After | undefined;
}

/** An entry of a work list. */
export interface Task extends Omit<TaskRow, 'packKey' | 'packVersion' | 'priorityRank'> {
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
    private readonly packs: PacksStore,
  ) {}

  async queue(q: Queries, unit: string, actor: Actor, page: Page): Promise<Tasks> {
    const inForce = await this.packs.inForce(q, actor.org);
    const packs = (await Promise.all(inForce.map((p) => this.packs.getReadable(q, actor.org, p)))).filter((p) => p !== undefined);
    if (!packs.some((p) => p.org.units.some((u) => u.key === unit))) throw new NotFound('dispatch/no-unit');
    if (!belongsTo(packs, unit, actor) && !mayReadAllQueues(actor)) throw new Forbidden('dispatch/not-your-unit', { details: { unit } });
    return pageOf(await this.lists.queue(q, actor.org, unit, page.limit, page.after), page);
  }

  async mine(q: Queries, actor: Actor, page: Page): Promise<Tasks> {
    return pageOf(await this.lists.mine(q, actor.org, actor.id, page.limit, page.after), page);
  }

  async unroutable(q: Queries, org: string, page: Page): Promise<Tasks> {
    return pageOf(await this.lists.unroutable(q, org, page.limit, page.after), page);
  }
}

function pageOf(rows: readonly TaskRow[], page: Page): Tasks {
  const last = rows.length < page.limit ? undefined : rows.at(-1);
  return {
    items: rows.map(taskOf),
    ...(last === undefined ? {} : { next: [last.priorityRank, last.registeredAt, last.ticketId] as After }),
  };
}

function taskOf({ packKey, packVersion, priorityRank: _rank, ...task }: TaskRow): Task {
  return { ...task, pack: { key: packKey, version: packVersion } };
}

/** A handler reads the queues of its own units; every other role that may read cases reads all queues. Roles unknown to the platform give no right. */
function mayReadAllQueues(actor: Actor): boolean {
  return hasRight(
    actor.roles.filter((r) => r !== 'handler'),
    'cases:read',
  );
}
