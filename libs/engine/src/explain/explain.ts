import { metres } from '@gongdan/directory';
import { type Instant } from '@gongdan/kernel';
import { passes } from '@gongdan/packs';
import { type ConditionTable, factTypes, type PackFormat2, partsOf, type RoutingTable } from '@gongdan/packs/format2';
import { type Candidate, type Choice, type Resolved } from '../holders/choice.js';
import { compile } from '../model/compiled.js';
import { run } from '../effects/effects.js';
import { SYSTEM, type View } from '../model/env.js';
import { resolve } from '../holders/holders.js';
import { type Case, type Holder } from '../model/case.js';
import { startRow } from '../decide/open-case.js';
import { type Language, say } from './sentences.js';
import { type DecisionRecord } from '../model/decision.js';
import { Work } from '../model/work.js';

/** What is explained: a decision record, or the answer of `wouldHold`. */
export type Explained = Pick<Choice, 'candidates' | 'facts'> & {
  rule?: string | undefined;
  table?: string | undefined;
  runnerUp?: Candidate | undefined;
  climbedFrom?: string | undefined;
} & Pick<Holder, 'unit' | 'role' | 'person'>;

export interface Explanation {
  sentences: string[];
  row: { key: string; why?: string } | null;
  candidates: (Candidate & { text: string })[];
}

/** Explains in words why somebody holds a task (C6). */
export function explain(pack: PackFormat2, d: Explained, directory: View['directory'], language: Language): Explanation {
  const tell = (key: string, values?: Record<string, unknown>): string[] => {
    const text = say(key, language, values);
    return text === undefined ? [] : [text];
  };
  const name = (c: { unit?: string | undefined; person?: string | undefined }): string => {
    const unit = c.unit === undefined ? undefined : (directory.unit(c.unit)?.names[language] ?? c.unit);
    const person = c.person === undefined ? undefined : (directory.person(c.person)?.name ?? c.person);
    return unit !== undefined && person !== undefined ? (say('and', language, { unit, person }) ?? person) : (person ?? unit ?? '');
  };
  const textOf = (c: Candidate): string =>
    (c.excluded !== undefined && say(String(c.excluded), language, { holder: name(c) })) ||
    (say(c.score === undefined ? 'fits' : 'scored', language, { holder: name(c), score: c.score }) ?? '');
  const why = pack.routing?.tables[d.table ?? '']?.rules.find((r) => r.key === d.rule)?.why?.[language];
  const held = d.unit !== undefined || d.person !== undefined;
  const how =
    d.table === undefined ? `rule-${d.rule ?? ''}` : !held ? 'noRow' : d.rule === 'fallback' ? 'fallback' : why ? 'row' : 'rowAlone';
  return {
    sentences: [
      ...(held ? tell('chosen', { holder: name(d) }) : tell('nobody')),
      ...tell('pack', { key: pack.pack.key, version: pack.pack.version }),
      ...tell(how, { table: d.table, row: d.rule, why }),
      ...Object.entries(d.facts).flatMap(([fact, value]) => tell('fact', { name: fact, value })),
      ...(d.climbedFrom === undefined ? [] : tell('climbed', { unit: name({ unit: d.climbedFrom }) })),
      ...d.candidates.filter((c) => c.excluded !== undefined).map(textOf),
      ...(d.runnerUp === undefined ? [] : tell('runnerUp', { holder: name(d.runnerUp) })),
    ],
    row: d.table === undefined || d.rule === undefined ? null : { key: d.rule, ...(why === undefined ? {} : { why }) },
    candidates: d.candidates.map((c) => ({ ...c, text: textOf(c) })),
  };
}

/**
 * Decides again from what the record holds, and says whether the same unit, person and row come out. Null when the record does not hold enough: a rule that
 * keeps the holder, or a table that asks for a span of time.
 */
