import { type PackResult } from './scenarios.js';
import { type Verdict } from './verdict.js';

/** How many scenarios wait for each feature; one that waits for several counts at each. */
export function pendingBy(result: PackResult): [string, number][] {
  const counts = new Map<string, number>();
  for (const { verdict } of result.scenarios)
    if (verdict.kind === 'pending') for (const id of verdict.needs) counts.set(id, (counts.get(id) ?? 0) + 1);
  return [...counts].sort(([a], [b]) => a.localeCompare(b));
}

export const countOf = (result: PackResult, kind: Verdict['kind']): number =>
  result.scenarios.filter((s) => s.verdict.kind === kind).length;

/** The lines of the terminal about one pack. */
export function printed(result: PackResult): string {
  const pending = pendingBy(result).map(([id, n]) => `${id} ${n}`).join(', '); // prettier-ignore
  const lines = [
    `${result.pack.key}: ${countOf(result, 'passed')} of ${result.scenarios.length} passed, ${countOf(result, 'failed')} failed, ${countOf(result, 'pending')} pending${pending === '' ? '' : ` (${pending})`}`,
  ];
  for (const { key, verdict } of result.scenarios)
    if (verdict.kind === 'failed')
      for (const { step, text, difference } of verdict.failures)
        lines.push(`  failed: ${key}, step ${step + 1}: ${text}`, `    ${difference}`);
  return lines.join('\n');
}
