import { expect, it } from '@jest/globals';
import { newId } from '@gongdan/kernel';
import { eventually } from '@gongdan/testing';
import { askForGaps } from '../inbox/gaps.js';
import { republishStretch } from '../operations/republish.js';
import { HeadsPublisher } from '../outbox/heads-publisher.js';
import { type Relay } from '../outbox/relay.js';
import { AT, type BusRig, Tampering } from './bus-rig.suite.js';

/** Events that are missing in a stream or at its end. */
export function gapSuite(rig: BusRig): void {
  const { fresh, consumerWith, join, relay, append, applied, closing } = rig;

  /** The producer publishes again what consumers request. */
  async function answerRequests(r: Relay): Promise<void> {
    const answering = await rig.bus.subscribe(`bus-suite-${newId()}`, {
      topics: ['gongdan.republish-requests'],
      onBatch: async (messages) => {
        for (const m of messages) await republishStretch(rig.producer, 'intake', JSON.parse(m.value?.toString() ?? ''));
        r.nudge();
      },
      onFatal: () => undefined,
    });
    closing.push(() => answering.stop());
  }

  it('keeps later events waiting while one is missing, and has its producer publish it again', async () => {
    await fresh();
    const lossy = new Tampering(rig.bus);
    let lost = 0;
    lossy.drop = (m) => m.headers['ce_sequence'] === '2' && lost++ === 0;
    const r = relay(lossy);
    await join(consumerWith());
    await answerRequests(r);
    const ticket = newId();
    await append(ticket, 'a', 'b', 'c', 'd');
    const waiting = () => rig.consumer.rows('select seq from waiting_events where ticket_id = $1::uuid order by seq', [ticket]);
    await eventually(async () => expect(await waiting()).toEqual([{ seq: 3 }, { seq: 4 }]));
    expect(await applied(ticket)).toEqual(['a']);
    await rig.consumer.run(`update gaps set since = since - interval '10 seconds'`);
    expect(await askForGaps(rig.consumer, rig.bus, 'dispatch')).toBe(1);
    await eventually(async () => expect(await applied(ticket)).toEqual(['a', 'b', 'c', 'd']));
    expect(await waiting()).toEqual([]);
    expect(await rig.consumer.rows('select 1 from gaps where ticket_id = $1::uuid', [ticket])).toEqual([]);
  });

  it('finds and heals the end of a stream that never reached the bus', async () => {
    await fresh();
    const r = relay();
    await join(consumerWith());
    await answerRequests(r);
    const [whole, lostEnd, lostAll] = [newId(), newId(), newId()];
    await Promise.all([append(whole, 'a', 'b'), append(lostEnd, 'a', 'b')]);
    await eventually(async () => expect([await applied(whole), await applied(lostEnd)]).toEqual([['a', 'b'], ['a', 'b']])); // prettier-ignore
    await r.stop();
    await Promise.all([append(lostEnd, 'c', 'd'), append(lostAll, 'a')]);
    await rig.producer.run('delete from outbox');
    const again = relay();
    const heads = new HeadsPublisher({ database: rig.producer, bus: rig.bus, producer: 'intake', leases: { parts: [0] } });
    await eventually(async () => expect(await heads.publish().then(() => rig.producer.one('select 1 from heads_published where until > (select max(recorded_at) from ticket_event)'))).toBeDefined()); // prettier-ignore
    const gaps = () => rig.consumer.rows<{ ticket_id: string; want_seq: number }>('select ticket_id, want_seq from gaps where ticket_id = any($1::uuid[])', [[whole, lostEnd, lostAll]]); // prettier-ignore
    await eventually(async () => expect(new Map((await gaps()).map((g) => [g.ticket_id, g.want_seq]))).toEqual(new Map([[lostEnd, 4], [lostAll, 1]]))); // prettier-ignore
    const compared = await rig.consumer.rows<{ missing: number }>(
      "select missing from heads_checked where producer = 'intake' and missing > 0",
    );
    expect(compared.reduce((sum, c) => sum + c.missing, 0)).toBeGreaterThanOrEqual(2);
    await rig.consumer.run(`update gaps set since = since - interval '10 seconds'`);
    expect(await askForGaps(rig.consumer, rig.bus, 'dispatch')).toBeGreaterThanOrEqual(2);
    again.nudge();
    await eventually(async () => expect(await applied(lostEnd)).toEqual(['a', 'b', 'c', 'd']));
    await eventually(async () => expect(await applied(lostAll)).toEqual(['a']));
    expect(await gaps()).toEqual([]);
  });

  it('takes no parked or waiting event for a lost one', async () => {
    await fresh();
    relay();
    await join(
      consumerWith((e) => {
        if (e.data.reason === 'poison') throw new TypeError('a bug');
      }),
    );
    const [parkedOne, good] = [newId(), newId()];
    await append(parkedOne, 'poison', 'a');
    await append(good, 'a');
    await eventually(async () =>
      expect(await rig.consumer.rows('select 1 from parked_events where ticket_id = $1::uuid', [parkedOne])).toHaveLength(2),
    );
    await eventually(async () => expect(await rig.producer.rows('select 1 from outbox')).toEqual([]));
    const heads = new HeadsPublisher({ database: rig.producer, bus: rig.bus, producer: 'intake', leases: { parts: [0] } });
    await eventually(async () => {
      await heads.publish();
      expect(
        await rig.producer.rows('select 1 from heads_published where until > (select max(recorded_at) from ticket_event)'),
      ).toHaveLength(1);
    });
    await eventually(async () =>
      expect(await rig.consumer.rows("select 1 from heads_checked where producer = 'intake' and until > $1", [AT])).not.toEqual([]),
    );
    await append(good, 'b');
    await eventually(async () => expect(await applied(good)).toEqual(['a', 'b']));
    expect(await rig.consumer.rows('select 1 from gaps where ticket_id = any($1::uuid[])', [[parkedOne, good]])).toEqual([]);
  });
}
