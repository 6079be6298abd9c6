import { describe, expect, it } from '@jest/globals';
import { type DuePoint } from '@gongdan/due';
import { type Case, openTasks, type Reacted, type Task, type View } from '@gongdan/engine';
import { type PackFormat2 } from '@gongdan/packs/format2';
import { type Tx } from '@gongdan/platform';
import { DueTasksStore } from '../../store/due-tasks.store.js';
import { type CaseRun, CaseRuns, WakeTasks } from './wake-tasks.js';

const [AT, DUE, NOW] = ['2026-03-02T01:00:00.000Z', '2026-03-03T01:00:00.000Z', '2026-03-03T01:00:00.400Z'];
const pack = {
  pack: { key: 'p', version: 1, zone: 'Asia/Shanghai' },
  catalogue: { categories: [] },
  process: { start: [], steps: { handle: { state: 'in_progress' }, ask: { state: 'in_progress', side: true } }, actions: {} },
} as unknown as PackFormat2;
const task = (no: number, over: Partial<Task> = {}): Task => ({
  no,
  step: no === 1 ? 'handle' : 'ask',
  lead: no === 1,
  holder: { unit: 'u', waitsFor: 'customer' },
  openedAt: AT,
  sleepsUntil: DUE,
  sleeps: 1,
  fields: {},
  version: 1,
  ...over,
});
const caseOf = (...tasks: Task[]) =>
  ({
    org: 'acme', ticketId: '019d2c1e-6f3a-7c55-9d0b-3a1f6a2b7c10', pack: { key: 'p', version: 1 }, phase: 'open', step: 'handle', state: 'in_progress', run: 1,
    class: { type: 't', category: 'c', priority: 'p' }, ticket: { channel: 'phone', language: 'en', hasContact: false, hasEmail: false }, fields: {}, done: {},
    held: {}, tasks, lastTask: tasks.length, groups: [], lastGroup: 0, hops: [{ no: 1, unit: 'u', step: 'handle', since: AT }], lastHop: 1, requests: [],
    watchers: [], marks: {}, heard: { clocks: {} }, version: 1, registeredAt: AT, openedAt: AT, since: AT, number: 'N', title: 'x',
  }) as Case; // prettier-ignore

/** One case in memory. */
class OneCase extends CaseRuns {
  readonly saved: Reacted[] = [];
  constructor(private readonly state: Case) {
    super();
  }
  async read(): Promise<CaseRun[]> {
    return [{ state: this.state, decisions: 0, decide: async (rule) => rule(pack, {} as View) }];
  }
  async save(_: Tx, decided: readonly { after: Reacted }[]): Promise<void> {
    this.saved.push(...decided.map((d) => d.after));
  }
}

const point = (c: Case, no: number, gen = 1): DuePoint => ({
  org: c.org, ticketId: c.ticketId, subject: String(no), point: 'wake', gen, dueAt: DUE, firedAt: NOW, unheard: false,
}); // prettier-ignore

async function fired(c: Case, ...points: DuePoint[]): Promise<Reacted[]> {
  const runs = new OneCase(c);
  const waking = new WakeTasks(new DueTasksStore(), runs);
  const subjects = await waking.subjectsOf({} as Tx, points);
  const state = [...subjects.values()][0]?.state as CaseRun;
  await waking.fire({} as Tx, points.map((p) => ({ point: p, state }))); // prettier-ignore
  return runs.saved;
}

describe('waking tasks', () => {
  it('wakes two tasks of one case in one decision, each with an event', async () => {
    const [saved, ...more] = await fired(caseOf(task(1), task(2)), point(caseOf(), 1), point(caseOf(), 2));
    expect(more).toEqual([]);
    expect(saved && openTasks(saved.state).map((t) => t.sleepsUntil)).toEqual([undefined, undefined]);
    expect(saved?.events.filter((e) => e.name === 'dispatch.task-woke').map((e) => (e.data as { task: number }).task)).toEqual([1, 2]);
    expect(saved?.state.version).toBe(1 + (saved?.events.length ?? 0));
  });

  it('asks for the sleep that a task is in, so that a point of an earlier sleep fires nothing', async () => {
    const c = caseOf(task(1, { sleeps: 4 }), task(2, { endedAt: AT }));
    const subjects = await new WakeTasks(new DueTasksStore(), new OneCase(c)).subjectsOf({} as Tx, [point(c, 1), point(c, 2)]);
    expect([...subjects.values()].map((s) => s.gen)).toEqual([4, undefined]);
  });

  it('saves nothing when the task woke otherwise', async () => {
    const { sleepsUntil: _, ...awake } = task(1);
    expect(await fired(caseOf(awake), point(caseOf(), 1))).toEqual([]);
  });
});
