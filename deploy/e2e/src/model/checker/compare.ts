import { type Decision, holderText, same, sameHolder } from './documents.js';
import { type Replay } from './effects.js';
import { type Run, type TaskState } from './run.js';

const OWN: Readonly<Record<string, string>> = {
  accepted: 'ticket-accepted',
  returned: 'ticket-returned',
  replied: 'ticket-replied',
  resolved: 'ticket-resolved',
  urged: 'ticket-urged',
  reopened: 'ticket-reopened',
  corrected: 'ticket-corrected',
  judged: 'ticket-judged',
};

/** Compares what the stream says after a decision with the run that the checker has followed (laws 1, 3, 5, 6). */
export function compare(
  run: Run,
  d: Decision,
  r: Replay,
  before: ReadonlyMap<number, TaskState>,
  kind: string,
  says: string | undefined,
): string[] {
  const problems: string[] = [];
  const after = d.told.at(-1)?.data.case;
  if (after === undefined) return ['it told nothing'];
  const equals = (what: string, told: unknown, is: unknown): void => {
    if (!same(told, is)) problems.push(`${what} is told as ${JSON.stringify(told)}, by the pack it is ${JSON.stringify(is)}`);
  };
  equals('step', after.step, run.step);
  equals('state', after.state, run.state);
  equals('phase', after.phase, run.phase);
  equals('run', after.run, run.run);
  equals('hop', after.hop, { no: run.lastHop, depth: run.phase === 'open' ? run.hops.length : 0 });
  if ((after.phase === 'open') !== (after.lead !== undefined))
    problems.push(`an ${after.phase} case has ${after.lead === undefined ? 'no lead' : 'a lead'}`);
  const lead = run.lead();
  equals('lead', after.lead?.no, lead?.no);
  if (lead !== undefined && after.lead !== undefined && !sameHolder(lead.holder, after.lead.holder))
    problems.push(`the lead is held by ${holderText(after.lead.holder)}, by the pack ${holderText(lead.holder)}`);
  const side = run.openTasks().filter((t) => !t.lead);
  equals('open side tasks', after.side.map((t) => [t.no, t.step, t.group, holderText(t.holder)]), side.map((t) => [t.no, t.step, t.group, holderText(t.holder)])); // prettier-ignore
  equals('who burns', after.burns, burnsOf(run));
  for (const t of [...after.side, ...(after.lead === undefined ? [] : [after.lead])]) {
    const known = run.tasks.find((k) => k.no === t.no);
    const was = before.get(t.no);
    if (known === undefined) continue;
    const raised = was === undefined || r.touched.has(t.no) ? d.version : was.version;
    if (t.version !== raised) problems.push(`task ${t.no} has version ${t.version}, it should have ${raised}`);
    known.version = t.version;
  }
  equals('events', d.told.map(nameOf).sort(), expectedEvents(run, r, before, kind, says).sort());
  const own = acts(r) ? ownEvent(r, says) : undefined;
  const [first] = d.told;
  if (own !== undefined && first !== undefined) {
    equals('first event', nameOf(first), own);
    if (own === 'ticket-advanced') equals('action of its own event', first.data['action'] ?? first.data['reaction'], r.cause.key);
  }
  return problems;
}

function burnsOf(run: Run): unknown {
  const lead = run.lead();
  if (run.phase === 'closed' || lead === undefined) return undefined;
  const { waitsFor, unit } = lead.holder;
  if (typeof waitsFor === 'string') return { party: waitsFor };
  if (waitsFor !== undefined) {
    const member = run.openTasks().find((t) => t.group?.key === waitsFor.group)?.holder;
    if (typeof member?.waitsFor === 'string') return { party: member.waitsFor };
    if (member?.unit !== undefined) return { unit: member.unit };
  }
  const burning = unit ?? run.ticket.data.unit;
  return burning === undefined ? {} : { unit: burning };
}

// The events that say which task or group they are about are compared with it.
function nameOf(t: Decision['told'][number]): string {
  const name = t.name.replace('dispatch.', '');
  const { task, outcome, no, state, kind } = t.data;
  if (name === 'task-ended') return `${name} ${String(task)} ${String(outcome)}`;
  if (name.startsWith('task-') && name !== 'task-assigned') return `${name} ${String(task)}`;
  if (name === 'task-assigned') return `${name} ${String(task)}`;
  if (name === 'group-opened') return `${name} ${String(no)}`;
  if (name === 'group-ended') return `${name} ${String(no)} ${String(state)}`;
  return name === 'request-asked' ? `${name} ${String(kind)}` : name;
}

const acts = ({ cause }: Replay): boolean => ['action', 'reaction', 'cascade'].includes(cause.kind);

const VERBS: Readonly<Record<string, string>> = {
  note: 'ticket-noted',
  watch: 'ticket-watched',
  share: 'ticket-watched',
  repack: 'ticket-repacked',
};

// Each action first tells an event of its own, whatever follows from it.
function ownEvent({ cause }: Replay, says: string | undefined): string {
  return OWN[says ?? ''] ?? VERBS[cause.key] ?? 'ticket-advanced';
}

function expectedEvents(run: Run, r: Replay, before: ReadonlyMap<number, TaskState>, kind: string, says: string | undefined): string[] {
  const derived: string[] = [];
  const wasOpen = [...before.values()].find((t) => t.lead && t.ended === undefined);
  const party = (waits: unknown): string | undefined => (typeof waits === 'string' ? waits : undefined);
  const [was, is] = [party(wasOpen?.holder.waitsFor), party(run.lead()?.holder.waitsFor)];
  if (r.reopened && says !== 'reopened') derived.push('ticket-reopened');
  if (r.transferred) derived.push('ticket-transferred');
  if (r.arrived && !r.transferred && run.phase === 'open') derived.push('ticket-dispatched');
  if (r.unroutable) derived.push('ticket-unroutable');
  if (is !== undefined && is !== was) derived.push('ticket-suspended');
  else if (was !== undefined && is === undefined && run.phase === 'open') derived.push('ticket-resumed');
  if (run.phase === 'closed' && wasOpen !== undefined)
    derived.push(['cancelled', 'rejected'].includes(run.state) ? 'ticket-cancelled' : 'ticket-closed');
  if (acts(r)) return [ownEvent(r, says), ...derived, ...r.told];
  // What the platform does by itself is told by what follows from it.
  const silent = derived.length === 0 && kind !== 'bulk' && r.told[0]?.startsWith('task-woke') !== true && r.told[0] !== 'request-answered';
  return [...(silent ? ['ticket-advanced'] : []), ...derived, ...r.told];
}
