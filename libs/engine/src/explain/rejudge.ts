import { type Instant } from '@gongdan/kernel';
import { passes } from '@gongdan/packs';
import {
  type ConditionTable,
  type HolderTable,
  operandsOf,
  partsOf,
  type Routing,
  type RoutingTable,
  type Test,
} from '@gongdan/packs/format2';
import { passesSince } from '../facts/conditions.js';
import { type Candidate } from '../holders/choice.js';
import { type Compiled } from '../model/compiled.js';
import { type Explained } from './explain.js';

/** A decision of the past by a table, as its record tells it. */
export interface Past {
  record: Explained & { table: string };
  at: Instant;
  /** The table by which it was made; undefined when that version of the pack cannot be read. */
  table: RoutingTable | undefined;
  /** Counts lengths of time. */
  pack: Compiled | undefined;
}

/** Who would hold the task; nobody without a unit and a person. `person` is absent for a pool, and unknown where `somebody` is true. */
export interface Outcome {
  rule?: string;
  unit?: string;
  role?: string;
  person?: string;
  /** One person of the unit would be picked; the record does not tell whom. */
  somebody?: true;
}

interface Judged<V extends string> {
  verdict: V;
  was: Outcome;
  would: Outcome;
  /** Of the rows of then and of the draft; null: absent. */
  facts: Record<string, unknown>;
}

/** What a draft of the table makes of a decision of the past. `missing`: what the draft asks and the record does not tell. */
export type Rejudged = Judged<'same'> | Judged<'moved'> | { verdict: 'undecidable'; was: Outcome; missing: string[] };

/** Marks what the record does not tell. */
class Unknown {
  constructor(readonly missing: readonly string[]) {}
}

/**
 * Decides again by a draft of the table, from nothing but what the record holds: the facts that the table of then asked (one that is not recorded was
 * absent), the units it passed over, and whom its rules named. A unit and a role that the draft names and the record does not know count as able to hold the
 * task. Undefined: the draft has no such table.
 */
export function rejudge(draft: Routing, past: Past): Rejudged | undefined {
  const table = Object.hasOwn(draft.tables, past.record.table) ? draft.tables[past.record.table] : undefined;
  if (table === undefined) return undefined;
  const { rule, unit, role, person } = past.record;
  const was: Outcome = defined({ rule, unit, role, person });
  const known = new Facts(past);
  const found = decide(table, past, known);
  if (found instanceof Unknown) return { was, verdict: 'undecidable', missing: [...new Set(found.missing)] };
  const facts = known.of([table.rules.find((r) => r.key === found.rule)?.when, past.table?.rules.find((r) => r.key === was.rule)?.when]);
  return { was, verdict: isSame(was, found) ? 'same' : 'moved', would: found, facts };
}

function isSame(was: Outcome, would: Outcome): boolean {
  if (was.unit !== would.unit) return false;
  // Which person a pick would have named is not guessed: that it names one is no difference to a person of the same unit, nor to its pool.
  if (would.somebody === true) return true;
  return was.person === would.person && (was.person !== undefined || was.role === would.role);
}

class Facts {
  private readonly asked: ReadonlySet<string>;

  constructor(private readonly past: Past) {
    this.asked = new Set((past.table?.rules ?? []).flatMap((r) => namesOf(r.when)));
  }

  /** Recorded, or asked then and absent. */
  knows(name: string): boolean {
    return name === 'now' || Object.hasOwn(this.past.record.facts, name) || this.asked.has(name);
  }

  get(name: string): unknown {
    if (name === 'now') return this.past.at;
    const { facts } = this.past.record;
    const value = Object.hasOwn(facts, name) ? facts[name] : undefined;
    return value ?? undefined;
  }

  of(conditions: readonly (ConditionTable | undefined)[]): Record<string, unknown> {
    const names = new Set(conditions.flatMap((when) => namesOf(when)));
    return Object.fromEntries([...names].map((name) => [name, this.get(name) ?? null]));
  }

  /** Whether the condition holds; the names of the facts that decide it and that the record does not tell. */
  holds(when: ConditionTable): boolean | Unknown {
    const { all, any } = partsOf(when);
    const row = (tests: readonly (readonly [string, Test])[]): boolean | Unknown =>
      every(tests.map(([fact, test]) => this.test(fact, test)));
    const rows = any?.map((r) => row(Object.entries(r)));
    return every([row(all), ...(rows === undefined ? [] : [some(rows)])]);
  }

  private test(fact: string, test: Test): boolean | Unknown {
    const missing = [fact, ...operandsOf(test)].filter((name) => !this.knows(name));
    if (missing.length > 0) return new Unknown(missing);
    const value = this.get(fact);
    const look = (name: string): unknown => this.get(name);
    // The record keeps the instant at which the span began (`factsOf` in routing.ts).
    if (!fact.startsWith('since.') || typeof value !== 'string') return passes(test, value, look);
    const { pack, at } = this.past;
    return pack === undefined ? new Unknown([fact]) : passesSince(test, value, pack, at, look);
  }
}

function every(parts: readonly (boolean | Unknown)[]): boolean | Unknown {
  if (parts.includes(false)) return false;
  return unknownOf(parts) ?? true;
}

function some(parts: readonly (boolean | Unknown)[]): boolean | Unknown {
  if (parts.includes(true)) return true;
  return unknownOf(parts) ?? false;
}

function unknownOf(parts: readonly unknown[]): Unknown | undefined {
  const missing = parts.flatMap((p) => (p instanceof Unknown ? p.missing : []));
  return missing.length === 0 ? undefined : new Unknown(missing);
}

