import { Injectable } from '@nestjs/common';
import { type TicketState } from '@gongdan/contracts';
import { type Actor, Forbidden, type Instant, NotFound } from '@gongdan/kernel';
import { hasRight, type Queries } from '@gongdan/platform';
import { belongsTo } from '../domain/performers.js';
import { type After, ListsStore, type TaskRow } from '../store/lists.store.js';
import { PacksStore } from '../store/packs.store.js';

export interface Page {
  limit: number;
  after?: After | undefined;
}

/** A line of a work list. */
export interface Task {
  ticketId: string;
  number: string;
  title: string;
  pack: { key: string; version: number };
  type: string;
  category: string;
  priority: string;
  step: string;
  state: TicketState;
  unit: string | null;
  holder: string | null;
  version: number;
  registeredAt: Instant;
  since: Instant;
}

export interface Tasks {
  items: Task[];
  /** Where the next page begins; absent at the end. */
  next?: After;
}

/** The three work lists: a unit's queue, one's own tasks, and what no rule could place. */
@Injectable()
export class ListTasks {
  constructor(
    private readonly lists: ListsStore,
    private readonly packs: PacksStore,
  ) {}

  async queue(q: Queries, unit: string, actor: Actor, page: Page): Promise<Tasks> {
    const packs = await Promise.all((await this.packs.inForce(q, actor.org)).map((p) => this.packs.get(q, actor.org, p)));
    if (!packs.some((p) => p.org.units.some((u) => u.key === unit))) throw new NotFound('dispatch/no-unit');
    if (!belongsTo(packs, unit, actor) && !seesAllQueues(actor)) throw new Forbidden('dispatch/not-your-unit', { details: { unit } });
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
    ...(last === undefined ? {} : { next: [last.priority_rank, last.registered_at, last.ticket_id] as After }),
  };
}

function taskOf(r: TaskRow): Task {
  return {
    ticketId: r.ticket_id,
    number: r.number,
    title: r.title,
    pack: { key: r.pack_key, version: r.pack_version },
    type: r.type,
    category: r.category,
    priority: r.priority,
    step: r.step,
    state: r.state,
    unit: r.unit,
    holder: r.holder,
    version: r.version,
    registeredAt: r.registered_at,
    since: r.since,
  };
}

/** Everybody but a handler who has the right to read cases. A role that is not ours, as identity providers add them, opens nothing. */
function seesAllQueues(actor: Actor): boolean {
  return hasRight(
    actor.roles.filter((r) => r !== 'handler'),
    'cases:read',
  );
}
