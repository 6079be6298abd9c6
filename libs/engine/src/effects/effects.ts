import { Conflict, Forbidden, idOf, Refused } from '@gongdan/kernel';
import { type Effect, type EffectKind, listOf } from '@gongdan/packs/format2';
import { classify } from './classify.js';
import { holds } from '../facts/conditions.js';
import { factOf } from '../facts/context.js';
import { after, isDuration, momentOf } from '../facts/durations.js';
import { endTask, judge, openGroup, voidOpened } from './groups.js';
import { resolve } from '../holders/holders.js';
import { go, type MoveWhy, pushHop } from './leads.js';
import { type Holder, openTasks, type Request, type Task, type Value } from '../model/case.js';
import { isSealedFact } from '../model/sealing.js';
import { type Work } from '../model/work.js';

type EffectOf<K extends EffectKind> = Extract<Effect, Record<K, unknown>>;

/**
 * Does the effects in their order; of several `go` the first whose condition holds is done. Then judges the groups they touched; what a judged group does is
 * judged again.
 */
export function run(w: Work, effects: readonly Effect[], why: MoveWhy): void {
  applyAll(w, effects, why);
  // Each round ends a group for good, so the loop ends; a group opened by `then` is judged in a later round.
  for (let no = w.toJudge.shift(); no !== undefined; no = w.toJudge.shift()) {
    const key = w.group(no)?.key ?? '';
    const verdict = judge(w, no);
    const spec = w.pack.groups.get(key);
    const next = verdict === 'complete' ? spec?.then : verdict === 'refused' ? spec?.refused : undefined;
    w.following = true;
    applyAll(w, next ?? [], why);
  }
  w.following = false;
  voidOpened(w);
}

function applyAll(w: Work, effects: readonly Effect[], why: MoveWhy): void {
  let moved = false;
  for (const effect of effects) {
    if (!('go' in effect)) {
      apply(w, effect, why);
      continue;
    }
    if (moved) continue;
    const lead = w.lead();
    apply(w, effect, why);
    moved = w.lead() !== lead;
  }
}

function apply(w: Work, effect: Effect, why: MoveWhy): void {
  if (effect.when !== undefined && !holds(effect.when, w.context())) return;
  if ('go' in effect) go(w, effect, why);
  else if ('open' in effect) openGroup(w, effect.open);
  else if ('end' in effect) end(w, effect);
  else if ('assign' in effect) assign(w, effect);
  else if ('set' in effect) set(w, effect.set);
  else if ('classify' in effect) classify(w, effect.classify);
  else if ('sleep' in effect) sleep(w, effect);
  else if ('watch' in effect)
    watch(w, effect.watch === 'self' ? [w.actor.id] : listOf(factOf(w.context(), effect.watch.fact) as string | string[] | undefined));
  else ask(w, effect);
}

/** The tasks that an effect addresses: those of `step:`, else the acting one. */
function addressed(w: Work, step: string | undefined): Task[] {
  if (step !== undefined) return openTasks(w.c).filter((t) => t.step === step);
  const acting = w.actingTask();
  return acting === undefined || acting.endedAt !== undefined ? [] : [acting];
}

function end(w: Work, effect: EffectOf<'end'>): void {
  for (const task of addressed(w, effect.step)) {
    // Packs of before the check refused it end no task after a group.
    if (task.lead && w.following) return;
    if (task.lead) throw new TypeError(`pack ${w.c.pack.key} v${w.c.pack.version} ends its lead ${task.step} without a step`);
    endTask(w, task, effect.end);
  }
}

function assign(w: Work, effect: EffectOf<'assign'>): void {
  for (const task of addressed(w, effect.step)) {
    const found = resolve(effect.assign, { x: w.context(task), actor: w.actor, from: task, before: w.before, same: true });
    if (found.holder === undefined)
      throw new Refused('dispatch/nobody', { details: { candidates: found.choice.candidates } }, 'nobody can hold the task');
    mustDiffer(effect.assign, task, found.holder);
    const { waitsFor } = task.holder;
    const holder: Holder = found.holder.waitsFor === undefined && waitsFor !== undefined ? { ...found.holder, waitsFor } : found.holder;
    reassign(w, task, holder, found.except ?? []);
    if (found.claim !== undefined) w.claims.push(found.claim);
    if (found.choice.rule === 'self') continue;
    const record = w.record(found.choice, task.lead ? 'transferred' : 'assigned', task, holder);
    if (task.lead && w.transfer !== undefined) w.transfer = { ...w.transfer, record };
  }
}

