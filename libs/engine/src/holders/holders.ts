import { type Except, type HolderRule, type HolderTable, type Pick, type UnitRule } from '@gongdan/packs/format2';
import { type Near } from '@gongdan/directory';
import { type Context, factOf } from '../facts/context.js';
import { type Candidate, type Choice, type For, type Resolved, type Site } from './choice.js';
import { NeedsLoads } from '../model/env.js';
import { doerOf, type Excluded, excluded } from './performers.js';
import { countedOf, type Holder } from '../model/case.js';
import { holderOf } from '../model/shapes.js';
import { decideTable } from './routing.js';

const choice = (rule: string, facts: Choice['facts'] = {}): Choice => ({
  rule,
  table: undefined,
  candidates: [],
  runnerUp: undefined,
  facts,
  climbedFrom: undefined,
});

/** Who holds a task by the rule. Total: a rule that names nobody has no holder. */
export function resolve(rule: HolderRule | undefined, f: For): Resolved {
  if (rule === undefined) return kept(f);
  if (rule === 'self')
    return leftOut(
      known(self(f), choice('self')),
      f.from?.except?.filter((p) => p !== f.actor.id),
    );
  const waiting = rule.waitsFor === undefined ? undefined : waitingFor(rule.waitsFor, f.x);
  const found = namesNobody(rule) ? kept(f) : resolveWho(rule, f);
  if (found.holder === undefined || waiting === undefined) return found;
  const { unit, role, person } = found.holder;
  return { ...found, holder: holderOf(unit, role, person, waiting) };
}

/** The holder before, and whom his pool leaves out. */
function kept({ from }: For): Resolved {
  return leftOut(known(withoutWaiting(from?.holder ?? {}), choice('keep')), from?.except);
}

function leftOut(found: Resolved, except: readonly string[] | undefined): Resolved {
  return except === undefined || except.length === 0 ? found : { ...found, except };
}

function namesNobody(rule: HolderTable): boolean {
  for (const key in rule) if (key !== 'waitsFor') return false;
  return true;
}

function known(holder: Holder, c: Choice): Resolved {
  const { unit, role, person, waitsFor } = holder;
  return (unit ?? role ?? person ?? waitsFor) === undefined ? { choice: c } : { holder, choice: c };
}

function resolveWho(rule: Omit<HolderTable, 'waitsFor'>, f: For): Resolved {
  if (rule.route !== undefined) return decideTable(rule.route, f, (row) => tryRow(row, f, rule.except));
  if (rule.doer !== undefined) return lastDoer(rule.doer, f);
  if (rule.previous !== undefined) return previousHolder(rule.previous, f);
  if (rule.person !== undefined) return namedPerson(rule, f);
  const sites = sitesOf(rule.unit, f);
  const unit = rule.unit === undefined ? baseUnit(rule, f) : (sites?.[0]?.unit ?? unitOf(rule.unit, f));
  return withSites(unitHolder(unit, rule, f, choice(rule.role === undefined ? 'unit' : 'role')), sites, f);
}

/** A unit as holder: its pool, the pool of a role, or one person picked from them. */
export function unitHolder(named: string | undefined, rule: Omit<HolderTable, 'waitsFor'>, f: For, c: Choice): Resolved {
  const out = excluded(rule.except, f.x);
  const kept = f.same === true ? f.from?.except : undefined;
  if (kept === undefined && out.people.size === 0) return poolOf(named, rule, f, c, out);
  const people = new Set([...(kept ?? []), ...out.people]);
  return { ...poolOf(named, rule, f, c, { ...out, people }), except: [...people].sort() };
}

function poolOf(named: string | undefined, rule: Omit<HolderTable, 'waitsFor'>, f: For, c: Choice, out: Excluded): Resolved {
  const { x } = f;
  const { directory } = x.view;
  if (named === undefined) return { choice: { ...c, candidates: [...c.candidates, { excluded: 'unknown' }] } };
  const unit = directory.successorOf(named, x.now);
  const refuse = (why: NonNullable<Candidate['excluded']>): Resolved => ({
    choice: { ...c, candidates: [...c.candidates, { unit: named, excluded: why }] },
  });
  if (unit === undefined) return refuse(directory.unit(named) === undefined ? 'unknown' : 'closed');
  if (out.units.has(unit)) return refuse('returned');
  if (rule.role === undefined) {
    const everybody = isPooled(rule) ? [] : directory.membersOf(unit, x.now);
    return pickFrom(holderOf(unit, undefined, undefined), everybody, rule, out.people, f, c);
  }
  const climb: NonNullable<Candidate['climb']> = [];
  for (let above: string | undefined = unit; above !== undefined; above = directory.parentOf(above)) {
    const people = directory.membersWith(above, rule.role, x.now);
    climb.push({ unit: above, people: people.reduce((n, p) => (out.people.has(p) ? n : n + 1), 0) });
    if (climb.at(-1)?.people === 0) continue;
    const climbed = above === unit ? c : { ...c, climbedFrom: unit };
    return noted(pickFrom(holderOf(above, rule.role, undefined), people, rule, out.people, f, climbed), { climb });
  }
  // Whoever holds the role for the whole organisation is the last on the way up.
  const everywhere = directory.membersWith(undefined, rule.role, x.now).filter((p) => !out.people.has(p));
  const [person] = everywhere;
  climb.push({ people: everywhere.length });
  if (person !== undefined) {
    const candidates = [...c.candidates, { unit, person, climb }];
    return { holder: { unit, role: rule.role, person }, choice: { ...c, candidates, climbedFrom: unit } };
  }
  return noted(refuse('nobody-holds-the-role'), { climb });
}

