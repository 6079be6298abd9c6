import { sla } from '@gongdan/contracts';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type TestService } from '@gongdan/messaging/testing';
import { eventually } from '@gongdan/testing';
import { MailServer } from './mail-server.js';
import { aTicket, AT, dispatched, pack, publishPack, startNotify } from './notify-service.js';
import { type Counted, countStatements } from './statements.js';

describe('statements of notify', () => {
  let mail: MailServer;
  let s: TestService;
  let counted: Counted;
  beforeAll(async () => {
    mail = await MailServer.start();
    s = await startNotify(mail.url);
    await publishPack(s);
    counted = countStatements(s);
  });
  afterAll(async () => {
    await s.close();
    await mail.close();
  });

  /** Statements per ticket when each ticket is finished before the next one comes, so that no two share a statement. */
  async function perTicket(tickets: number, each: (ticketId: string, draft: ReturnType<typeof aTicket>['draft']) => Promise<void>) {
    const before = { ...counted };
    for (let n = 0; n < tickets; n++) {
      const { ticketId, draft } = aTicket();
      await each(ticketId, draft);
    }
    const own = (counted.own - before.own) / tickets;
    // Fewer than one to store and four to settle would mean that the counter does not see them.
    expect(own).toBeGreaterThanOrEqual(5);
    return own;
  }
  const sent = (ticketId: string, messages: number) => eventually(() => expect(s.emitted(ticketId)).toHaveLength(messages));

  it('sends seven statements at most for a registration with one mail: webhooks, ticket with message, claim, and four to settle', async () => {
    const own = await perTicket(20, async (ticketId, draft) => {
      await s.deliver(draft);
      await sent(ticketId, 1);
    });
    expect(own).toBeLessThanOrEqual(7);
  });

  it('sends fourteen statements at most for a ticket that is registered and dispatched with a mail each, and gets two clocks', async () => {
    const own = await perTicket(10, async (ticketId, draft) => {
      await s.deliver(draft);
      await s.deliver(dispatched(ticketId));
      for (const { key } of pack.sla.clocks.slice(0, 2))
        await s.deliver(
          sla.ClockStarted.of({
            org: 'acme',
            ticketId,
            occurredAt: AT,
            data: { clock: key, gen: 1, kind: 'hours', dueAt: AT, startedAt: AT },
          }),
        );
      await sent(ticketId, 2);
    });
    expect(own).toBeLessThanOrEqual(14);
  });

  it('sends no statement for an event of sla about which no message is planned', async () => {
    const { ticketId, draft } = aTicket();
    await s.deliver(draft);
    await s.deliver(dispatched(ticketId));
    await sent(ticketId, 2);
    const clock = pack.sla.clocks[0]?.key ?? '';
    const started = () =>
      sla.ClockStarted.of({ org: 'acme', ticketId, occurredAt: AT, data: { clock, gen: 1, kind: 'hours', dueAt: AT, startedAt: AT } });
    // One after another, because events that are consumed together share their statements.
    const consume = async (seq: number): Promise<void> => {
      await s.deliver(started());
      await eventually(async () =>
        expect(
          await s.running.app.database.one(`select last_seq as n from marks where ticket_id = $1::uuid and producer = 'sla'`, [ticketId]),
        ).toEqual({ n: seq }),
      );
    };
    await consume(1);
    const before = counted.own;
    const since = performance.now();
    for (let seq = 2; seq <= 21; seq++) await consume(seq);
    // The webhooks are read every 500 ms, and each pump polls every five seconds.
    expect(counted.own - before).toBeLessThanOrEqual(4 + Math.ceil((performance.now() - since) / 500));
  });
});
