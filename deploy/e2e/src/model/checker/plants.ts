import { type Heard, type PackDocument, type Told } from './documents.js';
import { type Asked } from './asked.js';
import { decisionsOf } from './judge-case.js';
import { type Entry } from './people.js';

/** What the checker judges about one case; a plant changes a copy of it. */
export interface Subject {
  ticketId: string;
  told: Told[];
  asked: Asked[];
  entries: Entry[];
  heard: Heard[];
  packs: Map<string, PackDocument>;
}

/** A bug as it would look from outside. It returns false where the case has no place for it. */
export type Plant = (s: Subject, random: () => number) => boolean;

const CASE_ACTIONS: ReadonlySet<string> = new Set(['note', 'watch', 'urge', 'share', 'repack']);

export function pick<T>(list: readonly T[], random: () => number): T | undefined {
  return list[Math.floor(random() * list.length)];
}

/** Gives the events the numbers 1..n again, and task versions the numbers of the events that they meant, so that only the missing or moved one is wrong. */
export function renumber(s: Subject, told: Told[]): void {
  const now = new Map(told.map((t, i) => [t.seq, i + 1]));
  const versionOf = (old: number): number => now.get(old) ?? Math.max(1, ...[...now].filter(([was]) => was < old).map(([, is]) => is));
  s.told = told.map((t, i) => {
    const { case: position } = t.data;
    const { lead } = position;
    return {
      ...t,
      seq: i + 1,
      data: {
        ...t.data,
        case: {
          ...position,
          version: i + 1,
          ...(lead === undefined ? {} : { lead: { ...lead, version: versionOf(lead.version) } }),
          side: position.side.map((t2) => ({ ...t2, version: versionOf(t2.version) })),
        },
      },
    };
  });
  for (const a of s.asked) if (a.version !== undefined) a.version = versionOf(a.version);
}

/** Changes every event of one decision. */
export function inDecision(s: Subject, random: () => number, which: (told: Told[]) => boolean, change: (t: Told) => void): boolean {
  const decision = pick(decisionsOf(s.told).decisions.filter((d) => which(d.told)), random); // prettier-ignore
  if (decision === undefined) return false;
  for (const t of decision.told) change(t);
  return true;
}

const byPerson = (told: Told[]): boolean => told[0]?.data.cause?.kind === 'action';
const moving = (told: Told[]): boolean => byPerson(told) && !CASE_ACTIONS.has(told[0]?.data.cause?.key ?? '');
const leadOf = (told: readonly Told[] | undefined): number | undefined => told?.[0]?.data.case.lead?.no;
const open = (told: Told[]): boolean => told[0]?.data.case.phase === 'open';
export const answered = (s: Subject): Asked[] =>
  s.asked.filter((a) => a.status === 200 && a.replayed !== true && s.told.some((t) => t.correlation === a.correlation));

