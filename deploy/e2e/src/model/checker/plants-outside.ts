import { type Decision, type Told } from './documents.js';
import { LOOK } from './asked.js';
import { decisionsOf } from './judge-case.js';
import { answered, inDecision, pick, type Plant, renumber, type Subject } from './plants.js';

const caused = (kind: string, key?: string) => (told: readonly Told[]): boolean =>
  told[0]?.data.cause?.kind === kind && (key === undefined || told[0].data.cause.key === key); // prettier-ignore
const reaction = caused('reaction');
const withdrawal = caused('system', 'withdrawn');
const answer = caused('system', 'answer');
const repack = caused('action', 'repack');

const decisionWhere = (s: Subject, which: (told: readonly Told[]) => boolean, random: () => number): Decision | undefined =>
  pick(decisionsOf(s.told).decisions.filter((d) => which(d.told)), random); // prettier-ignore

/** The event that a decision of that kind follows. */
function eventOf(s: Subject, which: (told: readonly Told[]) => boolean, random: () => number): Subject['heard'][number] | undefined {
  const d = decisionWhere(s, which, random);
  return s.heard.find((e) => e.id === d?.told[0]?.causation);
}

/** Writes a decision a second time, right behind the first. */
function twice(
  s: Subject,
  which: (told: readonly Told[]) => boolean,
  random: () => number,
  change: (t: Told) => void = () => undefined,
): boolean {
  const d = decisionWhere(s, which, random);
  if (d === undefined) return false;
  const copy = d.told.map((t) => structuredClone(t));
  for (const t of copy) change(t);
  const at = s.told.indexOf(d.told.at(-1) as Told) + 1;
  s.told.splice(at, 0, ...copy);
  for (const [i, t] of s.told.entries())
    if (i >= at) {
      t.seq = i + 1;
      t.data.case.version = i + 1;
    }
  return true;
}

function without(s: Subject, which: (told: readonly Told[]) => boolean, random: () => number): boolean {
  const d = decisionWhere(s, which, random);
  if (d === undefined) return false;
  renumber(s, s.told.filter((t) => !d.told.includes(t))); // prettier-ignore
  return true;
}

/** An instant at which the case surely stood at a version, with somebody who surely held its lead. */
export function quiet(
  s: Subject,
  random: () => number,
): { version: number; at: number; person: string | undefined; after: Decision } | undefined {
  const { decisions } = decisionsOf(s.told);
  const gaps = decisions.slice(0, -1).flatMap((d, i) => {
    const next = decisions[i + 1];
    const from = Math.max(...d.told.map((t) => Date.parse(t.data.at)));
    const to = Date.parse(next?.told[0]?.data.at ?? '');
    const person = d.told.at(-1)?.data.case.lead?.holder.person;
    return next !== undefined && to - from > 400 ? [{ version: d.version, at: from + 100, person, after: d }] : [];
  });
  return pick(gaps.filter((g) => g.person !== undefined && isSettled(s, g.person, g.at)), random); // prettier-ignore
}

/** Whether the directory surely says the same of him all the time around. */
function isSettled(s: Subject, person: string, at: number): boolean {
  const mine = s.entries.filter((e) => e.id === person || e.id.startsWith(`${person}|`));
  const memberships = mine.filter((e) => e.kind === 'membership');
  return memberships.length > 0 && mine.every((e) => e.value !== undefined && e.value['activeUntil'] === undefined && e.at < at - 5_000);
}

export function refuse(
  s: Subject,
  at: number,
  version: number,
  request: Partial<Subject['asked'][number]> & { actor: string; action: string },
): void {
  const ticketId = s.ticketId;
  s.asked.push({
    correlation: 'seen',
    actor: 'someone',
    ticketId,
    action: LOOK,
    body: '',
    sent: at - 20,
    answered: at - 10,
    status: 200,
    version,
  });
  s.asked.push({ correlation: 'refused', ticketId, body: '', sent: at, answered: at + 20, ...request });
}

