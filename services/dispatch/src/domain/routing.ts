import { idOf, type Instant } from '@gongdan/kernel';
import { factOf, type Facts, matches, type Routing } from '@gongdan/packs';

// A candidate is a rule that holds for the ticket. The first whose unit has not sent the ticket back wins; the next with another unit is the runner-up.

export interface Candidate {
  rule: string;
  unit: string;
  /** The rule holds, but its unit has sent this ticket back. */
  excluded: boolean;
}

export interface Routed {
  unit?: string;
  rule?: string;
  /** What the rules asked about, as it was. */
  facts: Record<string, unknown>;
  candidates: Candidate[];
  runnerUp?: Candidate;
}

/** The unit for a ticket by the pack's decision table, with everything a reader needs to see why (DI-25). */
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
    facts: asked(routing, facts),
    candidates,
    ...(runnerUp === undefined ? {} : { runnerUp }),
  };
}

/** A choice somebody made instead of the table; the table's answer stays on record beside it. */
export function chosenBy(rule: string, unit: string, table: Routed): Routed {
  const best = table.candidates.find((c) => c.unit !== unit);
  return { unit, rule, facts: table.facts, candidates: table.candidates, ...(best === undefined ? {} : { runnerUp: best }) };
}

/** Why a unit got the ticket, or why none did. Written once, never changed. */
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

function asked(routing: Routing, facts: Facts): Record<string, unknown> {
  const names = new Set(routing.rules.flatMap((r) => Object.keys(r.when)));
  return Object.fromEntries([...names].map((n) => [n, factOf(facts, n)]).filter(([, v]) => v !== undefined));
}