// Whoever names the present holder as receiver has made a mistake.
function mustDiffer(rule: EffectOf<'assign'>['assign'], task: Task, holder: Holder): void {
  if (rule === 'self' || task.holder.unit !== holder.unit) return;
  if (rule.person !== undefined && task.holder.person !== holder.person) return;
  const named = rule.person?.fact ?? (typeof rule.unit === 'object' && 'fact' in rule.unit ? rule.unit.fact : undefined);
  if (named?.startsWith('input.') !== true) return;
  throw new Refused('dispatch/same-receiver', {
    violations: [{ pointer: `/${named.slice('input.'.length)}`, detail: 'has the task already' }],
  });
}

/**
 * The same task with another holder. Another unit, or another person whom somebody else named, makes it a transfer of the lead. Whom its pool leaves out stays out
 * unless `except` says otherwise.
 */
export function reassign(w: Work, task: Task, holder: Holder, except: readonly string[] | undefined = task.except): void {
  const { unit, person } = task.holder;
  const changed = w.changeTask(task.no);
  if (changed === undefined) return;
  changed.holder = holder;
  if (except !== undefined && except.length > 0) changed.except = except;
  else if (changed.except !== undefined) delete changed.except;
  w.hold(changed);
  if (!task.lead) {
    w.tell('task-assigned', { task: task.no, step: task.step, holder, from: task.holder });
    return;
  }
  const moved = holder.unit !== unit;
  if (moved) pushHop(w, holder.unit, task.step, undefined);
  if (moved || (holder.person !== person && holder.person !== undefined && holder.person !== w.actor.id))
    w.transfer = { record: undefined, fromUnit: unit, fromPerson: person };
}

/** Sets what was filled in as fields of the case. */
export function setFields(w: Work, input: Readonly<Record<string, Value>>): void {
  if (w.c.groups.length > 0) for (const name in input) mustBeFree(w, name, input[name] ?? null);
  w.setFields(input);
}

/** Sets fields of the case; `ticket.title`, `ticket.description` and `ticket.place…` are a correction that intake follows. */
export function set(w: Work, values: EffectOf<'set'>['set']): void {
  for (const [name, given] of Object.entries(values)) {
    const fact = typeof given === 'object' && given !== null ? given.fact : undefined;
    const value = fact === undefined ? (given as Value) : (factOf(w.context(), fact) as Value | undefined);
    if (value === undefined) continue;
    if (name.startsWith('ticket.')) correct(w, name.slice('ticket.'.length), value, fact);
    else setField(w, name, sealedFor(w, name, value, fact));
  }
}

/** The value as the field keeps it: a personal field seals what it gets, and what came sealed stays so and is told as sealed whatever field gets it. */
function sealedFor(w: Work, name: string, value: Value, fact: string | undefined): Value {
  const comes = fact !== undefined && isSealedFact(w, fact);
  if (value === null || (!comes && !w.pack.personal.has(name))) return value;
  w.sealed = [...new Set([...(w.sealed ?? []), name])];
  return comes ? value : w.view.seal(JSON.stringify(value));
}

/** Changes a field. Throws `Conflict('dispatch/field-locked')` while a group that is about the field is open (law 12); nobody has seen yet what this decision opens. */
export function setField(w: Work, name: string, value: Value): void {
  mustBeFree(w, name, value);
  w.setField(name, value);
}

function mustBeFree(w: Work, name: string, value: Value): void {
  for (const group of w.c.groups) {
    if (group.state !== 'open' || group.no > w.before.lastGroup || group.about?.includes(name) !== true) continue;
    if (same(w.c.fields[name], value)) break;
    throw new Conflict(
      'dispatch/field-locked',
      { details: { field: name, group: group.key } },
      'the field is part of what others are approving',
    );
  }
}

function same(a: Value | undefined, b: Value): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

/** What an event about a correction can carry, by the part that is corrected. */
const CORRECTIONS: ReadonlyMap<string, (value: string | number) => boolean> = new Map([
  ['title', (v: string | number) => typeof v === 'string' && v.trim() !== '' && v.length <= 300],
  ['description', (v: string | number) => typeof v === 'string' && v.length <= 20_000],
  ['place.address', (v: string | number) => typeof v === 'string' && v.length <= 500],
  ['place.area', (v: string | number) => typeof v === 'string' && v.length <= 120],
  ['place.latitude', (v: string | number) => typeof v === 'number' && Math.abs(v) <= 90],
  ['place.longitude', (v: string | number) => typeof v === 'number' && Math.abs(v) <= 180],
]);