/** Bugs around reactions, withdrawals, answers, moves to another version, and refusals. */
export const PLANTS_OUTSIDE: Readonly<Record<string, Plant>> = {
  'a reaction follows no event': (s, random) => inDecision(s, random, reaction, (t) => void (t.causation = 'no-such-event')),
  'a reaction runs twice for one event': (s, random) => twice(s, reaction, random),
  'a reaction goes beyond its limit'(s, random) {
    const limited = (told: readonly Told[]): boolean =>
      reaction(told) && [...s.packs.values()].some((p) => p.process.reactions?.[told[0]?.data.cause?.key ?? '']?.limit !== undefined);
    const event = eventOf(s, limited, random);
    if (event === undefined) return false;
    s.heard.push({ ...event, id: 'another-breach', data: { ...event.data, gen: 999 } });
    return twice(s, (told) => told[0]?.causation === event.id && limited(told), random, (t) => void (t.causation = 'another-breach')); // prettier-ignore
  },
  'a reaction follows another clock than its condition names'(s, random) {
    const event = eventOf(s, reaction, random);
    if (event === undefined) return false;
    event.data['clock'] = 'another';
    return true;
  },
  'a reaction follows an event of another kind'(s, random) {
    const event = eventOf(s, reaction, random);
    if (event === undefined) return false;
    event.name = 'sla.clock-started';
    return true;
  },
  'a reaction answers an event of another run'(s, random) {
    const event = eventOf(s, reaction, random);
    if (event === undefined) return false;
    event.data['run'] = 77;
    return true;
  },
  'a reaction forgets how deep it is': (s, random) =>
    inDecision(s, random, reaction, (t) => void (t.data.cause = { kind: 'reaction', key: t.data.cause?.key ?? '', depth: 0 })),
  'a breach is followed by nothing': (s, random) => without(s, reaction, random),
  'a clock is breached before it is due'(s, random) {
    const event = pick(s.heard.filter((e) => e.name === 'sla.clock-breached'), random); // prettier-ignore
    if (event === undefined) return false;
    event.data['firedAt'] = '2020-01-01T00:00:00.000Z';
    return true;
  },
  'a clock is breached twice'(s, random) {
    const event = pick(s.heard.filter((e) => e.name === 'sla.clock-breached'), random); // prettier-ignore
    if (event === undefined) return false;
    s.heard.push({ ...event, id: 'once-more' });
    return true;
  },
  'a case is cancelled that nobody withdrew'(s, random) {
    const event = eventOf(s, withdrawal, random);
    if (event === undefined) return false;
    s.heard = s.heard.filter((e) => e !== event);
    return true;
  },
  'the case of a withdrawn ticket goes on'(s, random) {
    const event = eventOf(s, withdrawal, random);
    if (event === undefined) return false;
    return without(s, withdrawal, random);
  },
  'a withdrawn case is closed in another step': (s, random) =>
    inDecision(s, random, withdrawal, (t) => {
      t.data.case.step = 'closed';
      t.data.case.state = 'closed';
    }),
  'a withdrawn case is cancelled twice': (s, random) => twice(s, withdrawal, random),
  'a request is answered twice': (s, random) => twice(s, answer, random),
  'a request is answered that no service has answered'(s, random) {
    const event = eventOf(s, answer, random);
    if (event === undefined) return false;
    s.heard = s.heard.filter((e) => e !== event);
    return true;
  },
  'an answer is told as another one': (s, random) =>
    inDecision(s, random, answer, (t) => void (t.data['state'] = t.data['state'] === 'done' ? 'refused' : 'done')),
  'an answer is lost': (s, random) => without(s, answer, random),
  'a case moves to a version that lacks its step'(s, random) {
    const d = decisionWhere(s, repack, random);
    const position = d?.told[0]?.data.case;
    const to = s.packs.get(`${position?.pack.key} ${position?.pack.version}`);
    if (position === undefined || to === undefined) return false;
    delete to.process.steps[position.step];
    return true;
  },
  'a move to another version is not told': (s, random) => inDecision(s, random, repack, (t) => void (t.name = 'dispatch.ticket-advanced')),
  'a moved case goes on in its old version'(s, random) {
    const { decisions } = decisionsOf(s.told);
    const at = pick(decisions.flatMap((d, i) => (repack(d.told) && decisions[i + 1] !== undefined ? [i] : [])), random); // prettier-ignore
    const old = at === undefined ? undefined : (decisions[at]?.told[0]?.data['from'] as { key: string; version: number } | undefined);
    if (at === undefined || old === undefined || repack(decisions[at + 1]?.told ?? [])) return false;
    for (const t of decisions[at + 1]?.told ?? []) t.data.case.pack = old;
    return true;
  },
  'somebody moves a case who is no supervisor': (s, random) => inDecision(s, random, repack, (t) => void (t.by = 'nobody-knows-him')),
  'a move costs a task its version': (s, random) =>
    inDecision(s, random, (told) => repack(told) && told[0]?.data.case.lead !== undefined, (t) => {
      if (t.data.case.lead !== undefined) t.data.case.lead.version = t.data.case.version;
    }), // prettier-ignore
  'a move is refused that maps'(s, random) {
    const { decisions } = decisionsOf(s.told);
    const moves = decisions.flatMap((d, i) => (i > 0 && repack(d.told) ? [{ d, before: decisions[i - 1] }] : []));
    const move = pick(moves, random);
    const from = Date.parse(move?.before?.told.at(-1)?.data.at ?? '');
    const to = Date.parse(move?.d.told[0]?.data.at ?? '');
    if (move?.before === undefined || !(to - from > 400)) return false;
    const target = move.d.told[0]?.data['to'] as { version: number } | undefined;
    const request = { actor: move.d.by, action: 'repack', body: String(target?.version), status: 409, code: 'dispatch/does-not-map' };
    refuse(s, from + 100, move.before.version, request);
    return true;
  },
  'the holder of a case does not find it'(s, random) {
    const at = quiet(s, random);
    if (at?.person === undefined) return false;
    refuse(s, at.at, at.version, { actor: at.person, action: LOOK, status: 404, code: 'dispatch/no-case' });
    return true;
  },
  'the holder of a case has no right to act'(s, random) {
    const at = quiet(s, random);
    if (at?.person === undefined) return false;
    refuse(s, at.at, at.version, { actor: at.person, action: 'note', status: 403, code: 'platform/no-right' });
    return true;
  },
  'an action is refused to somebody who then does it'(s, random) {
    const { decisions } = decisionsOf(s.told);
    const done = answered(s).flatMap((a) => {
      const i = decisions.findIndex((d) => d.correlation === a.correlation);
      const [before, d] = [decisions[i - 1], decisions[i]];
      const from = Date.parse(before?.told.at(-1)?.data.at ?? '');
      const to = Date.parse(d?.told[0]?.data.at ?? '');
      const holds = before?.told.at(-1)?.data.case.lead?.holder.person === a.actor;
      const action = [...s.packs.values()][0]?.process.actions[a.action];
      const ofLead = action?.by === 'holder' && action.except === undefined && a.task === undefined;
      return before !== undefined && holds && ofLead && to - from > 400 && isSettled(s, a.actor, from)
        ? [{ a, version: before.version, at: from + 100 }]
        : [];
    });
    const one = pick(done, random);
    if (one === undefined) return false;
    refuse(s, one.at, one.version, { actor: one.a.actor, action: one.a.action, status: 403, code: 'dispatch/not-yours' });
    return true;
  },
};
