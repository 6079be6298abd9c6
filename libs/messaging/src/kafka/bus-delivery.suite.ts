import { expect, it } from '@jest/globals';
import { TICKETS } from '@gongdan/contracts';
import { newId } from '@gongdan/kernel';
import { eventually } from '@gongdan/testing';
import { republishStretch } from '../operations/republish.js';
import { type BusRig, Tampering } from './bus-rig.suite.js';

/** How events arrive: once, in order, while members, relays and processes come and go. */
export function deliverySuite(rig: BusRig): void {
  const { fresh, consumerWith, join, relay, append, applied, closing } = rig;

  it('applies every event of a ticket once and in order when many writers append', async () => {
    await fresh();
    relay();
    await join(consumerWith());
    const tickets = Array.from({ length: 12 }, () => newId());
    const reasons = Array.from({ length: 8 }, (_, i) => `r${i}`);
    await Promise.all(tickets.map((t) => append(t, ...reasons)));
    for (const t of tickets) await eventually(async () => expect(await applied(t)).toEqual(reasons));
    await eventually(async () => expect((await rig.producer.one<{ n: number }>('select count(*) as n from outbox'))?.n).toBe(0));
  });

  it('applies no event twice when its producer publishes it again', async () => {
    await fresh();
    const r = relay();
    await join(consumerWith());
    const ticket = newId();
    await append(ticket, 'a', 'b', 'c');
    await eventually(async () => expect(await applied(ticket)).toEqual(['a', 'b', 'c']));
    await republishStretch(rig.producer, 'intake', { producer: 'intake', org: 'acme', ticketId: ticket, fromSeq: 1, toSeq: 3 });
    r.nudge();
    await append(ticket, 'd');
    await eventually(async () => expect(await applied(ticket)).toEqual(['a', 'b', 'c', 'd']));
  });

  it('applies every event once and in order while members join and leave the group', async () => {
    await fresh();
    relay();
    const group = `bus-suite-${newId()}`;
    const first = await join(consumerWith(), group);
    const tickets = Array.from({ length: 10 }, () => newId());
    const appending = Promise.all(tickets.map((t) => append(t, ...Array.from({ length: 12 }, (_, i) => `x${i}`))));
    await join(consumerWith(), group);
    await first.stop();
    await appending;
    for (const t of tickets)
      await eventually(async () => expect(await applied(t)).toEqual(Array.from({ length: 12 }, (_, i) => `x${i}`)), 100_000);
  }, 60_000);

  it('applies every event once when the consumer crashes between the commit and the acknowledgement', async () => {
    await fresh();
    relay();
    let crashes = 0;
    await join(consumerWith(), undefined, (onBatch) => async (messages, heartbeat) => {
      await onBatch(messages, heartbeat);
      if (crashes++ < 2) throw new Error('crashed after the commit');
    });
    const ticket = newId();
    await append(ticket, 'a', 'b');
    await eventually(async () => expect(crashes).toBeGreaterThan(2));
    await append(ticket, 'c');
    await eventually(async () => expect(await applied(ticket)).toEqual(['a', 'b', 'c']));
  });

  it('applies every event once when a relay wakes up after its lease was taken', async () => {
    await fresh();
    const slow = new Tampering(rig.bus);
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    let stuck = false;
    slow.before = async () => {
      stuck = true;
      await held;
    };
    const zombie = relay(slow);
    const ticket = newId();
    await append(ticket, 'a', 'b');
    zombie.nudge();
    await eventually(() => expect(stuck).toBe(true));
    await rig.producer.run(`update outbox_leases set until = '-infinity'`);
    await rig.producer.run('delete from relay_members');
    relay();
    await join(consumerWith());
    await eventually(async () => expect(await applied(ticket)).toEqual(['a', 'b']));
    await append(ticket, 'c');
    await eventually(async () => expect(await applied(ticket)).toEqual(['a', 'b', 'c']));
    release();
    await append(ticket, 'd');
    await eventually(async () => expect(await applied(ticket)).toEqual(['a', 'b', 'c', 'd']));
  });

  it('commits no position of the group before the batch has been taken', async () => {
    const topic = `bus-suite-${newId()}`;
    await rig.bus.ensureTopics([{ name: topic, partitions: 1, compacted: false, meaning: 'one test', retentionMs: 600_000 }]);
    const group = `bus-suite-${newId()}`;
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    let handed = 0;
    const subscription = await rig.bus.subscribe(group, {
      topics: [topic],
      onBatch: async (messages) => {
        handed += messages.length;
        await held;
      },
      onFatal: () => undefined,
    });
    closing.push(() => subscription.stop());
    await rig.bus.publish(topic, [{ key: 'k', headers: {}, value: Buffer.from('x') }]);
    await eventually(() => expect(handed).toBeGreaterThan(0));
    // Positions are committed every 250 ms.
    for (const begun = performance.now(); performance.now() < begun + 600;) expect(await rig.bus.committed(group, topic)).toEqual([0]);
    release();
    await eventually(async () => expect((await rig.bus.committed(group, topic))[0]).toBeGreaterThan(0));
  });

  it('returns how many messages a group lags behind', async () => {
    await fresh();
    const group = `bus-suite-${newId()}`;
    await join(consumerWith(), group);
    relay();
    const ticket = newId();
    await append(ticket, 'a');
    await eventually(async () => expect(await applied(ticket)).toEqual(['a']));
    await eventually(async () => expect((await rig.bus.lag(group, [TICKETS.name])).reduce((sum, p) => sum + p.lag, 0)).toBe(0));
  });
}
