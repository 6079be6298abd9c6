import { afterEach, describe, expect, it } from '@jest/globals';
import { type BusMessage } from './bus.js';
import { MAX_RECORDS, Gathering, type Lot, lotsOf } from './gathering.js';

const record = (partition: number, position: number, bytes = 10): BusMessage => ({
  topic: 't',
  partition,
  position: String(position),
  key: 'k',
  headers: {},
  value: Buffer.alloc(bytes),
});
const lot = (partition: number, records: number, more: Partial<Lot> = {}): Lot => ({
  messages: Array.from({ length: records }, (_, i) => record(partition, i)),
  revoked: () => false,
  keepAlive: async () => undefined,
  ...more,
});

interface HeldDelivery {
  messages: BusMessage[];
  heartbeat: () => Promise<void>;
  end(error?: Error): void;
}
const open: { deliveries: HeldDelivery[]; gathering: Gathering }[] = [];
/** A delivery that never ends keeps its pulse, and with it the process of the tests. */
afterEach(async () => {
  for (const { deliveries, gathering } of open.splice(0)) {
    let idle = false;
    void gathering.idle().then(() => (idle = true));
    for (; !idle; await turns(1)) for (const delivery of deliveries) delivery.end();
  }
});

/** A listener whose deliveries end when the test ends them, or after it. */
function held() {
  const deliveries: HeldDelivery[] = [];
  const gathering = new Gathering(
    (messages, heartbeat) =>
      new Promise((resolve, reject) => deliveries.push({ messages, heartbeat, end: (error) => (error ? reject(error) : resolve()) })),
  );
  open.push({ deliveries, gathering });
  return { deliveries, gathering };
}
const turns = async (n = 5): Promise<void> => {
  for (let i = 0; i < n; i++) await new Promise((turn) => setImmediate(turn));
};
const partitions = (messages: BusMessage[]): number[] => [...new Set(messages.map((m) => m.partition))];

describe('gathering', () => {
  it('joins the ready records of many partitions into one delivery, each partition in its order', async () => {
    const { deliveries, gathering } = held();
    const settled = Promise.all([gathering.deliver(lot(0, 2)), gathering.deliver(lot(1, 1)), gathering.deliver(lot(2, 3))]);
    await turns();
    expect(deliveries).toHaveLength(1);
    expect(deliveries[0]?.messages.map((m) => `${m.partition}:${m.position}`)).toEqual(['0:0', '0:1', '1:0', '2:0', '2:1', '2:2']);
    deliveries[0]?.end();
    expect(await settled).toEqual([true, true, true]);
  });

  it('keeps small lots waiting while a delivery runs, and delivers them together next', async () => {
    const { deliveries, gathering } = held();
    void gathering.deliver(lot(0, 1));
    await turns();
    void gathering.deliver(lot(1, 1));
    void gathering.deliver(lot(2, 1));
    await turns();
    expect(deliveries).toHaveLength(1);
    deliveries[0]?.end();
    await turns();
    expect(deliveries.map((d) => partitions(d.messages))).toEqual([[0], [1, 2]]);
  });

  it('runs at most three full deliveries at a time in a backlog', async () => {
    const { deliveries, gathering } = held();
    for (let p = 0; p < 5; p++) void gathering.deliver(lot(p, MAX_RECORDS));
    await turns();
    expect(deliveries.map((d) => partitions(d.messages))).toEqual([[0], [1], [2]]);
    deliveries[1]?.end();
    await turns();
    expect(deliveries.map((d) => partitions(d.messages))).toEqual([[0], [1], [2], [3]]);
  });

  it('drops the lot of a revoked partition and delivers the others again', async () => {
    const { deliveries, gathering } = held();
    let left = false;
    const first = gathering.deliver(lot(0, 1, { revoked: () => left }));
    const second = gathering.deliver(lot(1, 1));
    await turns();
    left = true;
    await expect(deliveries[0]?.heartbeat()).rejects.toThrow('revoked');
    deliveries[0]?.end(new Error('interrupted'));
    expect(await first).toBe(false);
    await turns();
    expect(partitions(deliveries[1]?.messages ?? [])).toEqual([1]);
    deliveries[1]?.end();
    expect(await second).toBe(true);
  });

  it('delivers the same records again after the environment was unavailable, with heartbeats meanwhile', async () => {
    let beats = 0;
    let tries = 0;
    const failures: number[] = [];
    const gathering = new Gathering(
      async () => {
        tries += 1;
        if (tries < 5) throw new Error('the database is away');
      },
      (_, n) => failures.push(n),
    );
    expect(await gathering.deliver(lot(0, 1, { keepAlive: async () => void (beats += 1) }))).toBe(true);
    expect(failures).toEqual([1, 2, 3, 4]);
    expect(beats).toBeGreaterThan(0);
  });

  it('the gathering is idle when the promise of every caller is settled', async () => {
    const { deliveries, gathering } = held();
    let settled = false;
    void gathering.deliver(lot(0, 1)).then(() => (settled = true));
    await turns();
    const idle = gathering.idle().then(() => settled);
    deliveries[0]?.end();
    expect(await idle).toBe(true);
  });
});

describe('lots', () => {
  it('lots of one delivery hold at most 500 records or a megabyte; a larger record is alone', () => {
    const sizes = [...lotsOf(Array.from({ length: MAX_RECORDS + 1 }, (_, i) => record(0, i)))].map((l) => l.length);
    expect(sizes).toEqual([MAX_RECORDS, 1]);
    const heavy = [...lotsOf([record(0, 0), record(0, 1, 2_000_000), record(0, 2)])].map((l) => l.map((m) => m.position));
    expect(heavy).toEqual([['0'], ['1'], ['2']]);
  });
});
