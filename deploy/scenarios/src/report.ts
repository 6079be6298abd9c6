import { type PackResult } from './scenarios.js';
import { type Failure, type Verdict } from './verdict.js';

/** How many scenarios wait for each feature; one that waits for several counts at each. */
function pendingBy(result: PackResult): [string, number][] {
  const counts = new Map<string, number>();
  for (const { verdict } of result.scenarios)
    if (verdict.kind === 'pending') for (const id of verdict.needs) counts.set(id, (counts.get(id) ?? 0) + 1);
  return [...counts].sort(([a], [b]) => a.localeCompare(b));
}

const countOf = (result: PackResult, kind: Verdict['kind']): number => result.scenarios.filter((s) => s.verdict.kind === kind).length;

/** The text of the terminal about one pack: a line, and a paragraph for each step that does not hold. */
export function printed(result: PackResult): string {
  const pending = pendingBy(result).map(([id, n]) => `${id} ${n}`).join(', '); // prettier-ignore
  const counts = `${countOf(result, 'passed')} of ${result.scenarios.length} passed, ${countOf(result, 'failed')} failed, ${countOf(result, 'pending')} pending`;
  const lines = [`${result.pack.key}: ${counts}${pending === '' ? '' : ` (${pending})`}`];
  for (const { key, verdict } of result.scenarios)
    if (verdict.kind === 'failed') for (const failure of verdict.failures) lines.push(paragraph(key, failure));
  return lines.join('\n');
}

function paragraph(scenario: string, { step, text, difference }: Failure): string {
  const place = step < 0 ? 'before its first step' : `step ${step + 1}`;
  return `  ${scenario}, ${place}, ${brief(text)}: ${difference}`;
}

/** A step as it stands in the file, without the quotes of its keys. */
function brief(json: string): string {
  const text = json.replaceAll(/"([A-Za-z][\w.-]*)":/g, '$1: ').replaceAll(',', ', ');
  return text.length > 240 ? `${text.slice(0, 240)} …` : text;
}
