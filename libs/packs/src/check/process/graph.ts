import {
  type Action,
  type ConditionTable,
  type Effect,
  type GoEffect,
  type OpenGroup,
  type PackFormat2,
  type Process,
  type Reaction,
} from '../../format2/index.js';
import { type Located } from '../../located.js';

/** A way from one step of the lead to another. */
export interface Way {
  from: string;
  to: string;
  /** Key of the action or reaction. */
  by: string;
  kind: 'action' | 'reaction' | 'system';
  /** The way is not always there: it hangs on a spent limit, or nobody may take it. */
  weak?: 'spent limit' | 'excluded performer';
  /** Condition of the move itself. */
  when?: ConditionTable;
  says?: string;
  /** It leads to where the lead came from. */
  back?: true;
  /** Of a move that follows the end of a group: the action or reaction that ends it, which the events name. */
  ended?: { group: string; list: 'then' | 'refused'; by: string; says?: string } | undefined;
}

/** Every way that the tables allow, guards taken as satisfiable (law 8). `back` leads to the steps from which the lead came. */
export function waysOf(pack: PackFormat2): Way[] {
  const { process } = pack;
  const ways: Way[] = [];
  const backs: Omit<Way, 'to'>[] = [];
  const open = leads(process, false);
  const standing = standingOf(process);
  const add = (
    effects: readonly Effect[] | undefined,
    from: readonly string[],
    way: Pick<Way, 'by' | 'kind'> & { weak: Way['weak'] | undefined; says: string | undefined; ended?: Way['ended'] },
  ): void => {
    const { weak, says, ...rest } = way;
    for (const e of effects ?? []) {
      const more = { ...(weak ? { weak } : {}), ...(says ? { says } : {}), ...('go' in e && e.when ? { when: e.when } : {}) };
      if ('go' in e) for (const f of e.from ?? from) push(ways, backs, { ...rest, from: f, ...more }, e);
      if ('open' in e) {
        const lead = e.open.outlives ? open : (standing.get(e.open.group) ?? from);
        for (const list of ['then', 'refused'] as const)
          for (const ended of endersOf(process, e.open, list)) add(e.open[list], lead, { ...way, ended });
      }
    }
  };
  for (const [by, a] of Object.entries(process.actions)) {
    const from = firing(process, standing, a);
    const moves = (a.limit?.else ?? []).some((e) => 'go' in e);
    const spent = a.limit !== undefined && typeof a.limit.per === 'string' && !moves;
    const { says } = a;
    add(a.do, from, {
      by,
      kind: 'action',
      says,
      weak: nobody(process, a, from) ? 'excluded performer' : spent ? 'spent limit' : undefined,
    });
    add(a.limit?.else, from, { by, kind: 'action', says, weak: 'spent limit' });
  }
  for (const [by, r] of Object.entries(process.reactions ?? {})) {
    const { says } = r;
    add(r.do, open, { by, kind: 'reaction', says, weak: undefined });
    add(r.limit?.else, open, { by, kind: 'reaction', says, weak: 'spent limit' });
  }
  // A supervisor routes an unroutable case on to wherever it was going.
  for (const to of open)
    if (to !== process.system.unroutable) ways.push({ from: process.system.unroutable, to, by: 'route', kind: 'system' });
  for (const back of backs)
    for (const from of new Set(ways.filter((w) => w.to === back.from).map((w) => w.from))) ways.push({ ...back, to: from, back: true });
  return withSpentReactions(process, ways);
}

/** A reaction with a limit is no way out of a step to which the case can come back: by then it may be spent. */
function withSpentReactions({ reactions = {} }: Process, ways: readonly Way[]): Way[] {
  const next = ways.map((w): [string, string] => [w.from, w.to]);
  return ways.map((w) => {
    const limit = w.kind === 'reaction' ? reactions[w.by]?.limit : undefined;
    if (limit === undefined || w.weak !== undefined || typeof limit.per !== 'string') return w;
    const moves = (limit.else ?? []).some((e) => 'go' in e);
    return !moves && reach(new Set(ways.flatMap((o) => (o.from === w.from ? [o.to] : []))), next).has(w.from)
      ? { ...w, weak: 'spent limit' }
      : w;
  });
}

