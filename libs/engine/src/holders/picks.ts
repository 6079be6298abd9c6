import { type HolderTable, type Pick } from '@gongdan/packs/format2';
import { type Context, factOf } from '../facts/context.js';
import { type Holder } from '../model/case.js';
import { type Load, NeedsLoads } from '../model/env.js';
import { loadAfter } from './loads.js';
import { type Candidate, type Choice, type For, type Resolved } from './choice.js';

// Whom a pick takes from a pool: nobody while the task waits there to be pulled.

export function isPooled({ pick }: Omit<HolderTable, 'waitsFor'>): boolean {
  return pick === undefined || pick === 'pool';
}

/** One of the people by the pick of the rule, with a claim on room for the task; the pool when nobody is free. */
export function pickFrom(
  pool: Holder,
  people: readonly string[],
  rule: Omit<HolderTable, 'waitsFor'>,
  out: ReadonlySet<string>,
  f: For,
  c: Choice,
): Resolved {
  const { pick } = rule;
  const inPool = { holder: pool, choice: { ...c, candidates: [...c.candidates, candidateOf(pool)] } };
  if (pick === undefined || pick === 'pool') return inPool;
  const { x } = f;
  const unit = pool.unit ?? '';
  if (typeof pick === 'object' && 'mapped' in pick) {
    const person = factOf(x, pick.mapped);
    return typeof person === 'string' && people.includes(person)
      ? mappedTo(person, pool, out, f, { ...c, facts: { ...c.facts, [pick.mapped]: person } })
      : inPool;
  }
  const { skill, level } = skillOf(pick, x);
  const missing = people.filter((p) => !x.view.loads.has(p));
  if (missing.length > 0) throw new NeedsLoads(missing);
  const judged = people.map((person) => {
    const capacity = x.view.directory.capacityOf(person, unit, x.now);
    const load = loadOf(person, f);
    const has = skill === undefined ? 0 : x.view.directory.skillOf(person, skill, x.now, unit);
    const why: Candidate['excluded'] = out.has(person)
      ? 'four-eyes'
      : !x.view.directory.available(person, x.now, unit)
        ? 'absent'
        : capacity !== undefined && load.open >= capacity
          ? 'at-capacity'
          : skill !== undefined && has < level
            ? 'no-skill'
            : undefined;
    return { person, capacity, load, has, why };
  });
  const sticky = pick === 'sticky' ? lastHolderIn(unit, x) : undefined;
  const fit = judged
    .filter((j) => j.why === undefined)
    .sort((a, b) => {
      if (sticky !== undefined && (a.person === sticky) !== (b.person === sticky)) return a.person === sticky ? -1 : 1;
      if (skill !== undefined && a.has !== b.has) return b.has - a.has;
      if (pick !== 'round-robin' && a.load.open !== b.load.open) return a.load.open - b.load.open;
      const [since, other] = [a.load.lastAt ?? '', b.load.lastAt ?? ''];
      return since === other ? (a.person < b.person ? -1 : 1) : since < other ? -1 : 1;
    });
  const candidates = [
    ...fit.map((j) => ({ unit, person: j.person, ...scoreOf(pick, j.has, j.load.open) })),
    ...judged.flatMap((j) => (j.why === undefined ? [] : [{ unit, person: j.person, excluded: j.why }])),
  ];
  const [first, second] = fit;
  const made: Choice = { ...c, candidates: [...c.candidates, ...candidates] };
  if (second !== undefined) made.runnerUp = { unit, person: second.person };
  // Nothing is pushed on people who are full or absent: the task waits in the pool and is pulled (DI-07).
  if (first === undefined) return { holder: pool, choice: made };
  return {
    holder: { ...pool, person: first.person },
    choice: made,
    claim: { person: first.person, ...(first.capacity === undefined ? {} : { capacity: first.capacity }) },
  };
}

/** The person, or his deputy, unless four eyes, absence or a full hand leave the task in the pool. */
function mappedTo(person: string, pool: Holder, out: ReadonlySet<string>, f: For, c: Choice): Resolved {
  const { x } = f;
  const { directory } = x.view;
  const unit = pool.unit ?? '';
  const stands = standIn(person, unit, f);
  const one = stands ?? person;
  const capacity = directory.capacityOf(one, unit, x.now);
  if (capacity !== undefined && !x.view.loads.has(one)) throw new NeedsLoads([one]);
  // A deputy from elsewhere works in the shifts of his own units.
  const where = directory.unitsOf(one, x.now).includes(unit) ? unit : undefined;
  const why: Candidate['excluded'] =
    out.has(person) || out.has(one)
      ? 'four-eyes'
      : stands === undefined || !directory.available(stands, x.now, where)
        ? 'absent'
        : capacity !== undefined && loadOf(one, f).open >= capacity
          ? 'at-capacity'
          : undefined;
  if (why !== undefined) return { holder: pool, choice: { ...c, candidates: [...c.candidates, { unit, person: one, excluded: why }] } };
  return {
    holder: { ...pool, person: one },
    choice: { ...c, candidates: [...c.candidates, { unit, person: one }] },
    claim: { person: one, ...(capacity === undefined ? {} : { capacity }) },
  };
}

function loadOf(person: string, { x, before }: For): Load {
  const load = x.view.loads.get(person) ?? IDLE;
  return before === undefined ? load : loadAfter(load, person, before, x.case, x.now);
}

const IDLE: Load = { open: 0 };

// The score is what the choice went by; turns and familiarity have none, and the order of the candidates tells them.
function scoreOf(pick: Pick, level: number, open: number): { score?: number } {
  if (pick === 'round-robin' || pick === 'sticky') return {};
  return { score: typeof pick === 'object' ? level : open === 0 ? 0 : -open };
}

function skillOf(pick: Pick, x: Context): { skill: string | undefined; level: number } {
  if (typeof pick !== 'object' || !('skill' in pick)) return { skill: undefined, level: 0 };
  const skill = typeof pick.skill === 'string' ? pick.skill : factOf(x, pick.skill.fact);
  const level = typeof pick.level === 'object' ? factOf(x, pick.level.fact) : pick.level;
  return { skill: typeof skill === 'string' ? skill : undefined, level: typeof level === 'number' ? level : 1 };
}

// Tasks stand in the order in which they were opened; who held each step does not say which step came last, and answers only for tasks that are forgotten.
function lastHolderIn(unit: string, x: Context): string | undefined {
  const last = x.case.tasks.findLast(({ holder }) => holder.unit === unit && holder.person !== undefined)?.holder.person;
  if (last !== undefined) return last;
  return Object.values(x.case.held)
    .flat()
    .findLast((h) => h.unit === unit && h.person !== '')?.person;
}

/** The person, or the deputy while the person is absent. */
export function standIn(person: string, unit: string | undefined, f: For): string | undefined {
  const { directory } = f.x.view;
  if (!directory.isAbsent(person, f.x.now)) return person;
  return directory.deputyOf(person, f.x.now, unit);
}

function candidateOf({ unit, person }: Holder): Candidate {
  if (unit === undefined) return person === undefined ? {} : { person };
  return person === undefined ? { unit } : { unit, person };
}
