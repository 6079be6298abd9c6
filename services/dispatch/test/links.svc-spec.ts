import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { intake } from '@gongdan/contracts';
import { idOf } from '@gongdan/kernel';
import { type TestAnswer } from '@gongdan/messaging/testing';
import { eventually } from '@gongdan/testing';
import { DispatchService } from './dispatch-service.js';
import { type PackJson, processPack, publish } from './own-packs.js';

const KEY = 'linked-faults';

/** P30 with conditions about links: a fault is closed after its incidents, and an incident can follow its fault into its unit. */
function pack(): PackJson {
  const { pack: about, process, ...parts } = processPack('p30-fault-and-incidents').json;
  const { actions } = process;
  actions['close'] = { ...actions['close'], when: { 'links.incident.open': 0 }, unless: { 'zh-CN': '还有事务', en: 'incidents are open' } };
  actions['solve'] = { ...actions['solve'], when: {} };
  actions['follow'] = {
    names: { 'zh-CN': '随故障', en: 'Follow the fault' },
    on: 'waiting',
    by: 'holder',
    do: [{ assign: { unit: { fact: 'links.incident-of.unit' } } }],
  };
  const reactions = {
    counted: {
      on: ['intake.ticket-linked', 'intake.ticket-unlinked'],
      when: { 'event.as': 'incident' },
      do: [{ set: { incidents: { fact: 'links.incident.count' } } }],
    },
    answered: { on: 'intake.ticket-amended', do: [{ set: { answered: true } }] },
  };
  return { ...parts, pack: { ...about, key: KEY }, process: { ...process, reactions } };
}

describe('links of tickets', () => {
  let s: DispatchService;
  beforeAll(async () => {
    s = await DispatchService.start();
    await publish(s.service, pack(), { 'service-desk': undefined, 'second-line': undefined });
  });
  afterAll(() => s.service.close());

  const ticket = (type: string) => s.ticket({ pack: { key: KEY, version: 1 }, type, category: 'payment', priority: 'high' });
  const act = (id: string, action: string, unit: string, body?: object): Promise<TestAnswer> =>
    s.service.call('POST', `/v1/cases/${id}/actions/${action}`, {
      as: { id: `at-${unit}`, roles: ['handler'], units: [unit] },
      ...(body === undefined ? {} : { body }),
    });
  const see = async (id: string) => (await s.see(id, { roles: ['supervisor'] })).body;

  /** Both tickets tell the link, each from its side. */
  async function told(name: 'linked' | 'unlinked', from: string, to: string, depth?: number): Promise<void> {
    const link = { link: idOf('link', from, to), kind: 'incident' };
    const sides = [
      { ticketId: from, end: 'from', as: 'incident-of', other: { id: to, number: 'F' } },
      { ticketId: to, end: 'to', as: 'incident', other: { id: from, number: 'I' } },
    ] as const;
    for (const { ticketId, ...side } of sides) {
      const about = { org: 'acme', ticketId, occurredAt: '2026-03-02T02:00:00.000Z' };
      const at = '2026-03-02T02:00:00.000Z';
      await s.service.deliver(
        name === 'linked'
          ? intake.TicketLinked.of({
              ...about,
              data: { ...link, ...side, linkedAt: at, ...(depth === undefined ? {} : { cause: { depth } }) },
            })
          : intake.TicketUnlinked.of({ ...about, data: { ...link, ...side, unlinkedAt: at } }),
      );
    }
  }

  it('are heard by reactions, and counted once although the bus delivers twice', async () => {
    const [fault, a, b] = [await ticket('fault'), await ticket('incident'), await ticket('incident')];
    await told('linked', a, fault);
    await told('linked', b, fault);
    await eventually(async () => expect(await see(fault)).toMatchObject({ fields: { incidents: 2 } }));
    expect((await see(a))['fields']).toEqual({});
    await told('unlinked', a, fault);
    await eventually(async () => expect(await see(fault)).toMatchObject({ fields: { incidents: 1 } }));
  });

  it('are facts: how many linked tickets are open, by the kind and from the side of the ticket', async () => {
    const [fault, one] = [await ticket('fault'), await ticket('incident')];
    await told('linked', one, fault);
    await eventually(async () => expect(await see(fault)).toMatchObject({ fields: { incidents: 1 } }));
    expect((await act(fault, 'take', 'second-line')).status).toBe(200);
    expect((await act(fault, 'solve', 'second-line', { solution: 'ok' })).status).toBe(200);
    expect((await see(fault))['actions']).not.toContain('close');
    expect(await act(fault, 'close', 'second-line')).toMatchObject({
      status: 409,
      body: { code: 'dispatch/guard', fact: 'links.incident.open', is: 1 },
    });
    await act(one, 'take', 'service-desk');
    await act(one, 'solve', 'service-desk', { solution: 'ok' });
    expect((await act(one, 'close', 'service-desk')).status).toBe(200);
    expect(await act(fault, 'close', 'second-line')).toMatchObject({ status: 200, body: { phase: 'closed' } });
  });

  it('carry the depth of the chain that led to them: the ninth reaction is refused, told and counted', async () => {
    const [fault, eighth, ninth] = [await ticket('fault'), await ticket('incident'), await ticket('incident')];
    const events = () => s.service.emitted(fault).slice(1);
    await told('linked', eighth, fault, 7);
    await eventually(() => expect(events()).toMatchObject([{ data: { reaction: 'counted', cause: { depth: 8 } } }]));
    await told('linked', ninth, fault, 8);
    await eventually(() =>
      expect(events()[1]).toMatchObject({
        name: 'dispatch.reaction-refused',
        data: { reaction: 'counted', code: 'dispatch/chain-too-long', cause: { depth: 9 } },
      }),
    );
    expect(await see(fault)).toMatchObject({ fields: { incidents: 1 } });
    const { text } = await s.service.call('GET', '/metrics', { as: null });
    expect(text).toMatch(/^gongdan_reactions_skipped_total\{[^}]*why="depth"[^}]*\} 1$/m);
  });

  it('an amendment is heard by reactions after it has changed the case', async () => {
    const id = await ticket('incident');
    const data = { title: 'changed', amendedAt: '2026-03-02T02:00:00.000Z' };
    await s.service.deliver(intake.TicketAmended.of({ org: 'acme', ticketId: id, occurredAt: data.amendedAt, data }));
    await eventually(async () => expect(await see(id)).toMatchObject({ title: 'changed', fields: { answered: true } }));
  });

  it('name the unit of the ticket at the other end', async () => {
    const [fault, one] = [await ticket('fault'), await ticket('incident')];
    await told('linked', one, fault);
    await eventually(async () => expect(await see(fault)).toMatchObject({ fields: { incidents: 1 } }));
    expect(await act(one, 'follow', 'service-desk')).toMatchObject({ status: 200, body: { unit: 'second-line' } });
  });
});
