import { Injectable } from '@nestjs/common';
import { type Departure, requeue, SYSTEM } from '@gongdan/engine';
import { idOf } from '@gongdan/kernel';
import { type Queries, type Tx } from '@gongdan/platform';
import { CaseDesk } from '../../store/cases/case-desk.js';
import { RequeueStore, type RequeueRow, type TicketRef } from '../../store/work/requeue.store.js';

export type { TicketRef } from '../../store/work/requeue.store.js';

/** Gives tasks of leavers and of closed units another holder (engine.md, laws 9 and 10). */
@Injectable()
export class RequeueTasks {
  constructor(
    private readonly work: RequeueStore,
    private readonly desk: CaseDesk,
  ) {}

  /** The listener is called when this process has made work. */
  onWork(listener: () => void): void {
    this.work.onWork(listener);
  }

  /** Finds what left by time. */
  sweep(tx: Tx): Promise<void> {
    return this.work.sweep(tx);
  }

  waiting(q: Queries, limit: number): Promise<TicketRef[]> {
    return this.work.waiting(q, limit);
  }

  setAside(q: Queries, ticket: TicketRef): Promise<void> {
    return this.work.setAside(q, ticket);
  }

  failing(q: Queries): Promise<number> {
    return this.work.failing(q);
  }

  /** All work on one ticket. */
  async run(tx: Tx, ticket: TicketRef): Promise<void> {
    const rows = await this.work.claim(tx, ticket);
    for (const row of rows) await this.one(tx, ticket, row);
  }

  private async one(tx: Tx, { org, ticketId }: TicketRef, { task, cause, leftBy, firedAt }: RequeueRow): Promise<void> {
    const desk = await this.desk.take(tx, org, ticketId);
    const departure: Departure = cause === 'leaver' ? { cause, person: leftBy } : { cause, unit: leftBy };
    const next = await this.desk.decide(tx, org, desk.view, (view) =>
      requeue(desk.pack, view, desk.case, { task, ...departure }, firedAt, { decisions: desk.decided }),
    );
    if (next === undefined) return;
    const correlationId = idOf('requeue', org, ticketId, cause, String(next.state.version));
    await this.desk.save(tx, desk, next, { correlationId, actor: { id: SYSTEM.id } });
  }
}
