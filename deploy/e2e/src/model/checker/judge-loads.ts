import { type Told } from './documents.js';
import { type People } from './people.js';

interface Span {
  person: string;
  unit: string;
  /** From when he surely held it until when he surely still did; a task that is open at the end is held for ever. */
  from: number;
  to: number;
}

/** The open tasks of each person at the end of the streams. */
export function loadsAt(streams: Iterable<readonly Told[]>): Map<string, number> {
  const loads = new Map<string, number>();
  for (const told of streams) {
    const last = told.at(-1)?.data.case;
    for (const t of [...(last?.side ?? []), ...(last?.lead === undefined ? [] : [last.lead])]) {
      const { person } = t.holder;
      if (person !== undefined) loads.set(person, (loads.get(person) ?? 0) + 1);
    }
  }
  return loads;
}

/**
 * Nobody surely held more tasks at one instant than his capacity. A task is surely held from the answer of the request that gave it to the sending of the one that
 * took it; `windowOf` knows both, and without it a second is allowed for each. Only units whose tasks come from picks or pulls alone may be judged.
 */
export function judgeLoads(
  streams: Iterable<readonly Told[]>,
  people: People,
  units: ReadonlySet<string>,
  windowOf: (correlation: string) => { from: number; to: number } | undefined,
): string[] {
  const spans: Span[] = [];
  for (const told of streams) {
    const open = new Map<number, Span>();
    for (const t of told) {
      const at = Date.parse(t.data.at);
      const own = windowOf(t.correlation);
      const { lead, side } = t.data.case;
      const held = new Map([...side, ...(lead === undefined ? [] : [lead])].map((task) => [task.no, task.holder]));
      for (const [no, span] of open) {
        const holder = held.get(no);
        if (holder?.person === span.person) continue;
        open.delete(no);
        spans.push({ ...span, to: own?.from ?? at - 1_000 });
      }
      for (const [no, { person, unit }] of held)
        if (person !== undefined && unit !== undefined && units.has(unit) && !open.has(no))
          open.set(no, { person, unit, from: own?.to ?? at + 1_000, to: Infinity });
    }
    spans.push(...open.values());
  }
  const problems: string[] = [];
  const byPerson = new Map<string, Span[]>();
  for (const s of spans) if (s.to > s.from) byPerson.set(s.person, [...(byPerson.get(s.person) ?? []), s]);
  for (const [person, all] of byPerson) {
    const capacity = people.capacityOf(person, all[0]?.unit ?? '');
    if (capacity === undefined) continue;
    const most = Math.max(...all.map((s) => all.filter((o) => o.from <= s.from && o.to > s.from).length));
    if (most > capacity) problems.push(`${person} held ${most} tasks at one instant, the capacity is ${capacity}`);
  }
  return problems;
}
