import { Injectable } from '@nestjs/common';
import { type EventEnvelope } from '@gongdan/contracts';
import { type Case } from '@gongdan/engine';
import { type Tx } from '@gongdan/platform';
import { duesAfter, nearest } from '../../domain/due-clocks.js';
import { DueInstantsStore } from '../../store/work/due-instants.store.js';

/** The pack version of each case, by `org|ticketId`. */
export type PacksOfCases = ReadonlyMap<string, Case['pack']>;

/** Keeps the nearest deadline of each case on its open tasks (DI-07): two statements for a batch of clock events. */
@Injectable()
export class KeepDueInstants {
  constructor(private readonly dues: DueInstantsStore) {}

  /** Returns the packs of the cases, which stay locked until the transaction ends. */
  async run(tx: Tx, events: readonly EventEnvelope[]): Promise<PacksOfCases> {
    const before = await this.dues.lock(tx, events);
    const after = new Map(before.map((c) => [keyOf(c), c]));
    for (const e of events) {
      const c = after.get(keyOf(e));
      if (c !== undefined) after.set(keyOf(e), { ...c, clocks: duesAfter(c.clocks, e, c.run) });
    }
    const changed = before.flatMap((c) => {
      const { clocks } = after.get(keyOf(c)) ?? c;
      return clocks === c.clocks ? [] : [{ ...c, clocks, dueAt: nearest(clocks) }];
    });
    await this.dues.save(tx, changed);
    return new Map(before.map((c) => [keyOf(c), { key: c.packKey, version: c.packVersion }]));
  }
}

function keyOf({ org, ticketId }: { org: string; ticketId: string }): string {
  return `${org}|${ticketId}`;
}