/** What can end the last task of a group so that the list follows. Without any, whatever opened it, as far as the tables tell. */
function endersOf(process: Process, open: OpenGroup, list: 'then' | 'refused'): Way['ended'][] {
  const { group, tasks } = open;
  const ends = (act: Action | Reaction, step: string): boolean => {
    const refuses = process.steps[step]?.refuses ?? [];
    return [...act.do, ...(act.limit?.else ?? [])].some(
      (e) =>
        'end' in e &&
        (e.step === undefined ? 'by' in act && [act.on].flat().includes(step) : e.step === step) &&
        (list === 'then' ? open.until === 'any' || !refuses.includes(e.end) : refuses.includes(e.end)),
    );
  };
  const acts: [string, Action | Reaction][] = [...Object.entries(process.actions), ...Object.entries(process.reactions ?? {})];
  const found = acts.flatMap(([by, act]) =>
    tasks.some((t) => ends(act, t.step)) ? [{ group, list, by, ...(act.says === undefined ? {} : { says: act.says }) }] : [],
  );
  return found.length > 0 ? found : [undefined];
}

function push(ways: Way[], backs: Omit<Way, 'to'>[], way: Omit<Way, 'to'>, go: GoEffect): void {
  if (go.go === 'back') backs.push(way);
  else ways.push({ ...way, to: go.go });
}

export function leads(process: Process, final: boolean): string[] {
  return Object.entries(process.steps).flatMap(([key, s]) => (!s.side && (s.final === true) === final ? [key] : []));
}

/** The steps in which the lead stands while a group is open: where the decision that opened it left the lead (law 11). */
export function standingOf(process: Process): Map<string, string[]> {
  const standing = new Map<string, string[]>();
  const acts: { do: readonly Effect[]; else: readonly Effect[]; from: readonly string[] }[] = [
    ...Object.values(process.actions).map((a) => ({ do: a.do, else: a.limit?.else ?? [], from: firing(process, new Map(), a) })),
    ...Object.values(process.reactions ?? {}).map((r) => ({ do: r.do, else: r.limit?.else ?? [], from: leads(process, false) })),
  ];
  for (const act of acts)
    for (const list of [act.do, act.else]) {
      const goes = list.flatMap((e) => ('go' in e && e.go !== 'back' ? [e] : []));
      for (const e of list) {
        if (!('open' in e)) continue;
        // Of several moves, the one under the condition of the group is meant.
        const same = goes.filter((g) => JSON.stringify(g.when) === JSON.stringify(e.when));
        const meant = same.length > 0 ? same : goes;
        const stays = meant.some((g) => g.when === undefined) || same.length > 0 ? [] : act.from;
        standing.set(e.open.group, [...new Set([...(standing.get(e.open.group) ?? []), ...meant.map((g) => g.go), ...stays])]);
      }
    }
  return standing;
}

/** The steps of the lead in which an action can be done. */
export function firing(process: Process, standing: ReadonlyMap<string, readonly string[]>, a: Action): string[] {
  const on = [a.on].flat();
  const [open, closed] = [leads(process, false), leads(process, true)];
  if (a.on === 'any-lead') return open;
  if (a.on === 'case') return a.phase === 'closed' ? closed : a.phase === 'any' ? [...open, ...closed] : open;
  return [...new Set(on.flatMap((s) => (process.steps[s]?.side ? whileOpen(process, standing, s) : [s])))];
}

function whileOpen(process: Process, standing: ReadonlyMap<string, readonly string[]>, step: string): readonly string[] {
  const found = new Set<string>();
  for (const act of [...Object.values(process.actions), ...Object.values(process.reactions ?? {})])
    for (const e of [...act.do, ...(act.limit?.else ?? [])])
      if ('open' in e && e.open.tasks.some((t) => t.step === step))
        for (const s of e.open.outlives ? leads(process, false) : (standing.get(e.open.group) ?? [])) found.add(s);
  return [...found];
}

/** Nobody can ever do it: whoever holds the step, or is named, is who the action excludes. */
function nobody(process: Process, a: Action, from: readonly string[]): boolean {
  const excluded = [a.except?.doer ?? []].flat();
  if (excluded.length === 0) return false;
  return [a.by].flat().every((p) => {
    if (typeof p === 'object') return 'doer' in p && excluded.includes(p.doer);
    if (p !== 'holder' || from.length === 0) return false;
    return from.every((s) => {
      const holder = process.steps[s]?.holder;
      return typeof holder === 'object' && holder.doer !== undefined && excluded.includes(holder.doer);
    });
  });
}

