import { describe, expect, it } from '@jest/globals';
import { type Task } from '@gongdan/engine';
import { sleepChange, sleepOf } from './sleeps.js';

const [AT, LATER] = ['2026-03-02T01:00:00.000Z', '2026-03-03T01:00:00.000Z'];
const task = (no: number, over: Partial<Task> = {}): Task => ({
  no,
  step: 'handle',
  lead: no === 1,
  holder: {},
  openedAt: AT,
  sleeps: 0,
  fields: {},
  version: 1,
  ...over,
});
const ref = { org: 'acme', ticketId: 'a' };
const change = (before: Task[] | undefined, after: Task[]) => sleepChange(before && { tasks: before }, { ...ref, tasks: after });

describe('sleepChange', () => {
  const asleep = task(1, { sleeps: 1, sleepsUntil: LATER });

  it('finds a sleep that began, also in a case that is opened', () => {
    const found = { ended: [], asleep: [{ ...ref, task: '1', gen: 1, dueAt: LATER }] };
    expect(change([task(1)], [asleep])).toEqual(found);
    expect(change(undefined, [asleep])).toEqual(found);
  });

  it('finds nothing when no sleep changed', () => {
    expect(change([task(1)], [task(1, { step: 'other' })])).toEqual({ ended: [], asleep: [] });
    expect(change([asleep], [{ ...asleep, version: 2 }])).toEqual({ ended: [], asleep: [] });
  });

  it('ends the sleep of a task that woke, ended or is gone', () => {
    const ended = { ended: [{ ...ref, task: '1' }], asleep: [] };
    expect(change([asleep], [task(1, { sleeps: 1 })])).toEqual(ended);
    expect(change([asleep], [{ ...asleep, endedAt: AT }])).toEqual(ended);
    expect(change([asleep], [])).toEqual(ended);
  });

  it('replaces a sleep by the next one of its task, also until the same instant', () => {
    expect(change([asleep], [{ ...asleep, sleeps: 2 }])).toEqual({ ended: [], asleep: [{ ...ref, task: '1', gen: 2, dueAt: LATER }] });
  });
});

describe('sleepOf', () => {
  it('is the number of the sleep, and undefined for a task that is awake, over or unknown', () => {
    const tasks = [
      task(1, { sleeps: 3, sleepsUntil: LATER }),
      task(2, { sleeps: 1 }),
      task(3, { sleeps: 1, sleepsUntil: LATER, endedAt: AT }),
    ];
    expect([1, 2, 3, 4].map((no) => sleepOf({ tasks }, no))).toEqual([3, undefined, undefined, undefined]);
  });
});
