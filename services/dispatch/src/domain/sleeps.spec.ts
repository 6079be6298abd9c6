import { describe, expect, it } from '@jest/globals';
import { type Task } from '@gongdan/engine';
import { sleepOf } from './sleeps.js';

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
