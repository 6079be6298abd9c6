import { type ConditionTable, type Effect } from '../../format2/index.js';
import { type Located } from '../../located.js';
import { covers, excludes, rowsOf } from '../conditions/compare.js';
import { type Path } from '../context.js';

/**
 * Two moves of one decision of which neither excludes the other and none is the general case of the other: which one is done hangs on their order alone, and the author did not
 * see that both may hold. The first one whose condition holds is done, so a special case may stand above a general one, and the last may have no condition.
 */
export function moveMistakes(effects: readonly Effect[], at: Path): Located[] {
  const moves = effects.flatMap((e, i) => ('go' in e ? [{ to: e.go, when: e.when, from: e.from, path: [...at, i] }] : []));
  return moves.flatMap((later, j) => {
    const earlier = moves.slice(0, j);
    const all = earlier.find((m) => m.from === undefined && rowsOf(later.when).every((r) => rowsOf(m.when).some((w) => covers(w, r))));
    if (all !== undefined && later.when !== undefined)
      return [
        {
          path: [...later.path, 'go'],
          rule: `is never done: go: ${all.to} above is done whenever it would be; put the special case above the general one`,
        },
      ];
    const both = earlier.find((m) => m.to !== later.to && !apart(m.from, later.from) && collide(m.when, later.when));
    if (both === undefined) return [];
    const rule = `the conditions of go: ${both.to} and go: ${later.to} can hold at the same time, and then only the first is done; let them exclude each other, for example ${exclusion(both.when, later.when)}`;
    return [{ path: [...later.path, 'when'], rule }];
  });
}

const apart = (a: readonly string[] | undefined, b: readonly string[] | undefined): boolean =>
  a !== undefined && b !== undefined && !a.some((s) => b.includes(s));

/** Both can hold, and neither is the general case of the other. */
function collide(a: ConditionTable | undefined, b: ConditionTable | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  const [first, second] = [rowsOf(a), rowsOf(b)];
  const general = first.every((r) => second.some((w) => covers(w, r)));
  return !general && first.some((r) => second.some((s) => !excludes(r, s)));
}

/** How the second condition could exclude the first. */
function exclusion(first: ConditionTable | undefined, second: ConditionTable | undefined): string {
  const entries = Object.entries(first ?? {}).filter(([fact]) => fact !== 'any');
  const [fact, test] = entries.find(([f]) => !Object.hasOwn(second ?? {}, f)) ?? entries[0] ?? ['fact', 'value'];
  const value = typeof test === 'object' && !Array.isArray(test) ? '…' : Array.isArray(test) ? `[${test.join(', ')}]` : String(test);
  return `by ${fact}: { not: ${value} } in the second`;
}
