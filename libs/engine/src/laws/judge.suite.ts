import { caseAfter, type CaseEvent, type CaseView, eventByName, type EventDraft } from '@gongdan/contracts';
import { type PackFormat2 } from '@gongdan/packs/format2';
import { compile } from '../model/compiled.js';
import { type Case, leadOf, openTasks, type Task } from '../model/case.js';
import { burns } from '../telling/position.js';
import { type Decided } from '../telling/tell.js';

/** The laws that a decision broke, each as a sentence; none when it kept them all (engine.md 3). */
export function brokenLaws(pack: PackFormat2, before: Case | undefined, decided: Pick<Decided, 'state' | 'events'>): string[] {
  const { state: c, events } = decided;
  const broken: string[] = [];
  const law = (no: number, holds: boolean, what: string): void => void (holds ? undefined : broken.push(`law ${no}: ${what}`));
  const { groups } = compile(pack);
  const outlives = (key: string): boolean => groups.get(key)?.outlives === true;

  const leads = openTasks(c).filter((t) => t.lead);
  law(1, leads.length === (c.phase === 'open' ? 1 : 0), `${leads.length} leads while ${c.phase}`);
  law(1, leads.every((t) => t.step === c.step), 'the step of the case is not that of its lead'); // prettier-ignore
  if (c.phase === 'closed')
    for (const t of openTasks(c)) law(1, outlives(t.group?.key ?? ''), `${t.step} is open in a closed case and was not to outlive it`);

  const party = burns(c);
  law(3, (party === undefined) === (c.phase === 'closed'), 'time burns only while the case is open');
  const waits = leadOf(c)?.holder.waitsFor;
  const member = typeof waits === 'object' ? openTasks(c).find((t) => t.group?.key === waits.group) : undefined;
  if (member?.holder.unit !== undefined && member.holder.waitsFor === undefined)
    law(3, party !== undefined && 'unit' in party && party.unit === member.holder.unit, 'the earliest open member does not burn');

  for (const t of c.tasks) {
    const was = before?.tasks.find((o) => o.no === t.no);
    // What is judged may be several decisions: a wake-up and the reactions to it.
    const raised = t.version > (before?.version ?? 0) && t.version <= c.version;
    if (was === undefined) law(5, raised, `task ${t.no} is new and has version ${t.version}`);
    else if (content(was) === content(t)) law(5, t.version === was.version, `task ${t.no} is as it was, its version rose`);
    else law(5, raised, `task ${t.no} changed without a new version`);
  }

  const last = before?.version ?? 0;
  law(6, c.version === last + events.length, `${events.length} events from version ${last} to ${c.version}`);
  for (const [i, e] of events.entries())
    law(6, dataOf(e).case.version === last + i + 1, `event ${i} has version ${dataOf(e).case.version}`);
  for (const what of ownEventsBroken(pack, events)) law(6, false, what);
  if (events.length === 0 && before !== undefined)
    law(6, JSON.stringify({ ...c, heard: 0 }) === JSON.stringify({ ...before, heard: 0 }), 'the case changed and nothing was told');

  for (const g of c.groups) {
    const members = openTasks(c).filter((t) => t.group?.no === g.no);
    if (g.state !== 'open') law(11, members.length + g.pending.length === 0, `${g.key} is ${g.state} and goes on`);
    else if (!outlives(g.key)) law(11, g.lead !== undefined && g.lead === leadOf(c)?.no, `${g.key} is open and its lead is gone`);
  }
  for (const t of openTasks(c).filter((o) => !o.lead))
    law(11, c.groups.some((g) => g.no === t.group?.no && g.state === 'open'), `task ${t.no} has no open group`); // prettier-ignore

  for (const g of before?.groups.filter((o) => o.state === 'open') ?? [])
    if (c.groups.some((o) => o.no === g.no && o.state === 'open'))
      for (const field of g.about ?? [])
        law(12, JSON.stringify(before?.fields[field]) === JSON.stringify(c.fields[field]), `${field} changed while ${g.key} is about it`);
  return broken;
}