export function replay(pack: PackFormat2, d: Explained): boolean | null {
  const people = d.candidates.filter((c) => c.person !== undefined && c.rule === undefined);
  const person = bestOf(people)?.person;
  if (d.table === undefined) {
    if (d.candidates.length === 0) return null;
    const basis = d.candidates.find((c) => c.climb !== undefined || c.sites !== undefined);
    if (basis !== undefined && !followsFrom(basis, d)) return false;
    const unit = d.candidates.find((c) => c.excluded === undefined)?.unit;
    return person === d.person && (unit === undefined || unit === d.unit);
  }
  const table = pack.routing?.tables[d.table];
  if (table === undefined) return d.unit === undefined && d.person === undefined;
  if (table.rules.some((r) => factsOf(r.when).some((fact) => fact.startsWith('since.')))) return null;
  const row = rowsOf(table, d.facts).find((r) => d.candidates.some((c) => c.rule === r && c.excluded === undefined));
  const chosen = d.candidates.find((c) => c.rule === row && c.excluded === undefined);
  const holder = person ?? chosen?.person;
  if (row !== d.rule || holder !== d.person) return false;
  if (chosen?.climb !== undefined || chosen?.sites !== undefined) return followsFrom(chosen, d);
  // A role climbs to a unit that the row does not name; records of earlier releases do not hold the way up.
  return chosen?.unit === d.unit || d.climbedFrom !== undefined;
}

/** Whether the unit of the record is the nearest of its sites, and the first on the way up where somebody holds the role. */
function followsFrom({ climb, sites }: Candidate, d: Explained): boolean {
  let unit: string | undefined;
  if (sites !== undefined) {
    const from = { latitude: Number(d.facts['place.latitude']), longitude: Number(d.facts['place.longitude']) };
    const near = sites.map((s) => ({ unit: s.unit, metres: metres(from, s) }));
    unit = near.sort((a, b) => a.metres - b.metres || (a.unit < b.unit ? -1 : 1))[0]?.unit;
    if (climb === undefined) return unit === d.unit;
    if (climb[0]?.unit !== unit) return false;
  }
  const base = climb?.[0]?.unit;
  const held = climb?.find((c) => c.people > 0);
  if (held === undefined) return d.unit === undefined && d.person === undefined;
  // Whoever holds the role everywhere takes the task for the unit from which it climbed.
  const climbed = held.unit !== base;
  return d.unit === (held.unit ?? base) && d.climbedFrom === (climbed ? base : undefined);
}

// Candidates with the same score stand in the order of their loads at that moment.
function bestOf(people: readonly Candidate[]): Candidate | undefined {
  return people.filter((c) => c.excluded === undefined).sort((a, b) => (b.score ?? 0) - (a.score ?? 0))[0];
}

function factsOf(when: ConditionTable | undefined): string[] {
  if (when === undefined) return [];
  const { all, any } = partsOf(when);
  return [...all.map(([fact]) => fact), ...(any ?? []).flatMap((row) => Object.keys(row))];
}

function rowsOf(table: RoutingTable, facts: Readonly<Record<string, unknown>>): string[] {
  const look = (fact: string): unknown => facts[fact];
  const applies = ({ when }: RoutingTable['rules'][number]): boolean => {
    if (when === undefined) return true;
    const { all, any } = partsOf(when);
    return (
      all.every(([fact, test]) => passes(test, look(fact), look)) &&
      (any === undefined || any.some((row) => Object.entries(row).every(([fact, test]) => passes(test, look(fact), look))))
    );
  };
  const rows = table.rules.filter(applies);
  if (table.mode !== 'score') return [...rows.map((r) => r.key), 'fallback'];
  const sums = new Map<string, { key: string; best: number; sum: number }>();
  for (const { key, holder, score = 0 } of rows) {
    const id = JSON.stringify(holder);
    const sum = sums.get(id) ?? { key, best: score, sum: 0 };
    sums.set(id, { key: score > sum.best ? key : sum.key, best: Math.max(score, sum.best), sum: sum.sum + score });
  }
  return [...[...sums.values()].sort((a, b) => b.sum - a.sum).map((s) => s.key), 'fallback'];
}

