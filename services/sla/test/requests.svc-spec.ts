import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { dispatch } from '@gongdan/contracts';
import { newId, plusMs } from '@gongdan/kernel';
import { readPackFolder } from '@gongdan/packs/files';
import { eventually } from '@gongdan/testing';
import { caseAt, HOUR, ORG, published, SlaService } from './sla-service.js';

describe('requests of processes', () => {
  let s: SlaService;
  beforeAll(async () => {
    s = await SlaService.start();
  });
  afterAll(() => s.close());

  async function running(): Promise<{ ticket: string; dueAt: string }> {
    const ticket = await s.register();
    await s.dispatched(ticket, s.now);
    await eventually(async () => expect(await s.clocksOf(ticket)).toHaveLength(2));
    return { ticket, dueAt: (await s.clocksOf(ticket)).find((c) => c.clock === 'first-reply')?.dueAt ?? '' };
  }
  async function ask(ticket: string, kind: 'extend' | 'charge' | 'register', body: object, version = 2, depth = 0): Promise<string> {
    const id = newId();
    const cause = { kind: 'action' as const, key: 'approve', depth };
    const data = { ...caseAt('accepted', version, s.now), cause, id, kind, body: { ...body } };
    await s.deliver(dispatch.RequestAsked.of({ org: ORG, ticketId: ticket, occurredAt: plusMs(s.now, 1000), data }));
    return id;
  }
  const answers = (ticket: string) => s.dataOf(ticket, 'request-answered');

  it('extend moves the due instant of a running clock once, tells both instants and the answer, and keeps the original', async () => {
    const { ticket, dueAt } = await running();
    const until = plusMs(dueAt, 5 * HOUR);
    const id = await ask(ticket, 'extend', { clock: 'first-reply', until });
    await eventually(() => expect(answers(ticket)).toMatchObject([{ id, kind: 'extend', state: 'done' }]));
    expect(s.dataOf(ticket, 'clock-extended')).toMatchObject([{ clock: 'first-reply', from: dueAt, dueAt: until, request: id }]);
    const again = await ask(ticket, 'extend', { clock: 'first-reply', by: '2d' }, 3);
    await eventually(() => expect(answers(ticket)).toHaveLength(2));
    expect(s.dataOf(ticket, 'clock-extended')[1]).toMatchObject({
      from: until,
      dueAt: plusMs(until, 48 * HOUR),
      originalDueAt: dueAt,
      request: again,
    });
    expect((await s.clocksOf(ticket)).find((c) => c.clock === 'first-reply')).toMatchObject({
      state: 'running',
      gen: 3,
      dueAt: plusMs(until, 48 * HOUR),
      originalDueAt: dueAt,
    });
    // Only the new due instant fires.
    const points = await s.service.running.app.database.rows(
      "select gen, due_at as \"dueAt\" from clock_points where ticket_id = $1 and clock = 'first-reply' and point = 'due'",
      [ticket],
    );
    expect(points).toEqual([{ gen: 3, dueAt: plusMs(until, 48 * HOUR) }]);
  });

  it('refuses an extension with a code when the clock is unknown, not running, overdue, or would end in the past', async () => {
    const { ticket, dueAt } = await running();
    await ask(ticket, 'extend', { clock: 'nothing', by: '1d' }, 2);
    await ask(ticket, 'extend', { clock: 'first-reply', until: s.now }, 3);
    await ask(ticket, 'extend', { clock: 'first-reply', until: 'soon' }, 4);
    await ask(ticket, 'extend', { clock: 'first-reply' }, 5);
    await s.replied(ticket, plusMs(s.now, 500), 6);
    await ask(ticket, 'extend', { clock: 'first-reply', by: '1d' }, 7);
    await eventually(() =>
      expect(answers(ticket).map((a) => [a['state'], a['code']])).toEqual([
        ['refused', 'sla/no-such-clock'],
        ['refused', 'sla/due-past'],
        ['refused', 'sla/invalid-request'],
        ['refused', 'sla/invalid-request'],
        ['refused', 'sla/clock-not-running'],
      ]),
    );
    const late = await running();
    const data = { ...caseAt('accepted', 2, s.now), id: newId(), kind: 'extend' as const, body: { clock: 'first-reply', by: '1d' } };
    await s.deliver(dispatch.RequestAsked.of({ org: ORG, ticketId: late.ticket, occurredAt: plusMs(late.dueAt, 1), data }));
    await eventually(() => expect(answers(late.ticket)).toMatchObject([{ state: 'refused', code: 'sla/clock-breached' }]));
    expect([s.dataOf(ticket, 'clock-extended'), s.dataOf(late.ticket, 'clock-extended')]).toEqual([[], []]);
    expect((await s.clocksOf(late.ticket)).find((c) => c.clock === 'first-reply')?.dueAt).toBe(dueAt);
  });

  it('refuses to charge time while there is no ledger, and leaves what others are asked to them', async () => {
    const { ticket } = await running();
    await ask(ticket, 'register', { title: 'x' }, 2);
    const id = await ask(ticket, 'charge', { to: 'network', from: s.now, until: s.now }, 3, 2);
    await eventually(() =>
      expect(answers(ticket)).toMatchObject([{ id, kind: 'charge', state: 'refused', code: 'sla/no-ledger', cause: { depth: 2 } }]),
    );
  });

  it('what an event makes of a clock carries the depth of its chain, what a clock says through time does not', async () => {
    const ticket = await s.register();
    const at = plusMs(s.now, -14 * 24 * HOUR);
    const data = {
      ...caseAt('dispatched', 1, at),
      decision: newId(),
      rule: 'r',
      why: 'routed' as const,
      hop: 1,
      cause: { kind: 'reaction' as const, key: 'again', depth: 7 },
    };
    await s.deliver(dispatch.TicketDispatched.of({ org: ORG, ticketId: ticket, occurredAt: at, data }));
    await eventually(() => expect(s.published(ticket)).toContain('clock-breached first-reply'));
    expect(s.dataOf(ticket, 'clock-started')).toMatchObject([{ cause: { depth: 7 } }, { cause: { depth: 7 } }]);
    expect(s.dataOf(ticket, 'clock-breached').map((d) => d['cause'])).toEqual(s.dataOf(ticket, 'clock-breached').map(() => undefined));
  });

  it('what a clock says that was over when a chain started it carries the depth of the chain, also when it is due later', async () => {
    const folder = fileURLToPath(import.meta.resolve('@gongdan/packs')).replace(/dist\/.*$/, 'processes/p14-handling-time');
    const { pack, ...parts } = readPackFolder(folder).json as { pack: { key: string; version: number } };
    await s.deliver(published({ pack, ...parts } as never, ORG, s.now));
    const ticket = await s.register(s.now, { pack: { key: pack.key, version: pack.version } });
    const data = {
      ...caseAt('dispatched', 1, s.now),
      ...{ decision: newId(), rule: 'r', why: 'routed' as const, hop: 1, changes: { fields: { dueBy: plusMs(s.now, -HOUR) } } },
      cause: { kind: 'reaction' as const, key: 'again', depth: 7 },
    };
    await s.deliver(dispatch.TicketDispatched.of({ org: ORG, ticketId: ticket, occurredAt: s.now, data }));
    await eventually(() => expect(s.dataOf(ticket, 'clock-breached')).toMatchObject([{ clock: 'due-date', cause: { depth: 7 } }]));
  });
});
