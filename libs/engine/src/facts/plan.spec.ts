import { describe, expect, it } from '@jest/globals';
import { opened, starter, viewFor } from '../cases.suite.js';
import { compile } from '../model/compiled.js';
import { factOf } from './context.js';

describe('facts about the plan that registered a ticket', () => {
  const plan = { key: 'monday-check', occurrence: '2026-03-02T02:30:00.000Z' };
  const x = { pack: compile(starter), view: viewFor(starter), now: '2026-03-02T03:00:00.000Z' };

  it.each([
    ['ticket.plan', plan.key],
    ['ticket.occurrence', plan.occurrence],
  ])('%s is known, and absent when a person registered it', (name, value) => {
    expect(factOf({ ...x, case: opened({ plan }) }, name)).toBe(value);
    expect(factOf({ ...x, case: opened() }, name)).toBeUndefined();
  });
});
