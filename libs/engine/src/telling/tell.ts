import { type EventDraft } from '@gongdan/contracts';
import { type Instant, iso } from '@gongdan/kernel';
import { type Says } from '@gongdan/packs/format2';
import { isCancelled } from '../effects/leads.js';
import { momentOf } from '../facts/durations.js';
import { type Case, countedOf, type Holder, leadOf, type Task, taskOf } from '../model/case.js';
import { isSealedInput } from '../model/sealing.js';
import { copyOfMarks, type Draft } from '../model/shapes.js';
import { isWord } from '../model/words.js';
import { type Claim, type DecisionRecord, type Told } from '../model/decision.js';
import { type Work } from '../model/work.js';
import { eventNamed } from './events.js';
import { caseNow, positionAt } from './position.js';

/** A decision: the case, what is told about it, why holders were chosen, and who must still have room for a task. */
export interface Decided {
  /** The side task that was acted on; undefined: the lead, or the case as a whole. */
  acting?: number | undefined;
  state: Case;
  events: EventDraft[];
  records: DecisionRecord[];
  claims: Claim[];
}

/** What an action or a reaction says. A decision of the platform itself, and a verb that has an event of its own name, says nothing and has no `Saying`. */
export interface Saying {
  says?: Says | undefined;
}

/** Events of the platform that need none beside them. */
const TELL_THEMSELVES: ReadonlySet<string> = new Set([
  'ticket-noted',
  'submission-refused',
  'reaction-refused',
  'ticket-repacked',
  'task-woke',
  'request-answered',
]);

/**
 * Turns a decision into events. The own event of the action or reaction comes first, whatever else follows from it; then what follows. All carry the position
 * after the decision. `act` is undefined for a decision that is none of an action or a reaction.
 */
export function finish(w: Work, act: Saying | undefined): Decided {
  const says = act?.says;
  const lead = w.lead();
  // Groups belong to the lead that stands now (law 11).
  for (const no of w.opened) {
    const group = lead === undefined ? undefined : w.changeGroup(no);
    if (group !== undefined && lead !== undefined) group.lead = lead.no;
  }
  mark(w, says);
  const told: Told[] = [];
  const own = says === undefined ? undefined : ownEvent(w, says);
  if (own !== undefined) told.push(own);
  else if (act !== undefined && w.pack.ownEvents) told.push(advanced(w, undefined));
  derivedEvents(w, says, told);
  // No decision is silent (law 6). Requeued work tells what became of its task.
  if (told.length === 0 && w.cause.kind !== 'bulk' && !TELL_THEMSELVES.has(w.told[0]?.name ?? '')) told.push(advanced(w, says));
  for (const more of w.told) told.push(more);
  const { c } = w;
  c.version = w.before.version + told.length;
  c.since = w.at;
  for (const no of w.touched) {
    // What is touched is a copy that belongs to this decision.
    const task: Draft<Task> | undefined = taskOf(c, no);
    if (task !== undefined && isChanged(w.before, task)) task.version = c.version;
  }
  c.tasks = kept(c.tasks);
  c.groups = lastOfEach(c.groups);
  return { acting: w.acting, state: c, events: draftsOf(w, told), records: w.records, claims: w.claims };
}

/** Open groups, and the last of each key. */
function lastOfEach(groups: Case['groups']): Case['groups'] {
  if (groups.length < 2 || groups.every((g) => g.state === 'open')) return groups;
  return groups.filter((g) => g.state === 'open' || g === groups.findLast((o) => o.key === g.key));
}

// The same holder again, or one who was replaced and came back, is no change: it must not cost anybody a 409 (law 5).
function isChanged(before: Case, task: Task): boolean {
  const was = taskOf(before, task.no);
  if (was === undefined) return true;
  const [a, b] = [was.holder, task.holder];
  return (
    was.sleepsUntil !== task.sleepsUntil || was.sleeps !== task.sleeps || was.endedAt !== task.endedAt || was.outcome !== task.outcome ||
    a.unit !== b.unit || a.role !== b.role || a.person !== b.person || was.except?.join() !== task.except?.join() || !sameWaiting(a.waitsFor, b.waitsFor) || !sameFields(was.fields, task.fields)
  ); // prettier-ignore
}

