import { type ConditionTable, type OpenGroup, PARTIES, partsOf, type PackFormat2 } from '../../format2/index.js';
import { type Located } from '../../located.js';
import { covers, excludes, rowsOf } from '../conditions/compare.js';
import { leads, reach, type Way, waysOf } from './graph.js';

type Clock = NonNullable<PackFormat2['sla']>['clocks'][number];
type Trigger = Clock['start'][number];

const CLOSED = 'dispatch.ticket-closed';
const CANCELLED = 'dispatch.ticket-cancelled';

/** What goes on without end: clocks that nothing stops when the case is closed, and cases that wait for somebody whom no deadline reaches any more. */
export function endingMistakes(pack: PackFormat2): Located[] {
  const ways = [...waysOf(pack), ...withdrawals(pack)];
  return [...clockMistakes(pack, ways), ...waitingMistakes(pack, ways)];
}

function withdrawals({ process }: PackFormat2): Way[] {
  return leads(process, false).map((from) => ({ from, to: process.system.withdrawn, by: 'withdrawn', kind: 'system' }));
}

/** The names of the events that a way tells. */
function told({ process }: PackFormat2, way: Way): string[] {
  const { from, to } = way;
  const { says } = way.ended ?? way;
  const { state, final } = process.steps[to] ?? {};
  const cancelled = state === 'cancelled' || state === 'rejected';
  const [before, after] = [waitsForParty(process, from), waitsForParty(process, to)];
  return [
    'dispatch.ticket-advanced',
    'dispatch.group-ended',
    'dispatch.task-ended',
    ...(says === undefined ? [] : [`dispatch.ticket-${says}`]),
    ...(final ? [cancelled ? CANCELLED : CLOSED] : []),
    ...(state === 'dispatched' ? ['dispatch.ticket-dispatched'] : []),
    ...(state === 'unroutable' ? ['dispatch.ticket-unroutable'] : []),
    // Another holder may be another unit.
    ...(process.steps[to]?.holder === undefined ? [] : ['dispatch.ticket-transferred', 'dispatch.ticket-dispatched']),
    ...(after && !before ? ['dispatch.ticket-suspended'] : []),
    ...(before && !after && !final ? ['dispatch.ticket-resumed'] : []),
    ...(process.steps[from]?.final && !final ? ['dispatch.ticket-reopened'] : []),
  ];
}

function waitsForParty(process: PackFormat2['process'], step: string): boolean {
  const holder = process.steps[step]?.holder;
  const waits = typeof holder === 'object' ? holder.waitsFor : undefined;
  return typeof waits === 'string' && PARTIES.some((p) => p === waits);
}

function pulls(triggers: readonly Trigger[] | undefined, events: readonly string[], way: Way | undefined): boolean {
  return (triggers ?? []).some((t) => (typeof t === 'string' ? events.includes(t) : events.includes(t.on) && couldHold(t.when, way)));
}

/** False only when the trigger names another action than the one that makes the way. */
function couldHold(when: ConditionTable, way: Way | undefined): boolean {
  const { by, says } = way?.ended ?? way ?? {};
  return way === undefined || partsOf(when).all.every(([fact, test]) => {
    if (fact === 'event.cause.key' || fact === 'event.action' || fact === 'event.reaction')
      return typeof test === 'object' && !Array.isArray(test) ? true : [test].flat().some((v) => v === by);
    if (fact === 'event.says') return typeof test === 'object' && !Array.isArray(test) ? true : [test].flat().some((v) => v === says);
    return true;
  }); // prettier-ignore
}

function clockMistakes(pack: PackFormat2, ways: readonly Way[]): Located[] {
  return (pack.sla?.clocks ?? []).flatMap((clock, i): Located[] => {
    const ends = [...clock.stop, ...(clock.cancel ?? [])];
    const onClosed = clock.start.some((t) => [CLOSED, CANCELLED].includes(typeof t === 'string' ? t : t.on));
    // A deadline of a closed case, for example for archiving it, is meant.
    if (onClosed || ends.some((t) => isForClosed(pack.process, t)) || [CLOSED, CANCELLED].every((e) => ends.includes(e))) return [];
    const last = wayThatStopsNothing(pack, ways, clock, ends);
    if (last === undefined) return [];
    const event = told(pack, last).find((e) => e === CLOSED || e === CANCELLED) ?? CLOSED;
    const { ended, by, from, to } = last;
    const how =
      ended === undefined
        ? `${by} closes it (${from} -> ${to}) and`
        : `${ended.by} ends group ${ended.group}, whose ${ended.list}: closes it (${from} -> ${to}), and`;
    const rule = `clock ${clock.key} goes on after the end of the case: ${how} tells nothing that stops it; add ${event} to stop or cancel`;
    return [{ path: ['sla', 'clocks', i, 'stop'], rule, key: true }];
  });
}

