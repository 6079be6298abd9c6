import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MemoryBus } from '@gongdan/messaging';
import { type TestService } from '@gongdan/messaging/testing';
import { eventually } from '@gongdan/testing';
import { aTicket, AT, publishPack, startNotify } from './notify-service.js';
import { Receiver } from './receiver.js';

describe('webhooks known to two replicas', () => {
  let replicas: [TestService, TestService];
  let receiver: Receiver;
  beforeAll(async () => {
    receiver = await Receiver.start();
    const bus = new MemoryBus();
    const first = await startNotify('smtp://127.0.0.1:1', { bus });
    replicas = [first, await startNotify('smtp://127.0.0.1:1', { bus, database: first.database })];
    await publishPack(first);
  });
  afterAll(async () => {
    await replicas[1].close();
    await replicas[0].close();
    await receiver.close();
  });
  let consumed = 0;
  /** Delivers registrations of closed tickets, about which only webhooks get messages, and waits until they are consumed. */
  async function consume(events: number): Promise<void> {
    for (let n = 0; n < events; n++) await replicas[0].deliver(aTicket({ history: { job: 'j', source: 'old', closedAt: AT } }).draft);
    consumed += events;
    await eventually(async () =>
      expect(await replicas[0].running.app.database.one('select count(*) as n from known_tickets')).toEqual({ n: consumed }),
    );
  }

  it('delivers every event after the answer to the creation of a webhook, whichever replica consumes it, and none after a removal', async () => {
    // Both replicas read the webhooks of the organisation a moment before one is created.
    await consume(10);
    for (const replica of replicas) {
      const before = receiver.received.length;
      const created = await replica.call('POST', '/v1/webhooks', { body: { url: receiver.url, types: ['intake.*'] } });
      receiver.secret = String(created.body['secret']);
      await consume(20);
      await eventually(() => expect(receiver.received).toHaveLength(before + 20));
      await replica.call('DELETE', `/v1/webhooks/${String(created.body['id'])}`);
      await consume(20);
      await eventually(async () =>
        expect(await replicas[0].running.app.database.rows(`select 1 from messages where state in ('planned', 'sending')`)).toEqual([]),
      );
      expect(receiver.received).toHaveLength(before + 20);
    }
  });
});