function decide(table: RoutingTable, past: Past, known: Facts): Outcome | Unknown {
  const rows: { key: string; holder: HolderTable; score: number }[] = [];
  for (const { key, when, holder, score = 0 } of table.rules) {
    const holds = known.holds(when);
    if (table.mode === 'score') {
      if (holds instanceof Unknown) return holds;
      if (holds) rows.push({ key, holder, score });
      continue;
    }
    if (holds === false) continue;
    if (holds instanceof Unknown) return holds;
    const named = holderOf(holder, past, known);
    // The first row whose holder can have the task decides; rows after it are not asked.
    if (named !== undefined) return named instanceof Unknown ? named : { rule: key, ...named };
  }
  for (const { key, holder } of bestFirst(rows)) {
    const named = holderOf(holder, past, known);
    if (named !== undefined) return named instanceof Unknown ? named : { rule: key, ...named };
  }
  const named = table.fallback === undefined ? undefined : holderOf(table.fallback, past, known);
  if (named instanceof Unknown) return named;
  return named === undefined ? {} : { rule: 'fallback', ...named };
}

/** Rows that name the same holder add up; the one with the most points of its own names the rule. */
export function bestFirst<Row extends { key: string; holder: HolderTable; score: number }>(rows: readonly Row[]): Row[] {
  const sums = new Map<string, { row: Row; best: number; sum: number }>();
  for (const row of rows) {
    const id = JSON.stringify(row.holder);
    const sum = sums.get(id);
    if (sum === undefined) sums.set(id, { row, best: row.score, sum: row.score });
    else sums.set(id, { row: row.score > sum.best ? row : sum.row, best: Math.max(row.score, sum.best), sum: sum.sum + row.score });
  }
  return [...sums.values()].sort((a, b) => b.sum - a.sum).map((s) => s.row);
}

/** Whom the rule of a draft names; undefined when the record says that it was passed over. */
function holderOf(rule: HolderTable, past: Past, known: Facts): Omit<Outcome, 'rule'> | Unknown | undefined {
  const tried = triedBefore(rule, past);
  if (tried !== undefined) return tried === 'passed over' ? undefined : tried;
  const person = rule.person === undefined ? undefined : textOf(known, rule.person.fact);
  if (person instanceof Unknown) return person;
  if (rule.person !== undefined && person === undefined) return undefined;
  const unit = unitOf(rule, known);
  if (unit instanceof Unknown) return unit;
  if (unit === undefined) return person === undefined ? undefined : { person };
  if (past.record.candidates.some((c) => c.unit === unit && isPassedOver(c, rule.role))) return undefined;
  if (person !== undefined) return { unit, person };
  const picks = rule.pick !== undefined && rule.pick !== 'pool';
  return { unit, ...(rule.role === undefined ? {} : { role: rule.role }), ...(picks ? { somebody: true as const } : {}) };
}

function isPassedOver(c: Candidate, role: string | undefined): boolean {
  if (c.person !== undefined || c.excluded === undefined) return false;
  return c.excluded !== 'nobody-holds-the-role' || role !== undefined;
}

/** The table of then had a row with the same rule, and the record tells what came of it. */
function triedBefore(rule: HolderTable, { table, record }: Past): Omit<Outcome, 'rule'> | 'passed over' | undefined {
  if (table === undefined) return undefined;
  const same = JSON.stringify(rule);
  const keys = new Set(table.rules.filter((r) => JSON.stringify(r.holder) === same).map((r) => r.key));
  if (table.fallback !== undefined && JSON.stringify(table.fallback) === same) keys.add('fallback');
  const row = record.candidates.find((c) => c.rule !== undefined && keys.has(c.rule));
  if (row === undefined) return undefined;
  if (row.excluded !== undefined) return 'passed over';
  const { unit, role, person, climbedFrom } = record;
  if (row.rule === record.rule) return defined({ unit, role, person });
  // What a row that did not win came to is recorded as its unit; whether a person was picked is not.
  if (row.unit === undefined) return undefined;
  const picks = rule.pick !== undefined && rule.pick !== 'pool';
  return {
    unit: row.unit,
    ...(rule.role === undefined || climbedFrom === row.unit ? {} : { role: rule.role }),
    ...(picks ? { somebody: true as const } : {}),
  };
}

function unitOf(rule: HolderTable, known: Facts): string | Unknown | undefined {
  const { unit, role, of } = rule;
  if (typeof unit === 'string') return unit;
  if (unit !== undefined) {
    if ('fact' in unit) return textOf(known, unit.fact);
    return new Unknown([`code` in unit ? `the unit with the code in ${unit.code.fact}` : `the nearest unit under ${unit.nearest.under}`]);
  }
  if (role !== undefined) {
    if (typeof of === 'object') return textOf(known, of.fact);
    if (of === 'registering-unit') return textOf(known, 'ticket.unit');
    if (of !== undefined && of !== 'unit' && of !== 'parent' && !of.startsWith('level:')) return of;
    return new Unknown([`the unit of role ${role}`]);
  }
  if (rule.person !== undefined) return undefined;
  return new Unknown([
    rule.doer !== undefined ? `who did ${rule.doer}` : rule.previous !== undefined ? `who held ${rule.previous}` : 'the holder before',
  ]);
}

function textOf(known: Facts, name: string): string | Unknown | undefined {
  if (!known.knows(name)) return new Unknown([name]);
  const value = known.get(name);
  return typeof value === 'string' ? value : undefined;
}

function namesOf(when: ConditionTable | undefined): string[] {
  if (when === undefined) return [];
  const { all, any } = partsOf(when);
  return [...all, ...(any ?? []).flatMap((row) => Object.entries(row))].flatMap(([fact, test]) => [fact, ...operandsOf(test)]);
}

function defined(o: { [K in keyof Outcome]?: Outcome[K] | undefined }): Outcome {
  return Object.fromEntries(Object.entries(o).filter(([, value]) => value !== undefined)) as Outcome;
}
