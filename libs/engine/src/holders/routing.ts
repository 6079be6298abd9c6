import { type HolderTable, operandsOf, partsOf, type RoutingTable } from '@gongdan/packs/format2';
import { holds } from '../facts/conditions.js';
import { type Context, factOf, Since } from '../facts/context.js';
import { type Candidate, type Choice, type For, type Resolved } from './choice.js';

/**
 * Decides by a table of the pack (DI-05). Every row whose condition holds is a candidate; the first (mode `first`) or the one with the most points (mode
 * `score`) whose holder exists is chosen, the next one with another holder is the runner-up.
 */
export function decideTable(key: string, f: For, tryHolder: (holder: HolderTable) => Resolved): Resolved {
  const table = f.x.pack.pack.routing?.tables[key];
  const facts = table === undefined ? {} : factsOf(table, f.x);
  if (table === undefined) return { choice: { rule: 'route', table: key, candidates: [], facts } };
  const rows = table.rules.filter((r) => holds(r.when, f.x)).map((r) => ({ rule: r.key, holder: r.holder, score: r.score ?? 0 }));
  const ordered = table.mode === 'score' ? bestFirst(rows) : rows;
  if (table.fallback !== undefined) ordered.push({ rule: 'fallback', holder: table.fallback, score: 0 });
  const candidates: Candidate[] = [];
  let chosen: (Resolved & { rule: string }) | undefined;
  let runnerUp: Candidate | undefined;
  for (const row of ordered) {
    const tried = tryHolder(row.holder);
    const unit = tried.holder?.unit ?? tried.choice.candidates.at(-1)?.unit;
    const candidate: Candidate = { rule: row.rule, unit, score: table.mode === 'score' ? row.score : undefined };
    const { climb, sites } = tried.choice.candidates.find((c) => c.climb !== undefined || c.sites !== undefined) ?? {};
    if (climb !== undefined) candidate.climb = climb;
    if (sites !== undefined) {
      candidate.sites = sites;
      Object.assign(facts, tried.choice.facts);
    }
    const why = tried.choice.candidates.at(-1)?.excluded;
    if (tried.holder === undefined) candidate.excluded = why ?? 'unknown';
    else if (chosen === undefined) {
      chosen = { ...tried, rule: row.rule };
      if (tried.holder.person !== undefined) candidate.person = tried.holder.person;
    } else if (runnerUp === undefined && unit !== chosen.holder?.unit) runnerUp = candidate;
    candidates.push(candidate);
  }
  const people = chosen?.choice.candidates.filter((c) => c.person !== undefined) ?? [];
  const made: Choice = { rule: chosen?.rule ?? 'route', table: key, candidates: [...candidates, ...people], facts };
  const second = runnerUp ?? chosen?.choice.runnerUp;
  if (second !== undefined) made.runnerUp = second;
  if (chosen?.choice.climbedFrom !== undefined) made.climbedFrom = chosen.choice.climbedFrom;
  return { holder: chosen?.holder, choice: made, except: chosen?.except, claim: chosen?.claim };
}

interface Row {
  rule: string;
  holder: HolderTable;
  score: number;
}

// Rows that name the same holder add up; the row with the most points of its own names the rule.
function bestFirst(rows: readonly Row[]): Row[] {
  const sums = new Map<string, Row & { best: number }>();
  for (const row of rows) {
    const id = JSON.stringify(row.holder);
    const sum = sums.get(id);
    if (sum === undefined) sums.set(id, { ...row, best: row.score });
    else {
      sum.score += row.score;
      if (row.score > sum.best) [sum.best, sum.rule] = [row.score, row.rule];
    }
  }
  return [...sums.values()].sort((a, b) => b.score - a.score);
}

// Tables are part of packs, which never change.
const asked = new WeakMap<RoutingTable, readonly string[]>();

/** The names of the facts that the conditions of a table ask for. */
function namesAsked(table: RoutingTable): readonly string[] {
  const names = new Set<string>();
  for (const { when } of table.rules) {
    if (when === undefined) continue;
    const { all, any } = partsOf(when);
    const tests = [...all, ...(any ?? []).flatMap((row) => Object.entries(row))];
    for (const name of tests.flatMap(([fact, test]) => [fact, ...operandsOf(test)])) names.add(name);
  }
  const made = [...names];
  asked.set(table, made);
  return made;
}

/** The values of the facts that the conditions of a table ask for. */
function factsOf(table: RoutingTable, x: Context): Record<string, unknown> {
  const facts: Record<string, unknown> = {};
  for (const name of asked.get(table) ?? namesAsked(table)) {
    const value = factOf(x, name);
    if (value !== undefined) facts[name] = value instanceof Since ? value.from : value;
  }
  return facts;
}
