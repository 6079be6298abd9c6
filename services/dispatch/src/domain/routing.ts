import { idOf, type Instant } from '@gongdan/kernel';
import { factOf, type Facts, matches, type Routing } from '@gongdan/packs';

// A candidate is a rule whose condition holds for the ticket. The first candidate whose unit has not returned the ticket is chosen; the next candidate
// with another unit is the runner-up.

export interface Candidate {
  rule: string;
  unit: string;
  /** The condition of the rule holds, but its unit has returned this ticket. */
  excluded: boolean;
}

export interface Routed {
  unit?: string;
  rule?: string;
  /** Values of the facts that the rules mention, at the time of the decision. */
  facts: Record<string, unknown>;
  candidates: Candidate[];
  runnerUp?: Candidate;
}

/** Chooses the unit of a ticket by the pack's decision table and returns everything that explains the choice (DI-25). */
export function route(routing: Routing, facts: Facts, excluded: readonly string[]): Routed {
  const candidates = routing.rules
    .filter((r) => matches(r.when, facts))
    .map((r) => ({ rule: r.key, unit: r.unit, excluded: excluded.includes(r.unit) }));
  if (routing.fallback !== undefined)
    candidates.push({ rule: 'fallback', unit: routing.fallback, excluded: excluded.includes(routing.fallback) });
  const chosen = candidates.find((c) => !c.excluded);
  const runnerUp = candidates.find((c) => !c.excluded && c.unit !== chosen?.unit);
  return {
    ...(chosen === undefined ? {} : { unit: chosen.unit, rule: chosen.rule }),
    facts: mentionedFacts(routing, facts),
    candidates,
    ...(runnerUp === undefined ? {} : { runnerUp }),
  };
}

/** A choice that a person or an action made instead of the table; the candidates of the table stay in the record. */
export function chosenBy(rule: string, unit: string, table: Routed): Routed {
  const best = table.candidates.find((c) => c.unit !== unit);
  return { unit, rule, facts: table.facts, candidates: table.candidates, ...(best === undefined ? {} : { runnerUp: best }) };
}

/** Why a unit received the ticket, or why none did. It is written once and never changed. */
export interface DecisionRecord {
  id: string;
  org: string;
  ticketId: string;
  no: number;
  at: Instant;
  why: 'routed' | 'returned' | 'reopened';
  rule?: string;
  unit?: string;
  facts: Record<string, unknown>;
  candidates: Candidate[];
  runnerUp?: Candidate;
  pack: { key: string; version: number };
  by: string;
}

export function record(
  c: { org: string; ticketId: string; hop: number; pack: { key: string; version: number } },
  routed: Routed,
  why: DecisionRecord['why'],
  at: Instant,
  by: { id: string },
): DecisionRecord {
  const no = c.hop + 1;
  return { ...routed, id: idOf('decision', c.org, c.ticketId, no), org: c.org, ticketId: c.ticketId, no, at, why, pack: c.pack, by: by.id };
}

function mentionedFacts(routing: Routing, facts: Facts): Record<string, unknown> {
  const names = new Set(routing.rules.flatMap((r) => Object.keys(r.when)));
  return Object.fromEntries([...names].map((n) => [n, factOf(facts, n)]).filter(([, v]) => v !== undefined));
}