/** The trigger names an action that is done on closed cases, or a side task that outlives the lead. */
function isForClosed(process: PackFormat2['process'], t: Trigger): boolean {
  const { actions, steps } = process;
  if (typeof t === 'string') return t.startsWith('dispatch.task-') || t.startsWith('dispatch.group-');
  const outliving = new Set(groupsIn(process).flatMap((g) => (g.outlives ? g.tasks.map((task) => task.step) : [])));
  return Object.entries(actions).some(([key, a]) => {
    const later = (a.on === 'case' && a.phase !== undefined && a.phase !== 'open') || [a.on].flat().some((s) => outliving.has(s) || steps[s]?.final === true);
    return later && (JSON.stringify(t.when).includes(`"${key}"`) || t.on === `dispatch.ticket-${a.says ?? ''}`);
  }); // prettier-ignore
}

function groupsIn({ actions, reactions = {} }: PackFormat2['process']): OpenGroup[] {
  return [...Object.values(actions), ...Object.values(reactions)].flatMap((a) =>
    [...a.do, ...(a.limit?.else ?? [])].flatMap((e) => ('open' in e ? [e.open] : [])),
  );
}

/** A way to a final step on which a running clock is stopped by nothing. */
function wayThatStopsNothing(pack: PackFormat2, ways: readonly Way[], clock: Clock, ends: readonly Trigger[]): Way | undefined {
  const running = startsOf(pack, ways, clock);
  const queue = [...running];
  for (let step = queue.pop(); step !== undefined; step = queue.pop())
    for (const way of ways) {
      if (way.from !== step || pulls(ends, told(pack, way), way)) continue;
      if (pack.process.steps[way.to]?.final) return way;
      if (running.has(way.to)) continue;
      running.add(way.to);
      queue.push(way.to);
    }
  return undefined;
}

/** The steps in which the clock can be started. */
function startsOf(pack: PackFormat2, ways: readonly Way[], clock: Clock): Set<string> {
  const steps = new Set<string>();
  const open = leads(pack.process, false);
  for (const t of clock.start) {
    const event = typeof t === 'string' ? t : t.on;
    if (event === 'intake.ticket-registered') for (const go of beginnings(pack.process, clock)) steps.add(go);
    for (const way of ways) if (pulls([t], told(pack, way), way)) steps.add(way.to);
  }
  return new Set([...steps].filter((s) => open.includes(s)));
}

/** Where a ticket begins for which the clock runs: the first row that takes it. */
function beginnings({ start }: PackFormat2['process'], clock: Clock): string[] {
  const wanted = rowsOf(clock.when);
  const found: string[] = [];
  for (const { when, go } of start) {
    const rows = rowsOf(when);
    if (wanted.some((w) => rows.some((r) => !excludes(w, r)))) found.push(go);
    if (wanted.every((w) => rows.some((r) => covers(r, w)))) break;
  }
  return found;
}

/**
 * A step that waits for the customer, or for somebody else outside, and that a reaction to a clock ends. The clock runs out once: when that happens while the case stands in a step
 * from which the reaction does not move it, and the case then comes back, it waits for ever.
 */
function waitingMistakes(pack: PackFormat2, ways: readonly Way[]): Located[] {
  const { process } = pack;
  return Object.entries(process.reactions ?? {}).flatMap(([key, r]) => {
    if (![r.on].flat().includes('sla.clock-breached')) return [];
    const named = r.when?.['event.clock'];
    const clocks = (pack.sla?.clocks ?? []).filter((c) => typeof named === 'string' ? c.key === named : Array.isArray(named) && named.includes(c.key)); // prettier-ignore
    return r.do.flatMap((e, i): Located[] => {
      if (!('go' in e) || e.from === undefined) return [];
      const from = e.from;
      for (const clock of clocks)
        for (const step of from.filter((s) => waitsForParty(process, s))) {
          const missed = missedIn(pack, ways, clock, step, from);
          if (missed === undefined) continue;
          return [
            {
              path: ['process', 'reactions', key, 'do', i, 'from'],
              rule: `a case can wait in ${step} for ever: when clock ${clock.key} runs out in ${missed}, ${key} does not move it, and it may come back to ${step} afterwards; add ${missed} to from, or let the way back ask for clock.${clock.key}.breached`,
              key: true,
            },
          ];
        }
      return [];
    });
  });
}

/** A step outside `from` in which the clock may run out before the case comes back to `step`. */
function missedIn(pack: PackFormat2, ways: readonly Way[], clock: Clock, step: string, from: readonly string[]): string | undefined {
  const asks = (when: ConditionTable | undefined): boolean => when !== undefined && JSON.stringify(when).includes(`"clock.${clock.key}.`);
  const changes = [...clock.stop, ...(clock.cancel ?? []), ...(clock.pause ?? []), ...(clock.resume ?? []), ...clock.start];
  // On a way that stops or starts the clock, and on one whose condition asks for it, the deadline is not lost.
  const plain = ways.filter((w) => !asks(w.when) && !pulls(changes, told(pack, w), w) && !(w.kind === 'system' && w.by === 'route'));
  const after = reach(new Set([step]), plain.map((w) => [w.from, w.to])); // prettier-ignore
  const before = reach(new Set([step]), plain.map((w) => [w.to, w.from])); // prettier-ignore
  return leads(pack.process, false).find((s) => after.has(s) && before.has(s) && !from.includes(s) && s !== pack.process.system.unroutable);
}
