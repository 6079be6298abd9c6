import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sla } from '@gongdan/contracts';
import { eventually } from '@gongdan/testing';
import { DispatchService } from './dispatch-service.js';
import { processPack, publish, put } from './own-packs.js';

const KEY = 'p11-etc-two-level';
const { json: pack } = processPack(KEY);

describe('reactions to other services', () => {
  let s: DispatchService;
  beforeAll(async () => {
    s = await DispatchService.start();
    await publish(s.service, pack, { national: undefined, henan: 'national' });
    for (const [id, unit, role] of [
      ['li', 'henan', 'handler'],
      ['cheng', 'henan', 'supervisor'],
    ] as const) {
      await put(s.service, `/v1/directory/people/p11-${id}`, { name: id });
      await put(s.service, `/v1/directory/memberships/p11-${id}?unit=${unit}`, { roles: [role] });
    }
  });
  afterAll(() => s.service.close());

  const breach = (ticketId: string, clock: string) =>
    s.service.deliver(
      sla.ClockBreached.of({
        org: 'acme',
        ticketId,
        occurredAt: '2026-03-02T02:00:00.000Z',
        data: { clock, gen: 1, dueAt: '2026-03-02T02:00:00.000Z', firedAt: '2026-03-02T02:00:00.500Z' },
      }),
    );
  const named = (ticketId: string, name: string) => s.service.emitted(ticketId).filter((e) => e.name === `dispatch.${name}`);

  it('opens a supervision order once when a clock is breached, tells why, and lets nothing close before it is answered (P11)', async () => {
    const id = await s.ticket({ pack: { key: KEY, version: 1 }, type: 'complaint', category: 'fee', priority: 'ordinary' });
    expect(await s.see(id, { roles: ['supervisor'] })).toMatchObject({ body: { unit: 'henan', step: 'queued' } });
    await breach(id, 'accept');
    await eventually(() => expect(named(id, 'task-opened')).toHaveLength(1));
    expect(named(id, 'ticket-advanced').at(-1)).toMatchObject({
      data: {
        reaction: 'late',
        says: 'supervised',
        cause: { kind: 'reaction', key: 'late', depth: 1 },
        case: { side: [{ step: 'supervision-order' }] },
      },
    });
    const seen = await s.see(id, { roles: ['supervisor'] });
    expect(seen.body['tasks']).toMatchObject([
      { lead: true },
      { lead: false, step: 'supervision-order', holder: { unit: 'henan', role: 'supervisor' } },
    ]);
    expect(seen.headers.get('etag')).toBe('"v1"');
    // The limit is one per run: another breach is heard and does nothing.
    await breach(id, 'resolve');
    const third = await s.ticket({ pack: { key: KEY, version: 1 }, type: 'complaint', category: 'fee', priority: 'ordinary' });
    await breach(third, 'accept');
    await eventually(() => expect(named(third, 'task-opened')).toHaveLength(1));
    expect(named(id, 'task-opened')).toHaveLength(1);
  });

  it('leaves alone a ticket whose pack asks for no clock', async () => {
    const id = await s.ticket();
    await breach(id, 'resolve');
    const other = await s.ticket({ pack: { key: KEY, version: 1 }, type: 'complaint', category: 'fee', priority: 'ordinary' });
    await breach(other, 'accept');
    await eventually(() => expect(named(other, 'task-opened')).toHaveLength(1));
    expect(s.service.emitted(id).map((e) => e.name)).toEqual(['dispatch.ticket-dispatched']);
  });
});