const CHANGEABLE = ['class', 'place', 'attributes', 'fields', 'ticket'] as const;
/** They follow from other facts, or are no part of a ticket that could be another one. */
const FOLLOWING: readonly string[] = ['class.categories', 'ticket.imported', 'ticket.registeredAt'];

/** Whether `wouldHold` can change the fact. One that the pack does not have is mistyped: to take it would change nothing, and say nothing. */
export function isChangeable(pack: PackFormat2, fact: string): boolean {
  const [family = ''] = fact.split('.', 1);
  return (CHANGEABLE as readonly string[]).includes(family) && !FOLLOWING.includes(fact) && factTypes(pack).has(fact);
}

/** The case with other facts. The priority follows the matrix as at a registration, unless it is named. */
export function withChanges(pack: PackFormat2, c: Case, changes: Readonly<Record<string, unknown>>): Case {
  let next = c;
  for (const [fact, value] of Object.entries(changes)) {
    const dot = fact.indexOf('.');
    const [family, key] = [fact.slice(0, dot), fact.slice(dot + 1)];
    if (family === 'class' || family === 'fields') next = { ...next, [family]: { ...next[family], [key]: value } };
    else if (family === 'ticket') next = { ...next, ticket: { ...next.ticket, [key]: value } };
    else if (family === 'place' || family === 'attributes')
      next = { ...next, ticket: { ...next.ticket, [family]: { ...next.ticket[family], [key]: value } } };
  }
  const follows = ['class.urgency', 'class.impact'].some((fact) => Object.hasOwn(changes, fact));
  if (!follows || Object.hasOwn(changes, 'class.priority')) return next;
  const { urgency = '', impact = '' } = next.class;
  const { matrix, defaultPriority } = pack.catalogue;
  const row = Object.hasOwn(matrix, urgency) ? matrix[urgency] : undefined;
  const priority = row !== undefined && Object.hasOwn(row, impact) ? row[impact] : undefined;
  return { ...next, class: { ...next.class, priority: priority ?? defaultPriority } };
}

/** Who would get the task: by the named table on the case as it is, otherwise as if the ticket were registered now. Changes nothing. */
export function wouldHold(pack: PackFormat2, view: View, c: Case, table: string | undefined, now: Instant): Resolved {
  const compiled = compile(pack);
  const cause = { kind: 'start', key: 'start', depth: 0 } as const;
  const begin = (before: Case): Work => new Work({ pack: compiled, view, before, at: now, actor: SYSTEM, cause, decisions: 0 });
  if (table !== undefined) {
    const w = begin(c);
    return resolve({ route: table }, { x: w.context(), actor: SYSTEM, from: w.lead() });
  }
  const w = begin({
    ...c,
    phase: 'open',
    step: '',
    state: 'received',
    run: 1,
    done: [],
    held: {},
    tasks: [],
    lastTask: 0,
    groups: [],
    hops: [],
    lastHop: 0,
  });
  const row = startRow(w);
  if (row === undefined) return { choice: { rule: 'start', candidates: [], facts: {} } };
  run(w, row.do ?? [], 'routed');
  const rule = row.holder ?? compiled.steps[row.go]?.holder;
  const found = resolve(rule, { x: w.context(), actor: SYSTEM, from: undefined });
  const { unit } = c.ticket;
  if (found.holder !== undefined || rule !== undefined || unit === undefined) return found;
  return { holder: { unit }, choice: { ...found.choice, rule: 'registering-unit' } };
}

/** What a stored record says, without what it leaves empty. */
export function explainedOf(d: { [K in keyof Explained]?: Explained[K] | null } & Pick<DecisionRecord, 'candidates' | 'facts'>): Explained {
  return Object.fromEntries(Object.entries(d).filter(([, value]) => value !== null)) as unknown as Explained;
}