function sameWaiting(a: Holder['waitsFor'], b: Holder['waitsFor']): boolean {
  return a === b || (typeof a === 'object' && typeof b === 'object' && a.group === b.group);
}

function sameFields(a: Task['fields'], b: Task['fields']): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

function mark(w: Work, says: Says | undefined): void {
  const { c, at } = w;
  const reached =
    (says === 'accepted' || says === 'replied') && c.marks[says] === undefined ? says : says === 'resolved' ? 'resolved' : undefined;
  const arrived = c.state === 'dispatched' && c.marks.dispatched === undefined;
  if (!arrived && reached === undefined) return;
  const marks = copyOfMarks(c.marks);
  if (arrived) marks.dispatched = at;
  if (reached !== undefined) marks[reached] = at;
  c.marks = marks;
}

function derivedEvents(w: Work, says: Says | undefined, events: Told[]): void {
  const tell = (name: string, data: Record<string, unknown>): void => void events.push({ name, data });
  const was = leadOf(w.before)?.holder.waitsFor;
  const is = w.lead()?.holder.waitsFor;
  const input = (name: string): string | undefined => given(w, name);
  if (w.corrected !== undefined && says !== 'corrected') tell('ticket-corrected', w.corrected);
  if (w.reopened && says !== 'reopened') tell('ticket-reopened', { reason: input('reason') ?? '', count: w.c.run - 1 });
  if (w.transfer !== undefined)
    tell('ticket-transferred', { fromUnit: w.transfer.fromUnit ?? '-', fromPerson: w.transfer.fromPerson, reason: input('reason') ?? '' });
  const arrived = w.arrival?.record;
  if (arrived !== undefined && w.transfer === undefined && w.c.phase === 'open')
    tell('ticket-dispatched', {
      decision: arrived.id,
      rule: arrived.rule ?? 'unit',
      why: arrived.why === 'assigned' ? 'routed' : arrived.why,
      fromUnit: w.arrival?.fromUnit === w.c.hops.at(-1)?.unit ? undefined : w.arrival?.fromUnit,
      hop: Math.max(1, w.c.lastHop),
    });
  if (w.unroutable !== undefined) tell('ticket-unroutable', { decision: w.unroutable.id });
  const waited = party(was);
  const waits = party(is);
  if (waits !== undefined && waits !== waited)
    tell('ticket-suspended', {
      reasonClass: waits,
      reason: input('reason') ?? '',
      until: momentOf(w.pack, w.at, w.input['until']) ?? w.lead()?.sleepsUntil,
    });
  else if (waited !== undefined && waits === undefined && w.c.phase === 'open') tell('ticket-resumed', {});
  if (w.classified !== undefined) tell('ticket-classified', { from: w.classified.from, to: w.classified.to, reason: input('reason') });
  if (w.watched) tell('ticket-watched', { watchers: w.c.watchers });
  if (w.c.phase === 'closed' && (w.before.phase === 'open' || w.before.step !== w.c.step)) {
    if (isCancelled(w.c.state)) tell('ticket-cancelled', { reason: input('reason') ?? '' });
    else tell('ticket-closed', { outcome: word(input('outcome')) ?? wordOf(w, w.c, 'outcome'), reason: input('reason') });
  }
}

