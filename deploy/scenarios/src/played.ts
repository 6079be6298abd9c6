import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type PackResult } from './scenarios.js';
import { type Verdict } from './verdict.js';

/** How a scenario ended: the steps that did not hold, counted from 1, or the features that it waits for. */
export type Outcome = 'passed' | { failed: number[] } | { pending: string[] };

/** How the scenarios of a pack ended when they were played last, and on which commit that was. */
export interface Played {
  commit: string;
  scenarios: Record<string, Outcome>;
}
export type PlayedPacks = Record<string, Played>;

const FILE = fileURLToPath(new URL('../played.json', import.meta.url));

export const readPlayed = (): PlayedPacks => JSON.parse(readFileSync(FILE, 'utf8')) as PlayedPacks;

export function writePlayed(played: PlayedPacks): void {
  writeFileSync(FILE, `${JSON.stringify(played, null, 2)}\n`);
}

/** What is known after a run of some packs: those that were played anew, and the others as they were. */
export function withResults(played: PlayedPacks, results: readonly PackResult[], commit: string): PlayedPacks {
  const all = { ...played };
  for (const { pack, scenarios } of results)
    all[pack.key] = { commit, scenarios: Object.fromEntries(scenarios.map(({ key, verdict }) => [key, outcomeOf(verdict)])) };
  return Object.fromEntries(Object.entries(all).sort(([a], [b]) => a.localeCompare(b)));
}

function outcomeOf(verdict: Verdict): Outcome {
  if (verdict.kind === 'passed') return 'passed';
  if (verdict.kind === 'pending') return { pending: verdict.needs };
  return { failed: [...new Set(verdict.failures.map((f) => f.step + 1))] };
}

/** The commit that is checked out, with a `+` when files differ from it. */
export function presentCommit(): string {
  const git = (...args: string[]): string => execFileSync('git', args, { encoding: 'utf8' }).trim();
  // What a run writes is no change of what it plays.
  const changed =
    git(
      'status',
      '--porcelain',
      '--untracked-files=no',
      '--',
      ':/',
      ':!/docs/packs',
      ':!/docs/packs.md',
      ':!/deploy/scenarios/played.json',
    ) !== '';
  return `${git('rev-parse', '--short=8', 'HEAD')}${changed ? '+' : ''}`;
}
