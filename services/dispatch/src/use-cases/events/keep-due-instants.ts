import { Injectable } from '@nestjs/common';
import { type EventEnvelope } from '@gongdan/contracts';
import { type Tx } from '@gongdan/platform';
import { type DueClocks, duesAfter, nearest } from '../../domain/due-clocks.js';
import { DueInstantsStore } from '../../store/work/due-instants.store.js';

/** Keeps the nearest deadline of each case on its open tasks (DI-07): two statements for a batch of clock events. */
@Injectable()
export class KeepDueInstants {
  constructor(private readonly dues: DueInstantsStore) {}

  async run(tx: Tx, events: readonly EventEnvelope[]): Promise<void> {
    const before = await this.dues.lock(tx, events);
    const after = new Map<string, DueClocks>(before.map((c) => [`${c.org}|${c.ticketId}`, c.clocks]));
    for (const e of events) {
      const key = `${e.org}|${e.ticketId}`;
      after.set(key, duesAfter(after.get(key) ?? {}, e));
    }
    const changed = before.flatMap((c) => {
      const clocks = after.get(`${c.org}|${c.ticketId}`) ?? {};
      return clocks === c.clocks ? [] : [{ ...c, clocks, dueAt: nearest(clocks) }];
    });
    await this.dues.save(tx, changed);
  }
}
