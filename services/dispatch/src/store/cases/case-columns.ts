import { type Case, leadOf, openTasks, type Task, unitOfCase } from '@gongdan/engine';
import { type Pack } from '@gongdan/packs';
import { TableColumns } from '@gongdan/platform';
import { timesSaid } from '../../domain/tallies.js';
import { stored, type StoredCounts } from './stored-counts.js';

/** A row of cases: what lists and gauges select and sort by, and the whole case in `body`. */
export interface CaseValues {
  org: string;
  ticketId: string;
  number: string;
  title: string;
  packKey: string;
  packVersion: number;
  phase: string;
  step: string;
  state: string;
  held: 'queue' | 'person' | 'nobody';
  unit: string | undefined;
  holder: string | undefined;
  version: number;
  run: number;
  hop: number;
  returns: number;
  reopens: number;
  done: Record<string, number>;
  excluded: string[];
  ticket: Record<string, unknown>;
  decided: number;
  /** Position of the priority in the catalogue; 0 is the most urgent. */
  priorityRank: number;
  registeredAt: string;
  since: string;
  closedAt: string | undefined;
  body: Omit<Case, 'org' | 'ticketId' | 'done'> & { done: StoredCounts };
}
export type CaseRow = { [K in keyof CaseValues]-?: CaseValues[K] | (undefined extends CaseValues[K] ? null : never) };

export const CASE = new TableColumns<keyof CaseValues>({
  org: 'text',
  ticketId: 'uuid',
  number: 'text',
  title: 'text',
  packKey: 'text',
  packVersion: 'int',
  phase: 'text',
  step: 'text',
  state: 'text',
  held: 'text',
  unit: 'text',
  holder: 'text',
  version: 'int',
  run: 'int',
  hop: 'int',
  returns: 'int',
  reopens: 'int',
  done: 'jsonb',
  excluded: 'text[]',
  ticket: 'jsonb',
  decided: 'int',
  priorityRank: 'smallint',
  registeredAt: 'timestamptz',
  since: 'timestamptz',
  closedAt: 'timestamptz',
  body: 'jsonb',
});

/** A row of open_tasks. */
export interface TaskValues {
  org: string;
  ticketId: string;
  no: number;
  lead: boolean;
  step: string;
  unit: string | undefined;
  role: string | undefined;
  person: string | undefined;
  waits: string | undefined;
  openedAt: string;
  sleepsUntil: string | undefined;
  sleeps: number;
  version: number;
  priorityRank: number;
  registeredAt: string;
}

export const TASK = new TableColumns<keyof TaskValues>({
  org: 'text',
  ticketId: 'uuid',
  no: 'int',
  lead: 'boolean',
  step: 'text',
  unit: 'text',
  role: 'text',
  person: 'text',
  waits: 'text',
  openedAt: 'timestamptz',
  sleepsUntil: 'timestamptz',
  sleeps: 'int',
  version: 'int',
  priorityRank: 'smallint',
  registeredAt: 'timestamptz',
});

export function valuesOf(pack: Pack, c: Case, decided: number): CaseValues {
  const { org, ticketId, heard, ...rest } = c;
  // Linked tickets are read anew for each decision.
  const body = { ...rest, done: stored(c.done), heard: { clocks: heard.clocks } };
  const lead = leadOf(c);
  const { person, unit } = lead?.holder ?? {};
  return {
    org,
    ticketId,
    number: c.number,
    title: c.title,
    packKey: c.pack.key,
    packVersion: c.pack.version,
    phase: c.phase,
    step: c.step,
    state: c.state,
    held: person !== undefined ? 'person' : unit !== undefined ? 'queue' : 'nobody',
    unit: unitOfCase(c),
    holder: person,
    version: c.version,
    run: c.run,
    hop: c.lastHop,
    returns: timesSaid(pack, c, 'returned'),
    reopens: Math.max(c.run - 1, timesSaid(pack, c, 'reopened')),
    done: Object.fromEntries(c.done.map((d) => [d.key, d.total])),
    excluded: [],
    ticket: { ...c.ticket, ...c.class },
    decided,
    priorityRank: rankOf(pack, c),
    registeredAt: c.registeredAt,
    since: c.since,
    closedAt: c.closedAt,
    body,
  };
}

function rankOf(pack: Pack, c: Case): number {
  const rank = pack.catalogue.priorities.indexOf(c.class.priority);
  // A priority that the catalogue no longer has sorts last.
  return rank < 0 ? pack.catalogue.priorities.length : rank;
}

/** The open tasks of the case as rows. */
export function taskValues(pack: Pack, c: Case): TaskValues[] {
  const priorityRank = rankOf(pack, c);
  return openTasks(c).map((task) => ({ ...rowOf(task), org: c.org, ticketId: c.ticketId, priorityRank, registeredAt: c.registeredAt }));
}

function rowOf(task: Task): Omit<TaskValues, 'org' | 'ticketId' | 'priorityRank' | 'registeredAt'> {
  const { no, lead, step, openedAt, sleepsUntil, sleeps, version } = task;
  const { unit, role, person, waitsFor } = task.holder;
  const waits = typeof waitsFor === 'object' ? `group:${waitsFor.group}` : waitsFor;
  return { no, lead, step, unit, role, person, waits, openedAt, sleepsUntil, sleeps, version };
}
