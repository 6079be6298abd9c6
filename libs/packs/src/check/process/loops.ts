import { type ConditionTable, type Effect, type PackFormat2, type Reaction } from '../../format2/index.js';
import { type Located } from '../../located.js';

/** An event that a reaction causes, with the names in its data by which conditions tell it apart. */
interface Caused {
  name: string;
  data: Readonly<Record<string, string>>;
}

const ANSWERED = { name: 'dispatch.request-answered', data: {} };

/**
 * Reactions that feed each other, directly or through time (a sleep, a clock, an answer), where none of them has a limit (law 7). The engine refuses the ninth in one chain
 * by itself; a loop through time has no ninth.
 */
export function loopMistakes(pack: PackFormat2): Located[] {
  const unlimited = Object.entries(pack.process.reactions ?? {}).filter(([, r]) => r.limit === undefined);
  const feeds = new Map(unlimited.map(([key, r]) => [key, fed(caused(pack, key, r), unlimited)]));
  const reported = new Set<string>();
  return unlimited.flatMap(([key]) => {
    const loop = pathBack(key, feeds);
    if (!loop || loop.some((k) => reported.has(k))) return [];
    for (const k of loop) reported.add(k);
    const told =
      loop.length === 1 ? `reaction ${key} causes the event it hears` : `reactions ${[...loop, key].join(' -> ')} feed each other`;
    return [
      { path: ['process', 'reactions', key], rule: `${told}, without end; give one of them a limit: { times: n, per: case }`, key: true },
    ];
  });
}

function caused(pack: PackFormat2, key: string, r: Reaction): Caused[] {
  const own = (name: string, data: Record<string, string> = {}): Caused => ({
    name: `dispatch.${name}`,
    data: { reaction: key, ...(r.says ? { says: r.says } : {}), ...data },
  });
  const effects: readonly Effect[] = r.do;
  const events: Caused[] = [own('ticket-advanced'), ...(r.says ? [own(`ticket-${r.says}`)] : [])];
  for (const e of effects) {
    if ('sleep' in e) events.push({ name: 'dispatch.task-woke', data: {} });
    if ('register' in e || 'link' in e || 'charge' in e || 'extend' in e) events.push(ANSWERED);
    if ('link' in e) events.push({ name: 'intake.ticket-linked', data: {} });
    if ('classify' in e) events.push(own('ticket-classified'));
    if ('open' in e)
      events.push(...e.open.tasks.map((t) => own('task-opened', { step: t.step })), own('group-opened', { key: e.open.group }));
    if ('go' in e) events.push(...arrival(pack, e.go).map((name) => own(name)));
    if ('extend' in e) events.push({ name: 'sla.clock-extended', data: { clock: e.extend.clock } });
  }
  return [...events, ...throughClocks(pack, events)];
}

function arrival(pack: PackFormat2, step: string): string[] {
  const { state, final } = pack.process.steps[step] ?? {};
  if (final) return [state === 'cancelled' || state === 'rejected' ? 'ticket-cancelled' : 'ticket-closed'];
  return state === 'dispatched' ? ['ticket-dispatched', 'ticket-reopened'] : ['ticket-reopened'];
}

/** What clocks say because of these events, now or when they run out. No reaction hears notify. */
function throughClocks(pack: PackFormat2, events: readonly Caused[]): Caused[] {
  const said: Caused[] = [];
  for (const clock of pack.sla?.clocks ?? []) {
    const hits = (list: readonly (string | { on: string; when: ConditionTable })[] | undefined): boolean =>
      (list ?? []).some((t) => events.some((e) => (typeof t === 'string' ? t === e.name : t.on === e.name && couldMatch(t.when, e))));
    const data = { clock: clock.key };
    if (hits(clock.start)) for (const name of ['started', 'warned', 'breached']) said.push({ name: `sla.clock-${name}`, data });
    if (hits(clock.pause)) said.push({ name: 'sla.clock-paused', data });
    if (hits(clock.resume)) for (const name of ['resumed', 'warned', 'breached']) said.push({ name: `sla.clock-${name}`, data });
    if (hits(clock.stop)) said.push({ name: 'sla.clock-stopped', data });
    if (hits(clock.cancel)) said.push({ name: 'sla.clock-cancelled', data });
  }
  return said;
}

function fed(events: readonly Caused[], reactions: readonly [string, Reaction][]): string[] {
  return reactions.filter(([, r]) => events.some((e) => [r.on].flat().includes(e.name) && couldMatch(r.when, e))).map(([key]) => key);
}

/** False only when a test of `event.*` names another value than the one that is known. */
function couldMatch(when: ConditionTable | undefined, { data }: Caused): boolean {
  return Object.entries(when ?? {}).every(([fact, test]) => {
    // What a reaction says names the reaction and no action.
    if (fact === 'event.action' && data['reaction'] !== undefined && JSON.stringify(test) !== '{"exists":false}') return false;
    const value = fact.startsWith('event.') ? data[fact.slice('event.'.length)] : undefined;
    const wanted = typeof test === 'string' ? [test] : Array.isArray(test) && fact !== 'any' ? (test as unknown[]) : undefined;
    return value === undefined || wanted === undefined || wanted.includes(value);
  });
}

/** The keys from `start` around to itself; undefined when it does not come back. */
function pathBack(start: string, feeds: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const seen = new Set<string>();
  const queue: string[][] = [[start]];
  for (let path = queue.shift(); path !== undefined; path = queue.shift())
    for (const next of feeds.get(path.at(-1) ?? '') ?? []) {
      if (next === start) return path;
      if (!seen.has(next)) {
        seen.add(next);
        queue.push([...path, next]);
      }
    }
  return undefined;
}
