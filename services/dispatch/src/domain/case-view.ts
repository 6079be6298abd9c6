import { type Acting, available, type Case, type Holder, leadOf, openTasks, unitOfCase, type Value, type View } from '@gongdan/engine';
import { type Instant } from '@gongdan/kernel';
import { type Pack } from '@gongdan/packs';
import { fieldsBySight } from './field-sight.js';
import { timesSaid } from './tallies.js';

/** An open task as the API returns it. */
export interface TaskView {
  no: number;
  step: string;
  lead: boolean;
  group?: { key: string; no: number };
  holder: Holder;
  openedAt: Instant;
  sleepsUntil: Instant | null;
  fields: Record<string, Value>;
  /** Version for If-Match. */
  version: number;
  /** Actions that the caller may do on it now. */
  actions: string[];
}

/** A case as the API returns it. */
export interface CaseView {
  ticketId: string;
  number: string;
  title: string;
  pack: { key: string; version: number };
  type: string;
  category: string;
  priority: string;
  class: Case['class'];
  phase: Case['phase'];
  step: string;
  state: Case['state'];
  unit: string | null;
  role: string | null;
  holder: string | null;
  waitsFor: Holder['waitsFor'] | null;
  version: number;
  run: number;
  hop: number;
  returns: number;
  reopens: number;
  fields: Record<string, Value>;
  watchers: string[];
  /** What the process asked other services for: what is pending, and the last that were answered. */
  requests: Case['requests'][number][];
  tasks: TaskView[];
  registeredAt: Instant;
  since: Instant;
  closedAt: Instant | null;
  /** What the caller may do now. */
  actions: string[];
}

/** The ETag of a case: the version of its lead, of a closed one the version of the case. */
export function etagVersion(c: Case): number {
  return leadOf(c)?.version ?? c.version;
}

/** What is known to whoever shows a case: also what a sealed field holds. */
export interface Opening extends View {
  open(sealed: string): string;
}

export function viewOf(pack: Pack, view: Opening, c: Case, caller: Acting, now: Instant): CaseView {
  const offers = available(pack, view, c, caller, now);
  const lead = leadOf(c);
  const { hidden, personal } = fieldsBySight(pack, caller);
  const opened = (key: string, value: Value): Value =>
    personal.has(key) && typeof value === 'string' ? (JSON.parse(view.open(value)) as Value) : value;
  const shown = (fields: Readonly<Record<string, Value>>): Record<string, Value> =>
    Object.fromEntries(Object.entries(fields).flatMap(([key, value]) => (hidden.has(key) ? [] : [[key, opened(key, value)]])));
  return {
    ticketId: c.ticketId,
    number: c.number,
    title: c.title,
    pack: c.pack,
    type: c.class.type,
    category: c.class.category,
    priority: c.class.priority,
    class: c.class,
    phase: c.phase,
    step: c.step,
    state: c.state,
    unit: unitOfCase(c) ?? null,
    role: lead?.holder.role ?? null,
    holder: lead?.holder.person ?? null,
    waitsFor: lead?.holder.waitsFor ?? null,
    version: c.version,
    run: c.run,
    hop: c.lastHop,
    returns: timesSaid(pack, c, 'returned'),
    reopens: Math.max(c.run - 1, timesSaid(pack, c, 'reopened')),
    fields: shown(c.fields),
    watchers: [...c.watchers],
    requests: [...c.requests],
    tasks: openTasks(c).map((task) => ({
      no: task.no,
      step: task.step,
      lead: task.lead,
      ...(task.group === undefined ? {} : { group: task.group }),
      holder: task.holder,
      openedAt: task.openedAt,
      sleepsUntil: task.sleepsUntil ?? null,
      fields: shown(task.fields),
      version: task.version,
      actions: offers.filter((o) => (task.lead ? o.task === undefined : o.task === task.no)).map((o) => o.action),
    })),
    registeredAt: c.registeredAt,
    since: c.since,
    closedAt: c.closedAt ?? null,
    actions: [...new Set(offers.map((o) => o.action))],
  };
}