/** Law 8: steps that nobody reaches, steps that nobody leaves, tasks without an action. */
export function graphMistakes(pack: PackFormat2): Located[] {
  const { process } = pack;
  const ways = waysOf(pack);
  const finals = new Set(leads(process, true));
  const reached = reach(new Set([...process.start.map((s) => s.go), ...Object.values(process.system)]), ways.map((w) => [w.from, w.to])); // prettier-ignore
  const leaving = reach(finals, ways.filter((w) => w.weak === undefined).map((w) => [w.to, w.from])); // prettier-ignore
  const mistakes: Located[] = [];
  const say = (step: string, rule: string): void => void mistakes.push({ path: ['process', 'steps', step], rule, key: true });
  if (finals.size === 0)
    mistakes.push({
      path: ['process', 'steps'],
      rule: 'no step is final: no case could ever be closed; add final: true to the last one',
      key: true,
    });
  for (const [step, { side, final, holder }] of Object.entries(process.steps)) {
    if (side) {
      mistakes.push(...sideMistakes(process, step));
      continue;
    }
    if (!reached.has(step)) say(step, `nobody reaches step ${step}: let an action go there (go: ${step}), or remove it`);
    else if (!final && finals.size > 0 && !leaving.has(step)) {
      const own = ways.filter((w) => w.from === step && w.to !== step);
      const weak = own.filter((w) => w.weak !== undefined);
      if (own.length === 0)
        say(
          step,
          `nobody leaves step ${step}: add an action on it that goes on${typeof holder === 'object' && holder.waitsFor ? ', or then: with a go: to the group it waits for' : ''}`,
        );
      else if (weak.length === own.length)
        say(
          step,
          `step ${step} is left only by way of ${[...new Set(weak.map((w) => `${w.by} (${w.weak ?? ''})`))].join(', ')}: add a way that is always there`,
        );
      else say(step, `step ${step} never leads to a final step; its ways lead to ${[...new Set(own.map((w) => w.to))].join(', ')}`);
    }
    if (typeof holder === 'object' && typeof holder.waitsFor === 'object' && 'group' in holder.waitsFor)
      mistakes.push(...waitingMistakes(process, step, holder.waitsFor.group));
  }
  return mistakes;
}

/** A lead that waits for a group and has no action of its own moves by `then` and, where members can refuse, by `refused`. */
function waitingMistakes(process: Process, step: string, group: string): Located[] {
  if (Object.values(process.actions).some((a) => [a.on].flat().some((s) => s === step || s === 'any-lead'))) return [];
  const path = ['process', 'steps', step, 'holder'];
  const opened = [...Object.values(process.actions), ...Object.values(process.reactions ?? {})]
    .flatMap((a) => [...a.do, ...(a.limit?.else ?? [])])
    .flatMap((e) => ('open' in e && e.open.group === group ? [e.open] : []));
  return opened.flatMap((g) => {
    const moves = (list: readonly Effect[] | undefined): boolean => (list ?? []).some((e) => 'go' in e);
    const refuses = g.tasks.some((t) => (process.steps[t.step]?.refuses ?? []).length > 0);
    return [
      ...(moves(g.then)
        ? []
        : [{ path, rule: `step ${step} waits for group ${group}, which has no then: with a go:; the case would wait for ever` }]),
      ...(refuses && !moves(g.refused)
        ? [{ path, rule: `step ${step} waits for group ${group}, whose members can refuse; add refused: with a go:` }]
        : []),
    ];
  });
}

function sideMistakes(process: Process, step: string): Located[] {
  const acts = [...Object.values(process.actions), ...Object.values(process.reactions ?? {})];
  const effects = acts.flatMap((a) => [...a.do, ...(a.limit?.else ?? [])]);
  const path = ['process', 'steps', step];
  const on = Object.values(process.actions).filter((a) => [a.on].flat().includes(step));
  const ends =
    on.some((a) => [...a.do, ...(a.limit?.else ?? [])].some((e) => 'end' in e && e.step === undefined)) ||
    effects.some((e) => 'end' in e && e.step === step);
  const opened = effects.some((e) => 'open' in e && e.open.tasks.some((t) => t.step === step));
  return [
    ...(opened ? [] : [{ path, rule: `nobody reaches step ${step}: no group opens it; name it in open: tasks:, or remove it`, key: true }]),
    ...(ends ? [] : [{ path, rule: on.length === 0 ? `no action acts on step ${step}: its tasks could never be done; add one with do: [{ end: … }]` : `no action ends the tasks of step ${step}; add { end: … } to one of ${Object.entries(process.actions).flatMap(([k, a]) => (on.includes(a) ? [k] : [])).join(', ')}`, key: true }]), // prettier-ignore
  ];
}

export function reach(roots: ReadonlySet<string>, ways: readonly (readonly [string, string])[]): Set<string> {
  const next = new Map<string, string[]>();
  for (const [from, to] of ways) next.set(from, [...(next.get(from) ?? []), to]);
  const found = new Set(roots);
  const queue = [...roots];
  for (let step = queue.pop(); step !== undefined; step = queue.pop())
    for (const to of next.get(step) ?? [])
      if (!found.has(to)) {
        found.add(to);
        queue.push(to);
      }
  return found;
}