const SAID_BY_NAME = new Set(['accepted', 'returned', 'replied', 'resolved', 'urged', 'reopened', 'corrected', 'judged']);
const OWN_OF_VERBS: Readonly<Record<string, string>> = { note: 'ticket-noted', watch: 'ticket-watched', share: 'ticket-watched', repack: 'ticket-repacked' }; // prettier-ignore

/** Each action and each reaction tells one event of its own, and tells it first (engine.md 5). A refused reaction is none. */
function ownEventsBroken({ process }: PackFormat2, events: readonly EventDraft[]): string[] {
  const decisions = new Map<string, EventDraft[]>();
  for (const e of events) {
    const { kind, key } = dataOf(e).cause ?? { kind: '', key: '' };
    if (kind === 'action' || kind === 'cascade' || kind === 'reaction') decisions.set(key, [...(decisions.get(key) ?? []), e]);
  }
  return [...decisions].flatMap(([key, told]) => {
    const [opening] = told;
    const names = told.map((e) => e.name.replace('dispatch.', ''));
    if (names[0] === 'reaction-refused') return [];
    const act = process.actions[key] ?? process.reactions?.[key];
    const own = SAID_BY_NAME.has(act?.says ?? '')
      ? `ticket-${act?.says}`
      : ((act === undefined ? OWN_OF_VERBS[key] : undefined) ?? 'ticket-advanced');
    const { action, reaction, says } = (opening?.data ?? {}) as Record<string, unknown>;
    const named = own !== 'ticket-advanced' || ((action ?? reaction) === key && says === act?.says);
    const once = names.filter((name) => name === own || name === 'ticket-advanced').length === 1;
    return names[0] === own && named && once ? [] : [`${key} tells ${names.join(', ')}: not one ${own} of its own, first`];
  });
}

function content({ holder, ...task }: Task): string {
  const entries = [...Object.entries({ ...task, version: 0 }), ...Object.entries(holder)];
  return JSON.stringify(entries.filter(([, v]) => v !== undefined).sort()); // prettier-ignore
}

function dataOf(e: EventDraft): CaseEvent['data'] {
  return e.data as CaseEvent['data'];
}

/** Follows the stream of one case: each event must fit its schema; what was folded must be what the engine kept. */
export class Follower {
  view: CaseView | undefined;
  private readonly sealed = new Set<string>();

  hear(events: readonly EventDraft[]): void {
    for (const event of events) {
      const { org, ticketId, occurredAt, data } = event;
      eventByName(event.name)?.of({ org, ticketId, occurredAt, data: data as never });
      for (const name of dataOf(event).changes?.sealed ?? []) this.sealed.add(name);
      this.view = caseAfter(this.view, event as unknown as CaseEvent);
    }
  }

  /** What differs from the case. */
  differences(c: Case): string[] {
    const { view } = this;
    if (view === undefined) return ['nothing was told'];
    const lead = leadOf(c);
    const pairs: [string, unknown, unknown][] = [
      ['step', view.step, c.step],
      ['state', view.state, c.state],
      ['phase', view.phase, c.phase],
      ['run', view.run, c.run],
      ['version', view.version, c.version],
      ['hop', view.hop, { no: c.lastHop, depth: c.phase === 'open' ? c.hops.length : 0 }],
      ['burns', view.burns, burns(c)],
      ['class', view.class, c.class],
      ['lead', view.lead, lead === undefined ? undefined : { no: lead.no, version: lead.version, holder: lead.holder }],
      ['side', view.side.map((s) => [s.no, s.version, s.step]), openTasks(c).filter((t) => !t.lead).map((s) => [s.no, s.version, s.step])], // prettier-ignore
    ];
    for (const [name, value] of Object.entries(c.fields))
      if (!this.sealed.has(name)) pairs.push([`fields.${name}`, view.fields[name], value]);
    return pairs.flatMap(([what, told, kept]) =>
      JSON.stringify(told) === JSON.stringify(kept) ? [] : [`${what}: told ${JSON.stringify(told)}, kept ${JSON.stringify(kept)}`],
    );
  }
}

/** The same object; whoever changes it throws. */
export function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const part of Object.values(value)) frozen(part);
  }
  return value;
}