/** The event of what the action says. */
function ownEvent(w: Work, says: Says): Told {
  const text = (name: string): string | undefined => given(w, name);
  const of = (name: string, data: Record<string, unknown>): Told => ({ name, data });
  const times = countedOf(w.c, w.cause.key)?.total ?? 1;
  switch (says) {
    case 'accepted':
      return of('ticket-accepted', {});
    case 'returned':
      return of('ticket-returned', {
        fromUnit: leadOf(w.before)?.holder.unit ?? '-',
        reason: text('reason') ?? '',
        evidence: evidence(w),
        count: times,
      });
    case 'replied':
      return of('ticket-replied', { text: text('text') ?? text('solution') ?? '' });
    case 'resolved':
      return of('ticket-resolved', { solution: text('solution') ?? '', outcome: word(text('outcome')) });
    case 'urged':
      return of('ticket-urged', { text: text('text') ?? text('reason'), count: times });
    case 'reopened':
      return of('ticket-reopened', { reason: text('reason') ?? '', count: times });
    case 'corrected':
      return of('ticket-corrected', w.corrected ?? {});
    case 'judged': {
      const judged = (c: Case): { unit: string | undefined; class: string | undefined } => ({
        unit: wordOf(w, c, 'faultUnit'),
        class: wordOf(w, c, 'faultClass'),
      });
      const before = judged(w.before);
      const { unit, class: fault } = judged(w.c);
      return of('ticket-judged', {
        unit,
        class: fault,
        before: before.unit === undefined && before.class === undefined ? undefined : before,
      });
    }
    default:
      return advanced(w, says);
  }
}

/** A text that was filled in. A personal one is told sealed among the changed fields, and nowhere else. */
function given(w: Work, name: string): string | undefined {
  const value = w.input[name];
  return typeof value === 'string' && !isSealedInput(w, name) ? value : undefined;
}

function wordOf(w: Work, c: Case, field: string): string | undefined {
  return w.pack.personal.has(field) ? undefined : word(c.fields[field]);
}

// A pack may set these fields from any other; what is no word is told with the changed fields alone.
function word(value: unknown): string | undefined {
  return isWord(value) ? value : undefined;
}

// Evidence may be a text or a receipt; the event of version 1 holds text.
function evidence(w: Work): string | undefined {
  const value = w.input['evidence'];
  if (typeof value === 'object' && value !== null) return (value as { name?: string }).name;
  return given(w, 'evidence');
}

function advanced(w: Work, says: Says | undefined): Told {
  const task = w.acting ?? leadOf(w.before)?.no;
  const { kind, key } = w.cause;
  return {
    name: 'ticket-advanced',
    data: kind === 'action' || kind === 'cascade' ? { action: key, task, says } : { reaction: key, task, says },
  };
}

function party(waits: Holder['waitsFor']): string | undefined {
  return typeof waits === 'string' ? waits : undefined;
}

/** Open tasks, the lead before the present one, and the last ended task of each step. */
function kept(tasks: readonly Task[]): readonly Task[] {
  if (tasks.length < 8) return tasks;
  const before = leadOf({ tasks })?.after;
  return tasks.filter((t, i) => t.endedAt === undefined || t.no === before || isLastEnded(tasks, i, t.step));
}

function isLastEnded(tasks: readonly Task[], at: number, step: string): boolean {
  for (let i = at + 1; i < tasks.length; i++) if (tasks[i]?.step === step && tasks[i]?.endedAt !== undefined) return false;
  return true;
}

function draftsOf(w: Work, told: readonly Told[]): EventDraft[] {
  const { org, ticketId } = w.c;
  const position = caseNow(w.c, w.lead());
  const first = w.before.version + 1;
  const changes = changesOf(w);
  return told.map(({ name, data }, i) => {
    const version = first + i;
    // What is absent stays as undefined, which JSON leaves out: to delete it makes the object a slow one.
    data['case'] = version === position.version ? position : positionAt(position, version);
    data['at'] = w.at;
    data['cause'] = w.cause;
    // What changed is told once, by the first event.
    if (i === 0 && changes !== undefined) data['changes'] = changes;
    if (i === 0 && w.ledger !== undefined && w.ledger.length > 0) data['ledger'] = w.ledger;
    return eventNamed(name).unchecked({ org, ticketId, occurredAt: w.at, data }) as EventDraft;
  });
}

function changesOf(w: Work): Record<string, unknown> | undefined {
  const { changed: fields, classified, sealed } = w;
  if (fields === undefined && classified === undefined && sealed === undefined) return undefined;
  return { fields, class: classified?.to, sealed };
}

/** `now`, but never before the last event of the ticket: clocks and the ledger sum the time between events. */
export function instantAfter(c: Pick<Case, 'since'>, now: Instant): Instant {
  return now > c.since ? now : iso(Date.parse(c.since));
}
