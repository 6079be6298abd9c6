import { type Except, type HolderRule, type HolderTable, type UnitRule } from '@gongdan/packs/format2';
import { type Near } from '@gongdan/directory';
import { type Context, factOf } from '../facts/context.js';
import { type Candidate, type Choice, type For, type Resolved, type Site } from './choice.js';
import { doerOf, type Excluded, excluded } from './performers.js';
import { countedOf, type Holder } from '../model/case.js';
import { holderOf } from '../model/shapes.js';
import { isPooled, pickFrom, standIn } from './picks.js';
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
  return except === undefined || except.length === 0 ? found : { holder: found.holder, choice: found.choice, claim: found.claim, except };
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
  return leftOut(poolOf(named, rule, f, c, { units: out.units, people }), [...people].sort());
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
    climb.push({ unit: above, people: countOf(people, out) });
    if (climb.at(-1)?.people === 0) continue;
    const climbed = above === unit ? c : { ...c, climbedFrom: unit };
    return noted(pickFrom(holderOf(above, rule.role, undefined), people, rule, out.people, f, climbed), { climb });
  }
  // Those who hold the role for the whole organisation are the last on the way up; they take the task for the unit from which it climbed.
  const everywhere = directory.membersWith(undefined, rule.role, x.now);
  climb.push({ people: countOf(everywhere, out) });
  if (climb.at(-1)?.people !== 0)
    return noted(pickFrom(holderOf(unit, rule.role, undefined), everywhere, rule, out.people, f, { ...c, climbedFrom: unit }), { climb });
  return noted(refuse('nobody-holds-the-role'), { climb });
}

function countOf(people: readonly string[], out: Excluded): number {
  return people.reduce((n, p) => (out.people.has(p) ? n : n + 1), 0);
}

/** The choice with what it went by, so that it can be judged again from its record. */
function noted(found: Resolved, basis: { climb: NonNullable<Candidate['climb']> } | { sites: Site[] }): Resolved {
  const [first, ...rest] = found.choice.candidates;
  const noted = Object.assign({}, first, basis);
  return { ...found, choice: { ...found.choice, candidates: [noted, ...rest] } };
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
