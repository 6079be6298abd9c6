import { type ConditionTable, type Effect, type PackFormat2, partsOf, type Test } from '../../format2/index.js';
import { type Located } from '../../located.js';
import { firing, leads, reach, standingOf, type Way, waysOf } from './graph.js';

/**
 * Steps to which a case can come without a side task whose outcome every way onwards asks for: it would wait there for ever. Only outcomes of tasks and states of groups
 * are looked at, which nothing but the opening of the group can bring.
 */
export function neverOpenedMistakes(pack: PackFormat2): Located[] {
  const { process } = pack;
  const ways = waysOf(pack);
  const asked = new Set([...Object.values(process.actions).map((a) => a.when), ...ways.map((w) => w.when)].flatMap(factsOf));
  return [...asked].slice(0, MOST_FACTS).flatMap((fact): Located[] => {
    const opens = opensFor(fact);
    const openers = Object.entries(process.actions).filter(([, a]) => opens([...a.do, ...(a.limit?.else ?? [])]));
    const elsewhere = [...process.start.map((s) => s.do ?? []), ...Object.values(process.reactions ?? {}).map((r) => r.do)];
    if (openers.length === 0 || elsewhere.some(opens)) return [];
    const standing = standingOf(process);
    const opened = openers.flatMap(([, a]) => firing(process, standing, a));
    const asks = (w: Way): boolean =>
      [w.when, w.kind === 'action' ? process.actions[w.by]?.when : undefined].some((c) => factsOf(c).includes(fact));
    const without = ways.filter((w) => !asks(w) && !openers.some(([key]) => key === w.by) && !(w.kind === 'system' && w.by === 'route'));
    const stuck = stuckIn(process.start.map((s) => s.go), without, new Set([...leads(process, true), ...opened])); // prettier-ignore
    const last = ways.find((w) => asks(w) && stuck.has(w.from));
    if (last === undefined) return [];
    const into = without.find((w) => w.to === last.from && w.back === undefined);
    const path = ['process', 'actions', last.by, 'when', fact];
    const how = into === undefined ? '' : ` (${into.by}: ${into.from} -> ${into.to})`;
    const what = fact.startsWith('groups.') ? `group ${nameIn(fact)} being opened` : `a task of step ${nameIn(fact)}`;
    return [
      {
        path: process.actions[last.by]?.when?.[fact] === undefined ? ['process', 'steps', last.from] : path,
        rule: `a case can come to ${last.from} without ${what}${how}, and every way on asks for ${fact}; open it on that way, too, or add a way without it`,
        key: true,
      },
    ];
  });
}

interface Stand {
  at: string;
  /** Where the lead was before: `back` leads there and nowhere else. */
  before: string | undefined;
}

/** Of a process with more ways back than anybody draws, nothing is said. */
const MOST_STANDS = 3_000;

/** The steps that are reached from the starts, and from which no way leads to one of the goals. */
function stuckIn(starts: readonly string[], ways: readonly Way[], goals: ReadonlySet<string>): Set<string> {
  const leaving = new Map<string, { to: Set<string>; back: Set<string> }>();
  for (const { from, to, back } of ways) {
    const out = leaving.get(from) ?? { to: new Set(), back: new Set() };
    leaving.set(from, out);
    (back ? out.back : out.to).add(to);
  }
  const found = new Map<string, Stand>();
  // Where the lead was matters only where a way leads back.
  const keyOf = ({ at, before }: Stand): string => ((leaving.get(at)?.back.size ?? 0) > 0 ? `${before ?? ''} ${at}` : at);
  const edges: [to: string, from: string][] = [];
  const queue: Stand[] = starts.map((at) => ({ at, before: undefined }));
  for (let stand = queue.pop(); stand !== undefined; stand = queue.pop()) {
    const { at, before } = stand;
    const here = keyOf(stand);
    if (found.has(here)) continue;
    if (found.size === MOST_STANDS) return new Set();
    found.set(here, stand);
    const out = leaving.get(at);
    for (const to of [...(out?.to ?? []), ...[...(out?.back ?? [])].filter((step) => step === before)]) {
      const next = { at: to, before: at };
      edges.push([keyOf(next), here]);
      queue.push(next);
    }
  }
  const ends = [...found].flatMap(([key, { at }]) => (goals.has(at) ? [key] : []));
  const good = reach(new Set(ends), edges);
  return new Set([...found].flatMap(([key, { at }]) => (good.has(key) ? [] : [at])));
}

/** The time grows with their number. */
const MOST_FACTS = 20;

const nameIn = (fact: string): string => fact.split('.')[1] ?? '';

function opensFor(fact: string): (list: readonly Effect[]) => boolean {
  const name = nameIn(fact);
  return (list) =>
    list.some((e) => 'open' in e && (fact.startsWith('groups.') ? e.open.group === name : e.open.tasks.some((t) => t.step === name)));
}

/** The facts of a condition that only a task or a group can bring. */
function factsOf(when: ConditionTable | undefined): string[] {
  if (when === undefined) return [];
  return partsOf(when).all.flatMap(([fact, test]) =>
    /^tasks\.[^.]+\.outcome$|^groups\.[^.]+\.state$/.test(fact) && isPresent(test) ? [fact] : [],
  );
}

/** Holds for a value only, never for an absent one. */
function isPresent(test: Test): boolean {
  return typeof test !== 'object' || Array.isArray(test) || test.in !== undefined || test.exists === true;
}
