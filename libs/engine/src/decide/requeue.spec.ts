import { Directory, type DirectoryRows } from '@gongdan/directory';
import { describe, expect, it } from '@jest/globals';
import { act, later, opened, starter, viewOn } from '../cases.suite.js';
import { type Case, type Holder, leadOf } from '../model/case.js';
import { type Departure, requeue } from './requeue.js';

const GONE = '2026-03-02T01:30:00.000Z';
const names = { 'zh-CN': '单位', en: 'Unit' };

interface Given {
  people?: DirectoryRows['people'];
  memberships?: DirectoryRows['memberships'];
  billing?: { closedAt?: string; successor?: string };
}

function requeued(c: Case, due: { task: number } & Departure, given: Given) {
  const directory = Directory.of({
    units: [
      { key: 'billing', names, ...given.billing },
      { key: 'network', names },
    ],
    people: given.people ?? [{ id: 'wang', name: 'Wang' }],
    memberships: given.memberships ?? [{ person: 'wang', unit: 'billing', roles: ['handler'] }],
  });
  return requeue(starter, viewOn(directory), c, due, later, { decisions: 1 });
}

/** A case that wang has accepted, with a side task of its own holder beside the lead. */
function accepted(side?: Holder, lead?: Partial<Holder>): Case {
  const c = act(opened(), 'wang', 'accept').state;
  const at = leadOf(c);
  if (at === undefined) throw new Error('no lead');
  const tasks = c.tasks.map((t) => (t.no === at.no ? { ...t, holder: { ...t.holder, ...lead } } : t));
  if (side === undefined) return { ...c, tasks };
  const task = { no: 99, step: 'check', lead: false, holder: side, openedAt: later, sleeps: 0, fields: {}, version: c.version };
  return { ...c, tasks: [...tasks, task], lastTask: 99 };
}
const leadNo = (c: Case): number => leadOf(c)?.no ?? 0;
const left = { people: [{ id: 'wang', name: 'Wang', activeUntil: GONE }] };

describe('requeue', () => {
  it('gives the lead of a leaver to the pool of its unit, and a second delivery changes nothing', () => {
    const c = accepted();
    const due = { task: leadNo(c), cause: 'leaver', person: 'wang' } as const;
    const after = requeued(c, due, left);
    expect(after?.events.map((e) => e.name)).toEqual(['dispatch.ticket-transferred']);
    expect(after?.events[0]?.data).toMatchObject({
      cause: { kind: 'bulk', key: 'leaver', depth: 0 },
      fromUnit: 'billing',
      fromPerson: 'wang',
    });
    expect(leadOf(after?.state ?? c)?.holder).toEqual({ unit: 'billing' });
    expect(after?.state.version).toBe(c.version + 1);
    expect(after && requeued(after.state, due, left)).toBeUndefined();
  });

  it('keeps what the task waits for', () => {
    const c = accepted(undefined, { waitsFor: 'customer' });
    const after = requeued(c, { task: leadNo(c), cause: 'leaver', person: 'wang' }, left);
    expect(leadOf(after?.state ?? c)?.holder).toEqual({ unit: 'billing', waitsFor: 'customer' });
  });

  it('changes nothing when the person is a member of the unit, or of the whole organisation', () => {
    const c = accepted();
    const due = { task: leadNo(c), cause: 'leaver', person: 'wang' } as const;
    expect(requeued(c, due, {})).toBeUndefined();
    expect(requeued(c, due, { memberships: [{ person: 'wang', roles: ['supervisor'] }] })).toBeUndefined();
    expect(requeued(c, due, { memberships: [{ person: 'wang', unit: 'network', roles: ['handler'] }] })).toBeDefined();
  });

  it('moves a task of a closed unit to its successor; whoever works there too keeps it', () => {
    const c = accepted();
    const due = { task: leadNo(c), cause: 'unit-closed', unit: 'billing' } as const;
    const billing = { closedAt: GONE, successor: 'network' };
    expect(leadOf(requeued(c, due, { billing })?.state ?? c)?.holder).toEqual({ unit: 'network' });
    const memberships = [{ person: 'wang', unit: 'network', roles: ['handler'] }];
    expect(leadOf(requeued(c, due, { billing, memberships })?.state ?? c)?.holder).toEqual({ unit: 'network', person: 'wang' });
    expect(requeued(c, due, {})).toBeUndefined();
  });

  it('makes a lead without a successor unroutable, and leaves a side task to a supervisor', () => {
    const c = accepted({ unit: 'billing', person: 'wang' });
    const billing = { closedAt: GONE };
    const lead = requeued(c, { task: leadNo(c), cause: 'unit-closed', unit: 'billing' }, { billing });
    expect(lead?.events.map((e) => e.name)).toEqual(['dispatch.ticket-unroutable']);
    expect(leadOf(lead?.state ?? c)).toMatchObject({ wanted: c.step });
    const side = requeued(c, { task: 99, cause: 'unit-closed', unit: 'billing' }, { billing });
    expect(side?.events).toMatchObject([{ name: 'dispatch.task-assigned', data: { task: 99, holder: {}, from: { person: 'wang' } } }]);
    expect(side?.state.version).toBe(c.version + 1);
  });
});
