import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '@gongdan/kernel';
import { eventually } from '@gongdan/testing';
import { FaultDesk, withApproval } from '../fault-desk.js';
import { type PackJson } from '../own-packs.js';

/** The fault also remembers that not every incident could be closed, and an alarm goes from each ticket to those linked with it. */
function withAlarm({ process }: PackJson): void {
  process.actions['alarm'] = {
    names: { 'zh-CN': '告警', en: 'Raise the alarm' },
    on: ['waiting', 'working'],
    by: ['unit', 'machine'],
    do: [{ cascade: { links: 'incident', action: 'alarm', input: {} } }],
  };
  process.reactions = {
    refused: {
      on: 'dispatch.request-answered',
      when: { 'event.state': 'refused' },
      do: [{ set: { leftOpen: { fact: 'event.refused' } } }],
    },
  };
}

describe('an action on linked tickets (P30)', () => {
  let desk: FaultDesk;
  beforeAll(async () => {
    desk = await FaultDesk.start('cascading-faults', (pack) => {
      withAlarm(pack);
      withApproval(pack);
    });
  });
  afterAll(() => desk.close());

  it('does it once on each linked ticket in the name of whoever ended the fault, and tells the fault', async () => {
    const [a, b] = [await desk.ticket('incident'), await desk.ticket('incident')];
    const id = await desk.fault([a, b]);
    expect((await desk.endFault(id)).status).toBe(200);
    for (const one of [a, b]) await eventually(async () => expect(await desk.see(one)).toMatchObject({ phase: 'closed', state: 'closed' }));
    await eventually(() =>
      expect(desk.eventsOf(id, 'dispatch.request-answered')).toMatchObject([
        { data: { kind: 'cascade', state: 'done', done: 2, refused: 0 } },
      ]),
    );
    const closed = desk.s.service.emitted(a).at(-1);
    expect(closed).toMatchObject({
      actor: { id: 'at-second-line' },
      data: { cause: { kind: 'cascade', key: 'close-by-fault', depth: 1 } },
    });
    const asked = desk.eventsOf(id, 'dispatch.request-asked')[0] as { data: { id: string } };
    expect((await desk.progress(asked.data.id, { roles: ['supervisor'] })).body).toMatchObject({ kind: 'cascade', waiting: 0, done: 2 });
  });

  it('reports who refused to the fault, where the process can react', async () => {
    const [open, over] = [await desk.ticket('incident'), await desk.closedIncident()];
    const id = await desk.fault([open, over]);
    await desk.endFault(id);
    await eventually(() =>
      expect(desk.eventsOf(id, 'dispatch.request-answered')).toMatchObject([
        {
          data: {
            state: 'refused',
            code: 'dispatch/tickets-refused',
            done: 1,
            refused: 1,
            refusals: [{ ticket: over, code: expect.stringMatching(/^dispatch\//) }],
          },
        },
      ]),
    );
    await eventually(async () => expect(await desk.see(id)).toMatchObject({ fields: { leftOpen: 1 } }));
  });

  it('reaches a ticket that is linked later, and answers a fault without linked tickets', async () => {
    const id = await desk.fault([]);
    await desk.endFault(id);
    await eventually(() => expect(desk.eventsOf(id, 'dispatch.request-answered')).toMatchObject([{ data: { state: 'done', done: 0 } }]));
    const [request] = (await desk.see(id))['requests'] as { id: string; reached: number }[];
    expect(request).toMatchObject({ kind: 'cascade', state: 'done', reached: 0 });
    const progress = async () => (await desk.progress(request?.id ?? '', { id: 'head', roles: ['supervisor', 'admin'] })).body;
    expect(await progress()).toMatchObject({ kind: 'cascade', links: 'incident', reached: 0, waiting: 0, done: 0, refused: 0 });
    const late = await desk.ticket('incident');
    await desk.link(late, id);
    await eventually(async () => expect(await desk.see(late)).toMatchObject({ phase: 'closed' }));
    expect(await progress()).toMatchObject({ reached: 1, done: 1 });
    expect(desk.eventsOf(id, 'dispatch.request-answered')).toHaveLength(1);
  });

  it('waits for the case of a linked ticket whose registration arrives after the link', async () => {
    const [id, late] = [await desk.fault([]), newId()];
    await desk.linkToldByFault(late, id);
    await desk.endFault(id);
    await eventually(async () => expect(await database().rows('select 1 from ticket_work where failures > 0')).toHaveLength(1));
    await desk.registered('incident', late);
    await eventually(async () => expect(await desk.see(late)).toMatchObject({ phase: 'closed' }));
    await eventually(() => expect(desk.eventsOf(id, 'dispatch.request-answered')).toMatchObject([{ data: { state: 'done', done: 1 } }]));
  });

  it('tells the fault again when a ticket that is linked later refuses, and shows it on the case', async () => {
    const id = await desk.fault([]);
    await desk.endFault(id);
    await eventually(() => expect(desk.eventsOf(id, 'dispatch.request-answered')).toMatchObject([{ data: { state: 'done', done: 0 } }]));
    const [first, second, late] = [await desk.closedIncident(), await desk.closedIncident(), await desk.ticket('incident')];
    await desk.link(first, id);
    await eventually(() =>
      expect(desk.eventsOf(id, 'dispatch.request-answered').slice(1)).toMatchObject([
        { data: { state: 'refused', code: 'dispatch/tickets-refused', done: 0, refused: 1, refusals: [{ ticket: first }] } },
      ]),
    );
    expect(await desk.see(id)).toMatchObject({
      requests: [{ kind: 'cascade', state: 'refused', code: 'dispatch/tickets-refused' }],
      fields: { leftOpen: 1 },
    });
    await desk.link(late, id);
    await eventually(async () => expect(await desk.see(late)).toMatchObject({ phase: 'closed' }));
    await desk.link(second, id);
    await eventually(async () => expect(await desk.see(id)).toMatchObject({ fields: { leftOpen: 2 } }));
    await eventually(() =>
      expect(desk.eventsOf(id, 'dispatch.request-answered').slice(2)).toMatchObject([{ data: { done: 1, refused: 2 } }]),
    );
  });

  it('leaves out a ticket whose link is removed before its turn, until it is linked again', async () => {
    const [a, b, c, apart] = [
      await desk.ticket('incident'),
      await desk.ticket('incident'),
      await desk.ticket('incident'),
      await desk.ticket('incident'),
    ];
    const id = await desk.fault([a, b, c, apart]);
    await desk.whileLocked(
      [a, b, c],
      async () => expect((await desk.endFault(id)).body).toMatchObject({ phase: 'closed' }),
      async () => {
        await desk.unlink(apart, id);
        await eventually(async () => expect(await work(apart)).toEqual([]));
      },
    );
    await eventually(() => expect(desk.eventsOf(id, 'dispatch.request-answered')).toMatchObject([{ data: { state: 'done', done: 3 } }]));
    expect(await desk.see(apart)).toMatchObject({ phase: 'open', version: 1 });
    await desk.link(apart, id);
    await eventually(async () => expect(await desk.see(apart)).toMatchObject({ phase: 'closed' }));
  });

  it('leaves out a ticket that is linked after the fault was opened again', async () => {
    const id = await desk.fault([]);
    await desk.endFault(id);
    await eventually(() => expect(desk.eventsOf(id, 'dispatch.request-answered')).toHaveLength(1));
    await reopen(id);
    const late = await desk.ticket('incident');
    await desk.link(late, id);
    expect(await work(late)).toEqual([]);
  });

  it('does nothing more on tickets whose turn has not come when the fault is opened again, and tells that run nothing', async () => {
    const [a, b, c, apart] = [await desk.ticket('incident'), await desk.ticket('incident'), await desk.ticket('incident'), await desk.ticket('incident')]; // prettier-ignore
    const id = await desk.fault([a, b, c, apart]);
    await desk.whileLocked(
      [a, b, c],
      () => desk.endFault(id),
      () => reopen(id),
    );
    await eventually(async () => expect(await work(apart)).toEqual([{ state: 'refused', code: 'dispatch/cascade-over' }]));
    expect(await desk.see(apart)).toMatchObject({ phase: 'open', version: 1 });
    await eventually(async () => expect(await desk.see(a)).toMatchObject({ phase: 'closed' }));
    expect(await desk.see(id)).toMatchObject({ phase: 'open', fields: {} });
  });

  it('is done once on each ticket of a net in which each is linked with each other', async () => {
    const net = [
      await desk.ticket('incident'),
      await desk.ticket('incident'),
      await desk.ticket('incident'),
      await desk.ticket('incident'),
    ];
    for (const one of net) for (const other of net) if (one !== other) await desk.link(one, other);
    const [first = ''] = net;
    expect((await desk.act(first, 'alarm', 'service-desk')).status).toBe(200);
    await eventually(async () => {
      const open = "select 1 from ticket_jobs j where j.action = 'alarm' and j.answered_at is null";
      expect(await database().rows(open)).toEqual([]);
      for (const one of net) expect(alarms(one)).toBeGreaterThan(0);
    });
    expect(net.map(alarms)).toEqual([1, 1, 1, 1]);
  });

  it('changes nothing that is being approved, by a cascade and by bulk actions either (law 12)', async () => {
    const incident = await desk.ticket('incident');
    await desk.act(incident, 'take', 'service-desk');
    expect((await desk.act(incident, 'ask', 'service-desk', { solution: 'this' })).status).toBe(200);
    const locked = { code: 'dispatch/field-locked' };
    const as = desk.handler('service-desk');
    const body = { action: 'rework', tickets: [incident], input: { solution: 'something else' } };
    for (const preview of [true, false])
      expect((await desk.s.service.call('POST', '/v1/bulk/actions', { as, body: { ...body, preview } })).body['results']).toMatchObject([
        locked,
      ]);
    const job = String((await desk.s.service.call('POST', '/v1/bulk', { as, body })).body['id']);
    await eventually(async () => expect((await desk.progress(job)).body).toMatchObject({ refused: 1, results: [locked] }));
    const id = await desk.fault([incident]);
    expect((await desk.act(id, 'rework-all', 'second-line')).status).toBe(200);
    await eventually(() =>
      expect(desk.eventsOf(id, 'dispatch.request-answered')).toMatchObject([{ data: { refusals: [{ ticket: incident, ...locked }] } }]),
    );
    expect(await desk.see(incident)).toMatchObject({ fields: { solution: 'this' } });
    for (const task of [3, 4]) await desk.act(incident, 'sign', 'second-line', undefined, task);
    expect((await desk.s.service.call('POST', '/v1/bulk/actions', { as, body })).body['results']).toMatchObject([{ result: 'done' }]);
  });

  const database = () => desk.s.service.running.app.database;
  const work = (ticketId: string) => database().rows('select state, code from ticket_work where ticket_id = $1', [ticketId]);
  const reopen = async (id: string): Promise<void> => {
    const answer = await desk.s.service.call('POST', `/v1/cases/${id}/actions/reopen`, {
      as: { roles: ['agent'] },
      body: { reason: 'again' },
    });
    expect(answer.body).toMatchObject({ phase: 'open', run: 2 });
  };
  const alarms = (id: string): number =>
    desk.s.service
      .emitted(id)
      .filter(
        (e) =>
          (e.data as { cause?: { key?: string } }).cause?.key === 'alarm' &&
          e.name !== 'dispatch.request-asked' &&
          e.name !== 'dispatch.request-answered',
      ).length;
});
