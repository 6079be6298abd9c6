import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { intake, sla } from '@gongdan/contracts';
import { eventually } from '@gongdan/testing';
import { DispatchService } from '../dispatch-service.js';
import { processPack, publish, put } from '../own-packs.js';

const KEY = 'p11-etc-two-level';
const { json: pack } = processPack(KEY);
/** The same process with reactions to a registration, a withdrawal and the start of a clock. */
const LISTENS = 'listens';
const listening = processPack(KEY).json;
listening.pack = { ...listening.pack, key: LISTENS };
listening.process.reactions = {
  ...listening.process.reactions,
  'taken-back': { on: 'intake.ticket-withdrawn', do: [{ set: { takenBack: true } }] },
  came: { on: 'intake.ticket-registered', when: { 'event.type': 'suggestion' }, do: [{ set: { came: true } }] },
  begun: { on: 'sla.clock-started', when: { 'event.clock': 'resolve' }, do: [{ set: { begun: true } }] },
};

describe('reactions to other services', () => {
  let s: DispatchService;
  beforeAll(async () => {
    s = await DispatchService.start();
    await publish(s.service, pack, { national: undefined, henan: 'national' });
    await publish(s.service, listening);
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

  it('hears a withdrawal after it has closed the case, and each withdrawal once', async () => {
    const id = await s.ticket({ pack: { key: LISTENS, version: 1 }, type: 'complaint', category: 'fee', priority: 'ordinary' });
    const data = { reason: 'solved itself', withdrawnAt: '2026-03-02T02:00:00.000Z' };
    await s.service.deliver(intake.TicketWithdrawn.of({ org: 'acme', ticketId: id, occurredAt: data.withdrawnAt, data }));
    await eventually(() =>
      expect(s.service.emitted(id).slice(1)).toMatchObject([
        { name: 'dispatch.ticket-cancelled', data: { cause: { kind: 'system', key: 'withdrawn', depth: 0 } } },
        { name: 'dispatch.ticket-advanced', data: { reaction: 'taken-back', changes: { fields: { takenBack: true } }, cause: { kind: 'reaction', depth: 1 } } },
      ]),
    ); // prettier-ignore
    expect(await s.see(id, { roles: ['supervisor'] })).toMatchObject({ body: { phase: 'closed', fields: { takenBack: true } } });
  });

  it('counts the depth of a chain that goes through the clocks: the ninth reaction is refused, told and counted', async () => {
    const id = await s.ticket({ pack: { key: LISTENS, version: 1 }, type: 'complaint', category: 'fee', priority: 'ordinary' });
    const started = (depth: number) =>
      s.service.deliver(
        sla.ClockStarted.of({
          org: 'acme',
          ticketId: id,
          occurredAt: '2026-03-02T02:00:00.000Z',
          data: { clock: 'resolve', gen: 1, dueAt: '2026-03-02T04:00:00.000Z', startedAt: '2026-03-02T02:00:00.000Z', kind: 'calendar-days', cause: { depth } },
        }),
      ); // prettier-ignore
    await started(7);
    await eventually(() => expect(named(id, 'ticket-advanced')).toMatchObject([{ data: { reaction: 'begun', cause: { depth: 8 } } }]));
    await started(8);
    await eventually(() =>
      expect(named(id, 'reaction-refused')).toMatchObject([
        { data: { reaction: 'begun', code: 'dispatch/chain-too-long', cause: { depth: 9 } } },
      ]),
    );
    expect(named(id, 'ticket-advanced')).toHaveLength(1);
    const { text } = await s.service.call('GET', '/metrics', { as: null });
    expect(text).toMatch(/^gongdan_reactions_skipped_total\{[^}]*why="depth"[^}]*\} 1$/m);
  });

  it('counts the depth of a chain that registered the ticket', async () => {
    const suggestion = { pack: { key: LISTENS, version: 1 }, type: 'suggestion', category: 'fee', priority: 'ordinary' };
    const eighth = await s.ticket({ ...suggestion, cause: { depth: 7 } });
    await eventually(() =>
      expect(s.service.emitted(eighth)).toMatchObject([
        { data: { cause: { kind: 'start', depth: 7 } } },
        { data: { reaction: 'came', cause: { kind: 'reaction', depth: 8 } } },
      ]),
    );
    const ninth = await s.ticket({ ...suggestion, cause: { depth: 8 } });
    await eventually(() => expect(named(ninth, 'reaction-refused')).toMatchObject([{ data: { reaction: 'came', cause: { depth: 9 } } }]));
    expect(named(ninth, 'ticket-advanced')).toEqual([]);
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