/** The choice with what it went by, so that it can be judged again from its record. */
function noted(found: Resolved, basis: { climb: NonNullable<Candidate['climb']> } | { sites: Site[] }): Resolved {
  const [first, ...rest] = found.choice.candidates;
  return { ...found, choice: { ...found.choice, candidates: [{ ...first, ...basis }, ...rest] } };
}

/** A record keeps so many sites: the first is the choice, the others show what it was compared with. */
const MOST_SITES = 5;

function sitesOf(rule: UnitRule | undefined, { x }: For): Site[] | undefined {
  if (typeof rule !== 'object' || !('nearest' in rule)) return undefined;
  return nearestSites(rule.nearest, x)
    ?.slice(0, MOST_SITES)
    .flatMap(({ unit: { key: unit, coordinates } }) => (coordinates === undefined ? [] : [{ unit, ...coordinates }]));
}

function withSites(found: Resolved, sites: Site[] | undefined, { x }: For): Resolved {
  if (sites === undefined) return found;
  const { latitude, longitude } = placeOf(x);
  const { facts } = found.choice;
  const there = noted(found, { sites });
  return { ...there, choice: { ...there.choice, facts: { ...facts, 'place.latitude': latitude, 'place.longitude': longitude } } };
}

function placeOf(x: Context): { latitude?: number; longitude?: number } {
  return (x.case.ticket.place ?? {}) as { latitude?: number; longitude?: number };
}

function nearestSites({ under, level }: { under: string; level?: string | undefined }, x: Context): Near[] | undefined {
  const { latitude, longitude } = placeOf(x);
  if (typeof latitude !== 'number' || typeof longitude !== 'number') return undefined;
  return x.view.directory.nearest({ latitude, longitude }, { under, ...(level === undefined ? {} : { level }) }, x.now);
}

function isPooled({ pick }: Omit<HolderTable, 'waitsFor'>): boolean {
  return pick === undefined || pick === 'pool';
}

