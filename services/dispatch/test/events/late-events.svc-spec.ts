import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sla } from '@gongdan/contracts';
import { eventually } from '@gongdan/testing';
import { startTollDesk, type TollDesk } from './toll-desk.js';

const n = (text: string) => ({ names: { 'zh-CN': text, en: text } });
const chief = { by: { role: 'supervisor', scope: 'any' } };
const more = {
  actions: {
    'end-it': { ...n('end'), ...chief, on: 'queued', do: [{ extend: { clock: 'resolve', by: '1d' } }, { go: 'closed' }] },
    'once-more': { ...n('again'), ...chief, on: 'case', phase: 'closed', do: [{ go: 'queued', holder: { unit: 'henan' } }] },
    'only-when-late': { ...n('late'), ...chief, on: 'queued', when: { 'clock.resolve.breached': true }, do: [] },
  },
  reactions: {
    'even-late': { on: 'sla.clock-breached', late: true, do: [{ set: { 'ticket.title': 'even late' } }] },
    'told-no': { on: 'dispatch.request-answered', do: [{ set: { 'ticket.title': 'told no' } }] },
  },
};

const [at, due] = ['2026-03-02T02:00:00.000Z', '2126-03-09T02:00:00.000Z'];
const chiefs = { roles: ['supervisor'] };

describe('events of sla about an earlier run', () => {
  let s: TollDesk['s'];
  let desk: TollDesk;
  beforeAll(async () => {
    desk = await startTollDesk(more);
    s = desk.s;
  });
  afterAll(() => s.service.close());

  const told: TollDesk['told'] = (ticketId, name) => desk.told(ticketId, name);
  const does: TollDesk['does'] = (ticketId, action) => desk.does(ticketId, action);
  const ticket: TollDesk['ticket'] = () => desk.ticket();
  const about = (ticketId: string) => ({ org: 'acme', ticketId, occurredAt: at });
  const ofRun = (run?: number) => ({ clock: 'resolve', gen: 1, dueAt: due, ...(run === undefined ? {} : { run }) });
  const breach = (ticketId: string, run?: number, more: object = {}) =>
    s.service.deliver(sla.ClockBreached.of({ ...about(ticketId), data: { ...ofRun(run), firedAt: at, ...more } }));
  const start = (ticketId: string, run?: number) =>
    s.service.deliver(sla.ClockStarted.of({ ...about(ticketId), data: { ...ofRun(run), kind: 'hours', startedAt: at } }));
  const skipped = async (): Promise<number> => {
    const { text } = await s.service.call('GET', '/metrics', { as: null });
    return Number(/^gongdan_reactions_skipped_total\{[^}]*why="over"[^}]*\} (\d+)$/m.exec(text)?.[1] ?? 0);
  };
  /** The actions that the supervisor may do now: the guard of one of them asks for the clock. */
  const offered = async (ticketId: string): Promise<string[]> => (await s.see(ticketId, chiefs)).body['actions'] as string[];
  async function reopened(): Promise<string> {
    const id = await ticket();
    await does(id, 'end-it');
    await does(id, 'once-more');
    expect((await s.see(id, chiefs)).body).toMatchObject({ run: 2, step: 'queued' });
    await eventually(() => expect(told(id, 'request-asked')).toHaveLength(1));
    return id;
  }
  const title = (ticketId: string) => told(ticketId, 'ticket-corrected').map((e) => (e.data as { title?: string }).title);

  it('run no reaction but those that say late, are counted, and leave the clock of the present run alone', async () => {
    const id = await reopened();
    await start(id, 2);
    const before = await skipped();
    await breach(id, 1);
    await eventually(() => expect(title(id)).toEqual(['even late']));
    expect([told(id, 'task-opened'), await skipped()]).toEqual([[], before + 1]);
    expect(await offered(id)).not.toContain('only-when-late');
    // The breach of the present run does what it says.
    await breach(id, 2);
    await eventually(() => expect(told(id, 'task-opened')).toHaveLength(1));
    expect(await offered(id)).toContain('only-when-late');
    expect(await skipped()).toBe(before + 1);
  });

  it('run no reaction when they name a task that has ended or is not there', async () => {
    const id = await ticket();
    const before = await skipped();
    await breach(id, 1, { task: 7 });
    await eventually(() => expect(title(id)).toEqual(['even late']));
    expect([told(id, 'task-opened'), await skipped()]).toEqual([[], before + 1]);
    await breach(id, 1, { task: 1 });
    await eventually(() => expect(told(id, 'task-opened')).toHaveLength(1));
  });

  it('run every reaction when they name no run, as those of older releases', async () => {
    const id = await reopened();
    const before = await skipped();
    await breach(id);
    await eventually(() => expect(told(id, 'task-opened')).toHaveLength(1));
    expect([await offered(id), await skipped()]).toEqual([expect.arrayContaining(['only-when-late']), before]);
  });

  it('sort no work list of the present run', async () => {
    const dueOf = async (id: string) =>
      (
        (await s.service.call('GET', '/v1/queues/henan?limit=200', { as: chiefs })).body['items'] as { ticketId: string; dueAt: string }[]
      ).find((i) => i.ticketId === id)?.dueAt;
    const id = await ticket();
    await start(id, 1);
    await eventually(async () => expect(await dueOf(id)).toBe(due));
    await does(id, 'end-it');
    await does(id, 'once-more');
    expect(await dueOf(id)).toBeNull();
    const stops = { ...ofRun(1), startedAt: at, stoppedAt: at, outcome: 'breached' as const, pausedMs: 0 };
    await s.service.deliver(sla.ClockStopped.of({ ...about(id), data: stops }));
    await eventually(async () => expect(await dueOf(id)).toBeNull());
    await breach(id, 1);
    await eventually(() => expect(title(id)).toEqual(['even late']));
    expect(await dueOf(id)).toBeNull();
    await start(id, 2);
    await eventually(async () => expect(await dueOf(id)).toBe(due));
  });

  it('an answer to a request of an earlier run is noted, and runs no reaction', async () => {
    const id = await reopened();
    const [asked = ''] = told(id, 'request-asked').map((e) => (e.data as { id: string }).id);
    const before = await skipped();
    const data = { id: asked, kind: 'extend' as const, state: 'refused' as const, code: 'sla/clock-not-running', answeredAt: at };
    await s.service.deliver(sla.RequestAnswered.of({ ...about(id), data }));
    await eventually(() => expect(told(id, 'request-answered')).toMatchObject([{ data: { id: asked, state: 'refused' } }]));
    expect((await s.see(id, chiefs)).body['requests']).toMatchObject([{ id: asked, state: 'refused', run: 1 }]);
    expect([title(id), await skipped()]).toEqual([[], before + 1]);
  });
});
