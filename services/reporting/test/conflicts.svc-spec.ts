import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { intake } from '@gongdan/contracts';
import { TestService } from '@gongdan/messaging/testing';
import { eventually } from '@gongdan/testing';
import { reporting } from '../src/reporting.module.js';
import { at, registered, subject } from './tickets.js';

describe('another event under a number that was applied', () => {
  let s: TestService;
  beforeAll(async () => {
    s = await TestService.start(reporting);
  });
  afterAll(() => s.close());

  it('raises an alarm however old the number is, and a repetition of the old event raises none', async () => {
    const ticket = subject();
    const amended = (title: string, hour: number) =>
      intake.TicketAmended.of({ ...ticket, occurredAt: at(hour), data: { title, amendedAt: at(hour) } });
    const first = await s.deliver(registered(ticket, 'N-1'));
    for (let n = 1; n <= 20; n++) await s.deliver(amended(`title ${n}`, n));
    const history = async () => (await s.call('GET', `/v1/tickets/${ticket.ticketId}/history`)).body['history'] as unknown[];
    await eventually(async () => expect(await history()).toHaveLength(21));
    // The bus delivers everything twice, and each delivery has a position of its own.
    const parked = async () => {
      const { body } = await s.call('GET', '/v1/ops/parked');
      return new Set((body as unknown as { code: string; sequence: string }[]).map((p) => `${p.code} ${p.sequence}`));
    };

    await s.deliver(registered(ticket, 'N-1'), { seq: 1, id: first.id });
    await s.deliver(amended('another one', 3), { seq: 4 });
    await eventually(async () => expect(await parked()).toEqual(new Set(['messaging/conflicting-event 4'])));
    // What comes later is applied.
    await s.deliver(amended('the last', 21), { seq: 22 });
    await eventually(async () => expect(await history()).toHaveLength(22));
    expect([...(await parked())]).toHaveLength(1);
  });
});