function correct(w: Work, name: string, value: Value, from = ''): void {
  const [head = '', part] = name.split('.');
  const fits = CORRECTIONS.get(name);
  if ((typeof value !== 'string' && typeof value !== 'number') || fits?.(value) === false) {
    const pointer = from.startsWith('input.') ? `/${from.slice('input.'.length)}` : '';
    throw new Refused('dispatch/invalid-fields', {
      violations: [{ pointer, detail: `cannot be the ${name.replace('.', ' ')} of a ticket` }],
    });
  }
  w.corrected ??= {};
  if (head === 'title' && typeof value === 'string') {
    w.c.title = value;
    w.corrected['title'] = value;
  } else if (head === 'description') w.corrected['description'] = value;
  else if (head === 'place' && part !== undefined) {
    const place = { ...w.c.ticket.place, [part]: value };
    w.c.ticket = { ...w.c.ticket, place };
    w.corrected['place'] = place;
  }
}

function sleep(w: Work, effect: EffectOf<'sleep'>): void {
  const { until, waitsFor } = effect.sleep;
  const wakes = momentOf(w.pack, w.at, typeof until === 'string' ? until : factOf(w.context(), until.fact));
  const pointer = typeof until === 'object' && until.fact.startsWith('input.') ? `/${until.fact.slice('input.'.length)}` : '/until';
  if (wakes === undefined || wakes <= w.at)
    throw new Refused('dispatch/until-past', {
      violations: [{ pointer, detail: 'must be an instant, a date or a length of time that ends in the future' }],
    });
  for (const task of addressed(w, effect.step)) {
    const asleep = w.changeTask(task.no);
    if (asleep === undefined) continue;
    asleep.sleepsUntil = wakes;
    asleep.sleeps += 1;
    if (waitsFor !== undefined) asleep.holder = { ...task.holder, waitsFor };
    w.tell('task-slept', { task: task.no, step: task.step, until: wakes });
  }
}

/** So many fit into an event. */
const MOST_WATCHERS = 1_000;

/** Adds watchers: people of the organisation only (DI-28). */
export function watch(w: Work, people: readonly string[]): void {
  const outsiders = people.filter((p) => p !== w.actor.id && !w.view.directory.isActive(p, w.at));
  if (outsiders.length > 0)
    throw new Forbidden('dispatch/outsider', { details: { people: outsiders } }, 'a ticket is shared with people of the organisation only');
  const watchers = [...new Set([...w.c.watchers, ...people])];
  if (watchers.length === w.c.watchers.length) return;
  if (watchers.length > MOST_WATCHERS)
    throw new Refused('dispatch/invalid-fields', { violations: [{ pointer: '/people', detail: 'a ticket has at most 1,000 watchers' }] });
  w.c.watchers = watchers;
  w.watched = true;
}

type Asking = EffectOf<'register'> | EffectOf<'link'> | EffectOf<'charge'> | EffectOf<'extend'> | EffectOf<'cascade'>;

/** Asks another service, or the children of the ticket, for something; the answer is an event with the same id. */
function ask(w: Work, effect: Asking): void {
  const kind = (['register', 'link', 'charge', 'extend', 'cascade'] as const).find((k) => k in effect);
  if (kind === undefined) throw new TypeError(`${Object.keys(effect).join()} is not an effect`);
  // The version of the case and the place of the request in the decision make the id, so that the same decision asks once. The length of the list would not do:
  // the oldest answered ones fall off, and then two requests of one decision had the same.
  const place = w.c.requests.filter((r) => !w.before.requests.includes(r)).length;
  const id = idOf('request', w.c.org, w.c.ticketId, w.before.version, place);
  const request: Request = { id, kind, cause: w.cause.key, state: 'pending', run: w.c.run };
  const pending = w.c.requests.filter((r) => r.state === 'pending');
  w.c.requests = [...pending, ...w.c.requests.filter((r) => r.state !== 'pending').slice(-16), request];
  const body = values(w, (effect as Record<string, unknown>)[kind]);
  w.tell('request-asked', { id, kind, body: kind === 'extend' ? untilWhen(w, body as Record<string, unknown>) : body });
}

// A length of time begins now; sla would count one in `by` from the deadline on. A date stays one, because only sla knows the zone of the clock.
function untilWhen(w: Work, body: Record<string, unknown>): Record<string, unknown> {
  const { until } = body;
  return isDuration(until) ? { ...body, until: after(w.pack, w.at, until) } : body;
}

/** The same object with every `{fact}` replaced by its value. */
function values(w: Work, body: unknown): unknown {
  if (Array.isArray(body)) return body.map((item) => values(w, item));
  if (typeof body !== 'object' || body === null) return body;
  const { fact } = body as { fact?: unknown };
  if (typeof fact === 'string') return factOf(w.context(), fact);
  return Object.fromEntries(
    Object.entries(body)
      .map(([k, v]) => [k, values(w, v)] as const)
      .filter(([, v]) => v !== undefined),
  );
}
