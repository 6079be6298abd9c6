import { dispatch, type EventEnvelope, sla } from '@gongdan/contracts';
import { newId } from '@gongdan/kernel';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type TestService } from '@gongdan/messaging/testing';
import { eventually } from '@gongdan/testing';
import { MailServer } from './mail-server.js';
import { aTicket, AT, messagesOf, pack, publishPack, startNotify } from './notify-service.js';

describe('clocks of an earlier run', () => {
  let mail: MailServer;
  let s: TestService;
  beforeAll(async () => {
    mail = await MailServer.start();
    s = await startNotify(mail.url);
    await publishPack(s);
  });
  afterAll(async () => {
    await s.close();
    await mail.close();
  });

  it('send no mail after the case was reopened; those of the present run, of one that is not known yet and of older releases do', async () => {
    const t = aTicket();
    await s.deliver(t.draft);
    const clock = pack.sla.clocks[0]?.key ?? '';
    const about = { org: 'acme', ticketId: t.ticketId, occurredAt: AT };
    const position = (version: number, run: number) => ({
      case: {
        ...dispatch.caseOfOneTask({ step: 'handling', state: 'dispatched', unit: 'network', version, run }),
        pack: { key: 'starter', version: pack.pack.version },
      },
      at: AT,
    });
    const begins = (version: number, run: number) =>
      dispatch.TicketDispatched.of({ ...about, data: { ...position(version, run), decision: newId(), rule: 'r', why: 'routed', hop: 1 } });
    const breach = (run?: number) =>
      sla.ClockBreached.of({ ...about, data: { clock, gen: 1, dueAt: AT, firedAt: AT, ...(run === undefined ? {} : { run }) } });
    const events: EventEnvelope[] = [];
    await s.deliver(begins(1, 1));
    for (const run of [1, undefined]) events.push(await s.deliver(breach(run)));
    await s.deliver(begins(2, 2));
    const late = await s.deliver(breach(1));
    await s.deliver(
      sla.ClockWarned.of({ ...about, data: { clock, gen: 1, run: 1, threshold: '80%', warnedFor: AT, firedAt: AT, dueAt: AT } }),
    );
    // A gap in the events of dispatch holds none of sla back, and a replica of the release before does not note the run: the mail must not be lost.
    for (const run of [2, undefined, 3]) events.push(await s.deliver(breach(run)));
    const alarms = async () =>
      (await messagesOf(s, t.ticketId)).filter((m) => m.about.event.startsWith('sla.') && !m.recipient.startsWith('webhook'));
    await eventually(async () => expect((await alarms()).map((m) => m.about.id).sort()).toEqual(events.map((e) => e.id).sort()));
    expect((await alarms()).map((m) => m.about.id)).not.toContain(late.id);
  });
});