export const PLANTS: Readonly<Record<string, Plant>> = {
  'an event is lost'(s, random) {
    if (s.told.length < 3) return false;
    s.told.splice(Math.floor(random() * (s.told.length - 1)), 1);
    return true;
  },
  'two events change places'(s, random) {
    const i = Math.floor(random() * (s.told.length - 1));
    const [a, b] = [s.told[i], s.told[i + 1]];
    if (a === undefined || b === undefined) return false;
    [s.told[i], s.told[i + 1]] = [b, a];
    return true;
  },
  'an event stands there twice'(s, random) {
    const i = Math.floor(random() * s.told.length);
    const event = s.told[i];
    if (event === undefined) return false;
    renumberAfter(s, i, event);
    return true;
  },
  'an action has no event of its own'(s, random) {
    const { decisions } = decisionsOf(s.told);
    const d = pick(decisions.filter(({ told }) => told.length > 1 && told[0]?.name === 'dispatch.ticket-advanced'), random); // prettier-ignore
    if (d === undefined) return false;
    const [own, next] = d.told;
    if (next !== undefined && own?.data.changes !== undefined) next.data.changes = own.data.changes;
    renumber(s, s.told.filter((t) => t !== own)); // prettier-ignore
    return true;
  },
  // Only from the history: the request is one whose answer was lost.
  'a move of the lead never happened'(s, random) {
    const { decisions } = decisionsOf(s.told);
    const gone = pick(decisions.slice(0, -1).filter((d, i) => i > 0 && leadOf(d.told) !== leadOf(decisions[i - 1]?.told)), random); // prettier-ignore
    if (gone === undefined) return false;
    renumber(s, s.told.filter((t) => !gone.told.includes(t))); // prettier-ignore
    s.asked = s.asked.filter((a) => a.correlation !== gone.correlation);
    return true;
  },
  'an answered action was lost on the way'(s, random) {
    const gone = pick(answered(s).filter((a) => a.action !== 'watch'), random); // prettier-ignore
    if (gone === undefined) return false;
    renumber(s, s.told.filter((t) => t.correlation !== gone.correlation)); // prettier-ignore
    return true;
  },
  'two decisions change places'(s, random) {
    const { decisions } = decisionsOf(s.told);
    const moves = decisions.flatMap((d, i) => (i > 1 && leadOf(d.told) !== leadOf(decisions[i - 1]?.told) ? [i - 1] : []));
    const i = pick(moves, random);
    const [a, b] = i === undefined ? [] : [decisions[i], decisions[i + 1]];
    if (a === undefined || b === undefined) return false;
    const at = a.told[0]?.data.at ?? '';
    renumber(s, decisions.flatMap((d, n) => (n === i ? b.told.map((t) => ({ ...t, data: { ...t.data, at } })) : n === (i ?? 0) + 1 ? a.told : d.told))); // prettier-ignore
    return true;
  },
  'a stranger acts': (s, random) => inDecision(s, random, moving, (t) => void (t.by = 'nobody-knows-him')),
  'somebody acts who has left'(s, random) {
    const { decisions } = decisionsOf(s.told);
    const d = pick(decisions.filter((one) => moving(one.told)), random); // prettier-ignore
    const left = d === undefined ? 0 : Date.parse(d.told[0]?.data.at ?? '') - 60_000;
    if (d === undefined || !s.entries.some((e) => e.kind === 'person' && e.id === d.by)) return false;
    s.entries = s.entries.filter((e) => !(e.kind === 'person' && e.id === d.by));
    s.entries.push({ kind: 'person', id: d.by, at: left - 1, value: { activeUntil: new Date(left).toISOString() } });
    return true;
  },
  'the lead goes to another unit': (s, random) =>
    inDecision(s, random, (told) => moving(told) && open(told), (t) => {
      if (t.data.case.lead !== undefined) t.data.case.lead.holder = { ...t.data.case.lead.holder, unit: 'elsewhere' };
    }), // prettier-ignore
  'another person holds the lead': (s, random) =>
    inDecision(s, random, (told) => open(told) && told[0]?.data.case.lead?.holder.person !== undefined, (t) => {
      if (t.data.case.lead !== undefined) t.data.case.lead.holder = { ...t.data.case.lead.holder, person: 'somebody-else' };
    }), // prettier-ignore
  'the time of nobody burns': (s, random) => inDecision(s, random, open, (t) => void delete t.data.case.burns),
  'the time of another unit burns': (s, random) => inDecision(s, random, open, (t) => void (t.data.case.burns = { unit: 'elsewhere' })),
  'an open case has no lead': (s, random) => inDecision(s, random, open, (t) => void delete t.data.case.lead),
  'a closed case has a lead': (s, random) =>
    inDecision(s, random, (told) => !open(told), (t) => void (t.data.case.lead = { no: 1, version: t.seq, holder: { unit: 'elsewhere' } })), // prettier-ignore
  'the case jumps to another step': (s, random) => inDecision(s, random, open, (t) => void (t.data.case.step = 'elsewhere')),
  'a hop is forgotten': (s, random) =>
    inDecision(s, random, (told) => open(told) && (told[0]?.data.case.hop.depth ?? 0) > 1, (t) => void (t.data.case.hop = { ...t.data.case.hop, depth: 1 })), // prettier-ignore
  'a side task vanishes': (s, random) =>
    inDecision(
      s,
      random,
      (told) => (told[0]?.data.case.side.length ?? 0) > 0,
      (t) => void (t.data.case.side = []),
    ),
  'an urge or a note costs a task its version': (s, random) =>
    inDecision(s, random, (told) => open(told) && CASE_ACTIONS.has(told[0]?.data.cause?.key ?? ''), (t) => {
      if (t.data.case.lead !== undefined) t.data.case.lead.version = t.data.case.version;
    }), // prettier-ignore
  'an action keeps the version of its task': (s, random) =>
    inDecision(s, random, (told) => open(told) && told.length < (told.at(-1)?.seq ?? 0) && told[0]?.data.case.lead?.version === told.at(-1)?.seq, (t) => {
      if (t.data.case.lead !== undefined) t.data.case.lead.version = Math.max(1, t.data.case.lead.version - 1);
    }), // prettier-ignore
  'the case runs on another version of its pack': (s, random) =>
    inDecision(s, random, open, (t) => void (t.data.case.pack = { ...t.data.case.pack, version: 99 })),
  'a field changes that no form names': (s, random) =>
    inDecision(s, random, moving, (t) => void (t.data.changes = { ...t.data.changes, fields: { ...t.data.changes?.fields, smuggled: 1 } })), // prettier-ignore
  'an action of another step is done': (s, random) =>
    inDecision(s, random, moving, (t) => void (t.data.cause = { kind: 'action', key: 'no-such-action', depth: 0 })),
  'a refused action is in the stream'(s, random) {
    const a = pick(answered(s), random);
    if (a === undefined) return false;
    Object.assign(a, { status: 409, code: 'dispatch/illegal-move' });
    delete a.version;
    return true;
  },
  'an answered action is not in the stream'(s, random) {
    const a = pick(answered(s).filter((one) => one.action !== 'watch'), random); // prettier-ignore
    if (a === undefined) return false;
    s.asked.push({ ...a, correlation: 'another-request' });
    return true;
  },
  'an action of the stream was asked by nobody'(s, random) {
    const a = pick(answered(s), random);
    if (a === undefined) return false;
    s.asked = s.asked.filter((one) => one !== a);
    return true;
  },
  'a key is applied twice'(s, random) {
    const actor = pick(answered(s), random)?.actor;
    const [a, b] = answered(s).filter((one) => one.actor === actor);
    if (a === undefined || b === undefined) return false;
    a.key = b.key = 'one-key';
    return true;
  },
  'an action is applied to another version than If-Match names'(s, random) {
    const { decisions } = decisionsOf(s.told);
    // An action on the case names no version of a task.
    const ofTask = (a: Asked): boolean => [...s.packs.values()].every((p) => p.process.actions[a.action]?.on !== 'case');
    const acts = answered(s).filter((a) => ofTask(a) && decisions.some((d) => d.correlation === a.correlation && moving(d.told)));
    const a = pick(acts, random);
    if (a === undefined) return false;
    a.seen = 999;
    return true;
  },
  'an answer tells another version than the stream'(s, random) {
    const a = pick(answered(s), random);
    if (a === undefined) return false;
    a.version = 999;
    return true;
  },
  'a repetition is answered for another content'(s, random) {
    const a = pick(s.asked.filter((one) => one.replayed === true && one.action !== 'watch'), random); // prettier-ignore
    if (a === undefined) return false;
    a.body = 'another';
    return true;
  },
};

function renumberAfter(s: Subject, i: number, event: Told): void {
  const copy = structuredClone(event);
  s.told.splice(i + 1, 0, copy);
  for (const [n, t] of s.told.entries())
    if (n > i) {
      t.seq = n + 1;
      t.data.case.version = n + 1;
    }
}