function pickFrom(
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
    const stands = typeof person === 'string' && people.includes(person) ? standIn(person, unit, f) : undefined;
    if (stands === undefined) return inPool;
    return {
      holder: { ...pool, person: stands },
      choice: { ...c, candidates: [{ unit, person: stands }], facts: { ...c.facts, [pick.mapped]: person } },
    };
  }
  const { skill, level } = skillOf(pick, x);
  const missing = people.filter((p) => !x.view.loads.has(p));
  if (missing.length > 0) throw new NeedsLoads(missing);
  const judged = people.map((person) => {
    const capacity = x.view.directory.capacityOf(person, unit, x.now);
    const load = x.view.loads.get(person) ?? { open: 0 };
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

function baseUnit(rule: Omit<HolderTable, 'waitsFor'>, f: For): string | undefined {
  const { x, from } = f;
  const own = from?.holder.unit ?? x.case.hops.at(-1)?.unit ?? x.case.ticket.unit;
  const { of } = rule;
  if (typeof of === 'object') return textFact(x, of.fact);
  if (of === undefined || of === 'unit') return own;
  if (of === 'registering-unit') return x.case.ticket.unit;
  if (of === 'parent') return own === undefined ? undefined : x.view.directory.parentOf(own);
  if (of.startsWith('level:')) return own === undefined ? undefined : x.view.directory.upToLevel(own, of.slice('level:'.length));
  return of;
}

/** The key of the unit that the rule names; it may be closed or unknown. */
export function unitOf(rule: UnitRule, f: For): string | undefined {
  const { x } = f;
  if (typeof rule === 'string') return rule;
  if ('fact' in rule) return textFact(x, rule.fact);
  const { directory } = x.view;
  if ('code' in rule) {
    const code = textFact(x, rule.code.fact);
    if (code === undefined) return undefined;
    const unit = directory.unitByCode(code);
    if (unit === undefined || (rule.under !== undefined && !directory.isWithin(unit, rule.under))) return undefined;
    return rule.level === undefined ? unit : directory.upToLevel(unit, rule.level);
  }
  return nearestSites(rule.nearest, x)?.[0]?.unit.key;
}

function namedPerson(rule: Omit<HolderTable, 'waitsFor'>, f: For): Resolved {
  const { x, from } = f;
  const person = rule.person === undefined ? undefined : textFact(x, rule.person.fact);
  const c = choice('person', rule.person === undefined ? {} : { [rule.person.fact]: person });
  const unit = rule.unit === undefined ? undefined : unitOf(rule.unit, f);
  if (person === undefined) return { choice: c };
  return personOf(person, unit ?? from?.holder.unit, f, c);
}

/** The person, for the unit if he is its member, else for the first of his units; his deputy while he is absent. A leaver: the pool of the unit. */
function personOf(person: string, unit: string | undefined, f: For, c: Choice): Resolved {
  const { directory } = f.x.view;
  const { now } = f.x;
  const made = { ...c, candidates: [{ person, ...(unit === undefined ? {} : { unit }) }] };
  if (directory.person(person) === undefined) return unit === undefined ? known({ person }, made) : known({ unit, person }, made);
  if (!directory.isActive(person, now)) return known(unit === undefined ? {} : { unit }, made);
  const units = directory.unitsOf(person, now);
  const home = unit !== undefined && (units.includes(unit) || units.length === 0) ? unit : units[0];
  const stands = standIn(person, home, f) ?? person;
  return known(holderOf(home, undefined, stands), made);
}

function standIn(person: string, unit: string | undefined, f: For): string | undefined {
  const { directory } = f.x.view;
  if (!directory.isAbsent(person, f.x.now)) return person;
  return directory.deputyOf(person, f.x.now, unit);
}

function lastDoer(action: string, f: For): Resolved {
  const { x } = f;
  const person = doerOf(x, action);
  const unit = action === 'registration' ? x.case.ticket.unit : countedOf(x.case, action)?.unit;
  const c = choice('doer', { [action]: person });
  if (person === undefined || person.startsWith('system:')) return known(unit === undefined ? {} : { unit }, c);
  return personOf(person, unit, f, c);
}

function previousHolder(step: string, f: For): Resolved {
  const last = (Object.hasOwn(f.x.case.held, step) ? f.x.case.held[step] : undefined)?.at(-1);
  const c = choice('previous', { [step]: last?.person ?? last?.unit });
  if (last === undefined) return { choice: c };
  if (last.person === '') return known(last.unit === undefined ? {} : { unit: last.unit }, c);
  return personOf(last.person, last.unit, f, c);
}

// Tasks stand in the order in which they were opened; who held each step does not say which step came last, and answers only for tasks that are forgotten.
function lastHolderIn(unit: string, x: Context): string | undefined {
  const last = x.case.tasks.findLast(({ holder }) => holder.unit === unit && holder.person !== undefined)?.holder.person;
  if (last !== undefined) return last;
  return Object.values(x.case.held)
    .flat()
    .findLast((h) => h.unit === unit && h.person !== '')?.person;
}

/** Who acts holds the task for the unit that has it; without one, for his own. */
function self({ actor, from }: For): Holder {
  const unit = from?.holder.unit ?? actor.memberships.find((m) => m.unit !== undefined)?.unit;
  return holderOf(unit, undefined, actor.id);
}

function waitingFor(rule: NonNullable<HolderTable['waitsFor']>, x: Context): Holder['waitsFor'] {
  if (typeof rule === 'string') return rule;
  if ('group' in rule) return rule;
  const party = factOf(x, rule.fact);
  return party === 'customer' || party === 'third-party' || party === 'force-majeure' ? party : undefined;
}

export function withoutWaiting(holder: Holder): Holder {
  if (holder.waitsFor === undefined) return holder;
  return holderOf(holder.unit, holder.role, holder.person);
}

function candidateOf({ unit, person }: Holder): Candidate {
  if (unit === undefined) return person === undefined ? {} : { person };
  return person === undefined ? { unit } : { unit, person };
}

function textFact(x: Context, name: string): string | undefined {
  const value = factOf(x, name);
  return typeof value === 'string' ? value : undefined;
}

// Units of a row that were returned, or that are closed, are passed over.
function tryRow(rule: HolderTable, f: For, except: Except | undefined): Resolved {
  const narrowed: HolderTable = except === undefined ? rule : { ...rule, except: { ...rule.except, ...except } };
  if (narrowed.unit === undefined || narrowed.person !== undefined) return resolve(narrowed, f);
  const sites = sitesOf(narrowed.unit, f);
  const found = unitHolder(sites?.[0]?.unit ?? unitOf(narrowed.unit, f), narrowed, f, { rule: 'unit', candidates: [], facts: {} });
  return withSites(found, sites, f);
}
