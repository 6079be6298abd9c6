import { setImmediate } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { type Scope } from '@gongdan/directory';
import { actingOf, compile, explainedOf, type Outcome, type Past, rejudge, type Rejudged } from '@gongdan/engine';
import { type Actor, type Instant, NotFound } from '@gongdan/kernel';
import { DirectorySnapshots } from '@gongdan/messaging';
import { type Pack } from '@gongdan/packs';
import { type Routing } from '@gongdan/packs/format2';
import { type Queries } from '@gongdan/platform';
import { factsInSight, fieldsBySight } from '../../domain/field-sight.js';
import { decisionView } from '../../store/decisions/decision-columns.js';
import { PacksStore } from '../../store/packs.store.js';
import { PastDecisionsStore, type PastRow, type Place } from '../../store/decisions/past-decisions.store.js';

export interface Replay {
  actor: Actor;
  scope: Scope;
  now: Instant;
  /** Key of the pack whose decisions are judged. */
  key: string;
  routing: Routing;
  from: string;
  to: string;
  after: Place | undefined;
  most: number;
}

/** A decision that would have been another one, or of which that cannot be said. */
export type Replayed = Exclude<Rejudged, { verdict: 'same' }> & DecisionOf;

interface DecisionOf {
  ticketId: string;
  number: string;
  no: number;
  at: string;
  table: string;
  pack: { key: string; version: number };
}

/** What one row of a table took then, and would take. */
export interface RuleTotal {
  table: string;
  rule: string;
  before: number;
  after: number;
  /** Of those before: they would go elsewhere. */
  moved: number;
  /** Of those before: the record does not tell. */
  undecidable: number;
}

export interface ReplayedPage {
  judged: number;
  /** By a table that the draft does not have. */
  withoutTable: number;
  items: Replayed[];
  rules: RuleTotal[];
  next: Place | undefined;
}

/** Rows of a table times decisions, after which other requests get their turn. */
const TESTS_PER_TURN = 2_000;

/** Judges a page of past decisions by a draft of the routing tables. It writes nothing. */
@Injectable()
export class ReplayDecisions {
  constructor(
    private readonly packs: PacksStore,
    private readonly past: PastDecisionsStore,
    private readonly directories: DirectorySnapshots,
  ) {}

  async run(q: Queries, r: Replay): Promise<ReplayedPage> {
    const { org } = r.actor;
    if ((await this.packs.newest(q, org, r.key)) === undefined) throw new NotFound('dispatch/no-pack');
    const { rows, last } = await this.past.page(q, org, r.key, r.scope, r);
    const packs = new Map<number, Pack | undefined>();
    for (const version of new Set(rows.map((row) => row.packVersion)))
      packs.set(version, await this.packs.getReadable(q, org, { key: r.key, version }));
    const caller = actingOf(await this.directories.directory(q, org), r.actor, r.now);
    const hidden = new Map([...packs].map(([version, pack]) => [version, pack && fieldsBySight(pack, caller).hidden]));
    const totals = new Totals();
    const page: ReplayedPage = { judged: 0, withoutTable: 0, items: [], rules: [], next: last };
    let tests = 0;
    for (const row of rows) {
      const past = pastOf(row, packs.get(row.packVersion));
      const found = rejudge(r.routing, past);
      if (found === undefined) {
        page.withoutTable += 1;
        continue;
      }
      page.judged += 1;
      totals.add(past.record.table, found);
      if (found.verdict !== 'same') {
        const { ticketId, number, no, at, packVersion: version } = row;
        const shown = found.verdict === 'moved' ? { ...found, facts: factsInSight(found.facts, hidden.get(version)) } : found;
        page.items.push({ ticketId, number, no, at, table: past.record.table, pack: { key: r.key, version }, ...shown });
      }
      tests += r.routing.tables[past.record.table]?.rules.length ?? 0;
      if (tests >= TESTS_PER_TURN) {
        tests = 0;
        await setImmediate();
      }
    }
    return { ...page, rules: totals.rows };
  }
}

function pastOf(row: PastRow, pack: Pack | undefined): Past {
  const table = row.tableKey ?? '';
  return {
    record: { ...explainedOf(decisionView(row)), table },
    at: row.at,
    table: pack?.routing.tables[table],
    pack: pack && compile(pack),
  };
}

class Totals {
  private readonly byRule = new Map<string, RuleTotal>();

  add(table: string, found: Rejudged): void {
    const before = this.of(table, found.was);
    before.before += 1;
    if (found.verdict === 'undecidable') before.undecidable += 1;
    else this.of(table, found.would).after += 1;
    if (found.verdict === 'moved') before.moved += 1;
  }

  get rows(): RuleTotal[] {
    return [...this.byRule.values()];
  }

  private of(table: string, { rule = '-' }: Outcome): RuleTotal {
    const id = `${table} ${rule}`;
    const known = this.byRule.get(id) ?? { table, rule, before: 0, after: 0, moved: 0, undecidable: 0 };
    this.byRule.set(id, known);
    return known;
  }
}
