import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { intake } from '@gongdan/contracts';
import { eventually } from '@gongdan/testing';
import { FaultDesk } from '../fault-desk.js';
import { type PackJson } from '../own-packs.js';

/** Conditions about links: a fault is closed after its incidents, and an incident can follow its fault into its unit. */
function asksLinks({ process }: PackJson): void {
  const { actions } = process;
  actions['close'] = { ...actions['close'], when: { 'links.incident.open': 0 }, unless: { 'zh-CN': '还有事务', en: 'incidents are open' } };
  actions['solve'] = { ...actions['solve'], when: {} };
  actions['follow'] = {
    names: { 'zh-CN': '随故障', en: 'Follow the fault' },
    on: 'waiting',
    by: 'holder',
    do: [{ assign: { unit: { fact: 'links.incident-of.unit' } } }],
  };
  process.reactions = {
    counted: {
      on: ['intake.ticket-linked', 'intake.ticket-unlinked'],
      when: { 'event.as': 'incident' },
      do: [{ set: { incidents: { fact: 'links.incident.count' } } }],
    },
    answered: { on: 'intake.ticket-amended', do: [{ set: { answered: true } }] },
  };
}

describe('links of tickets', () => {
  let desk: FaultDesk;
  beforeAll(async () => {
    desk = await FaultDesk.start('linked-faults', asksLinks);
  });
  afterAll(() => desk.close());

  it('are heard by reactions, and counted once although the bus delivers twice', async () => {
    const [fault, a, b] = [await desk.ticket('fault'), await desk.ticket('incident'), await desk.ticket('incident')];
    await desk.link(a, fault);
    await desk.link(b, fault);
    await eventually(async () => expect(await desk.see(fault)).toMatchObject({ fields: { incidents: 2 } }));
    expect((await desk.see(a))['fields']).toEqual({});
    await desk.unlink(a, fault);
    await eventually(async () => expect(await desk.see(fault)).toMatchObject({ fields: { incidents: 1 } }));
  });

  it('are facts: how many linked tickets are open, by the kind and from the side of the ticket', async () => {
    const [fault, one] = [await desk.ticket('fault'), await desk.ticket('incident')];
    await desk.link(one, fault);
    await eventually(async () => expect(await desk.see(fault)).toMatchObject({ fields: { incidents: 1 } }));
    expect((await desk.act(fault, 'take', 'second-line')).status).toBe(200);
    expect((await desk.act(fault, 'solve', 'second-line', { solution: 'ok' })).status).toBe(200);
    expect((await desk.see(fault))['actions']).not.toContain('close');
    expect(await desk.act(fault, 'close', 'second-line')).toMatchObject({
      status: 409,
      body: { code: 'dispatch/guard', fact: 'links.incident.open', is: 1 },
    });
    await desk.act(one, 'take', 'service-desk');
    await desk.act(one, 'solve', 'service-desk', { solution: 'ok' });
    expect((await desk.act(one, 'close', 'service-desk')).status).toBe(200);
    expect(await desk.act(fault, 'close', 'second-line')).toMatchObject({ status: 200, body: { phase: 'closed' } });
  });

  it('carry the depth of the chain that led to them: the ninth reaction is refused, told and counted', async () => {
    const [fault, eighth, ninth] = [await desk.ticket('fault'), await desk.ticket('incident'), await desk.ticket('incident')];
    const events = () => desk.s.service.emitted(fault).slice(1);
    await desk.link(eighth, fault, 7);
    await eventually(() => expect(events()).toMatchObject([{ data: { reaction: 'counted', cause: { depth: 8 } } }]));
    await desk.link(ninth, fault, 8);
    await eventually(() =>
      expect(events()[1]).toMatchObject({
        name: 'dispatch.reaction-refused',
        data: { reaction: 'counted', code: 'dispatch/chain-too-long', cause: { depth: 9 } },
      }),
    );
    expect(await desk.see(fault)).toMatchObject({ fields: { incidents: 1 } });
    const { text } = await desk.s.service.call('GET', '/metrics', { as: null });
    expect(text).toMatch(/^gongdan_reactions_skipped_total\{[^}]*why="depth"[^}]*\} 1$/m);
  });

  it('an amendment is heard by reactions after it has changed the case', async () => {
    const id = await desk.ticket('incident');
    const data = { title: 'changed', amendedAt: '2026-03-02T02:00:00.000Z' };
    await desk.s.service.deliver(intake.TicketAmended.of({ org: 'acme', ticketId: id, occurredAt: data.amendedAt, data }));
    await eventually(async () => expect(await desk.see(id)).toMatchObject({ title: 'changed', fields: { answered: true } }));
  });

  it('name the unit of the ticket at the other end', async () => {
    const [fault, one] = [await desk.ticket('fault'), await desk.ticket('incident')];
    await desk.link(one, fault);
    await eventually(async () => expect(await desk.see(fault)).toMatchObject({ fields: { incidents: 1 } }));
    expect(await desk.act(one, 'follow', 'service-desk')).toMatchObject({ status: 200, body: { unit: 'second-line' } });
  });
});
