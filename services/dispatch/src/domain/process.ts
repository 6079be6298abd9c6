import { dispatch, type EventDraft } from '@gongdan/contracts';
import { type Actor, Conflict, Forbidden, type Instant, Invalid, ms, NotFound, Refused } from '@gongdan/kernel';
import { type Action, type ActionField, FIELDS_OF, matches, type Pack, unitOf } from '@gongdan/packs';
import { type Case, type CaseDecision, caseEventData, causedBy, decidedWith, eventOn, factsOf, instantAfter, isOver, move, omit, place, placeAs, positionOf } from './case.js'; // prettier-ignore
import { mayAct, mightAct, personIn } from './performers.js';
import { chosenBy, route } from './routing.js';

// An action belongs to the pack; its kind determines what the engine does. An action is refused with 409 when the step of the case does not allow it, with
// 403 when the actor may not do it, and with 422 when a rule of the pack forbids it.

export interface ActionCommand {
  toUnit?: string | undefined;
  toPerson?: string | undefined;
  reason?: string | undefined;
  evidence?: string | undefined;
  text?: string | undefined;
  reasonClass?: 'customer' | 'third-party' | 'force-majeure' | undefined;
  until?: Instant | undefined;
  solution?: string | undefined;
  outcome?: string | undefined;
}

/** Applies one action of a person to a case. Returns the new case with its events; throws an `AppError` when the action is refused. */
export function advance(pack: Pack, c: Case, key: string, command: ActionCommand, actor: Actor, now: Instant): CaseDecision {
  const action = Object.hasOwn(pack.process.actions, key) ? pack.process.actions[key] : undefined;
  if (action === undefined)
    throw new NotFound('dispatch/no-such-action', { details: { action: key, actions: Object.keys(pack.process.actions) } });
  if (!mightAct(action.by, actor)) throw new Forbidden('dispatch/not-yours', { details: { action: key, by: action.by } });
  if (!action.from.includes(c.step)) throw illegalMove(pack, c, key);
  if (!mayAct(c, action.by, actor)) throw new Forbidden('dispatch/not-yours', { details: { action: key, by: action.by } });
  requireFields(pack, action, command);
  const at = instantAfter(c, now);
  requireRules(pack, c, key, action, at);
  const counted: Case = { ...c, done: { ...c.done, [key]: timesDone(c, key) + 1 } };
  return causedBy(effects[action.kind]({ pack, c: counted, action, command, actor, at }), 'action', key);
}

/** A supervisor names the unit of an unroutable ticket. */
export function routeByHand(pack: Pack, c: Case, unit: string, actor: Actor, now: Instant): CaseDecision {
  if (c.step !== pack.process.system.unroutable) throw illegalMove(pack, c, 'route');
  if (unitOf(pack, unit) === undefined)
    throw new Refused('dispatch/unknown-unit', { violations: [{ pointer: '/unit', detail: `pack ${pack.pack.key} has no unit ${unit}` }] });
  const table = route(pack.routing, factsOf(pack, c), c.excluded);
  const counted = { ...c, excluded: c.excluded.filter((u) => u !== unit), manualRoutes: c.manualRoutes + 1 };
  return causedBy(placeAs(pack, counted, chosenBy('supervisor', unit, table), 'routed', instantAfter(c, now), actor), 'action', 'route');
}

/** The actions that the actor may do to the case now. The fields of the command may still be refused. */
export function available(pack: Pack, c: Case, actor: Actor, now: Instant): string[] {
  const at = instantAfter(c, now);
  return Object.entries(pack.process.actions)
    .filter(([key, a]) => a.from.includes(c.step) && mayAct(c, a.by, actor) && brokenRule(pack, c, key, a, at) === undefined)
    .map(([key]) => key);
}

function illegalMove(pack: Pack, c: Case, action: string): Conflict {
  const possible = Object.entries(pack.process.actions).filter(([, a]) => a.from.includes(c.step));
  return new Conflict('dispatch/illegal-move', {
    details: { action, case: positionOf(c), actions: possible.map(([k]) => k) },
  });
}

// A required reason of invisible characters, U+200B for example, would be none to whoever reads the history.
const isBlank = (text: string | undefined): boolean => /^[\s\p{Default_Ignorable_Code_Point}\p{Cf}\u2800]*$/u.test(text ?? '');

function requireFields(pack: Pack, action: Action, command: ActionCommand): void {
  const fields = FIELDS_OF[action.kind];
  const given = (Object.keys(command) as ActionField[]).filter((f) => command[f] !== undefined);
  const unexpected = given.filter((f) => !fields.takes.includes(f));
  if (unexpected.length > 0)
    throw new Invalid('dispatch/unexpected-fields', {
      violations: unexpected.map((f) => ({ pointer: `/${f}`, detail: `a ${action.kind} action does not take this field` })),
    });
  const receiver: ActionField[] = action.kind === 'transfer' ? [receiverField(pack, action)] : [];
  const required = [...new Set([...fields.always, ...(action.needs ?? []), ...receiver])];
  const missing = required.filter((f) => !given.includes(f) || isBlank(command[f]));
  if (missing.length > 0)
    throw new Refused('dispatch/missing-fields', {
      violations: missing.map((f) => ({ pointer: `/${f}`, detail: 'is required for this action' })),
    });
}

function requireRules(pack: Pack, c: Case, key: string, action: Action, at: Instant): void {
  const broken = brokenRule(pack, c, key, action, at);
  if (broken === 'guard') throw new Refused('dispatch/guard', { details: { action: key, when: action.when } });
  if (broken === 'limit') throw new Refused('dispatch/limit-reached', { details: { action: key, limit: action.limit } });
  if (broken === 'within')
    throw new Refused('dispatch/too-late', { details: { action: key, within: action.within, closedAt: c.closedAt } });
}

/** The first rule of the action that forbids it now. Both the refusal and the list of available actions use it, so that they agree. */
function brokenRule(pack: Pack, c: Case, key: string, action: Action, at: Instant): 'guard' | 'limit' | 'within' | undefined {
  if (!matches(action.when, factsOf(pack, c))) return 'guard';
  if (action.limit !== undefined && timesDone(c, key) >= action.limit) return 'limit';
  if (action.within === undefined || c.closedAt === undefined) return undefined;
  const window = 'hours' in action.within ? action.within.hours * 3_600_000 : action.within.days * 86_400_000;
  return ms(at) - ms(c.closedAt) > window ? 'within' : undefined;
}

// A pack may call an action `constructor`: only own properties are counters.
function timesDone(c: Case, key: string): number {
  return Object.hasOwn(c.done, key) ? (c.done[key] ?? 0) : 0;
}

interface Move {
  pack: Pack;
  /** The case with this action counted. */
  c: Case;
  action: Action;
  command: ActionCommand;
  actor: Actor;
  at: Instant;
}

const effects: Readonly<Record<Action['kind'], (m: Move) => CaseDecision>> = {
  take: ({ pack, c, action, actor, at }) => {
    const next = { ...move(pack, c, action.to, at), holder: actor.id };
    return decidedWith(next, dispatch.TicketAccepted.of({ ...eventOn(next, at), data: caseEventData(next, at) }));
  },
  transfer,
  return: (m) => {
    const { pack, c, action, command, at } = m;
    const from = c.unit ?? '';
    const excluded = [...new Set([...c.excluded, from])];
    const next = omit(move(pack, { ...c, excluded, returns: c.returns + 1 }, action.to, at), 'unit');
    const returned = dispatch.TicketReturned.of({
      ...eventOn(next, at),
      data: {
        ...caseEventData(next, at),
        fromUnit: from,
        reason: command.reason ?? '',
        ...(command.evidence === undefined ? {} : { evidence: command.evidence }),
        count: next.returns,
      },
    });
    return placeAfter(m, { ...next, unit: from }, 'returned', returned);
  },
  reply: (m) => {
    const next = moveByAction(m);
    const data = { ...caseEventData(next, m.at), text: m.command.text ?? '' };
    return decidedWith(next, dispatch.TicketReplied.of({ ...eventOn(next, m.at), data }));
  },
  suspend: (m) => {
    const { reasonClass, reason, until } = m.command;
    if (until !== undefined && until <= m.at)
      throw new Refused('dispatch/until-past', { violations: [{ pointer: '/until', detail: 'must lie in the future' }] });
    const next = moveByAction(m);
    const data = {
      ...caseEventData(next, m.at, reasonClass ?? 'customer'),
      reasonClass: reasonClass ?? 'customer',
      reason: reason ?? '',
      ...(until === undefined ? {} : { until }),
    };
    return decidedWith(next, dispatch.TicketSuspended.of({ ...eventOn(next, m.at), data }));
  },
  resume: (m) => {
    const next = moveByAction(m);
    return decidedWith(next, dispatch.TicketResumed.of({ ...eventOn(next, m.at), data: caseEventData(next, m.at) }));
  },
  resolve: (m) => {
    const next = moveByAction(m);
    const { solution, outcome } = m.command;
    const data = { ...caseEventData(next, m.at), solution: solution ?? '', ...(outcome === undefined ? {} : { outcome }) };
    return decidedWith(next, dispatch.TicketResolved.of({ ...eventOn(next, m.at), data }));
  },
  close: (m) => {
    const next = { ...moveByAction(m), closedAt: m.at };
    const { outcome, reason } = m.command;
    const data = {
      ...caseEventData(next, m.at),
      ...(outcome === undefined ? {} : { outcome }),
      ...(reason === undefined ? {} : { reason }),
    };
    return decidedWith(next, dispatch.TicketClosed.of({ ...eventOn(next, m.at), data }));
  },
  reopen: (m) => {
    const { pack, c, action, command, at } = m;
    const next = omit(move(pack, { ...c, reopens: c.reopens + 1, excluded: [] }, action.to, at), 'closedAt');
    const data = { ...caseEventData(next, at), reason: command.reason ?? '', count: next.reopens };
    return placeAfter(m, next, 'reopened', dispatch.TicketReopened.of({ ...eventOn(next, at), data }));
  },
  cancel: (m) => {
    const next = { ...moveByAction(m), closedAt: m.at };
    const data = { ...caseEventData(next, m.at), reason: m.command.reason ?? '' };
    return decidedWith(next, dispatch.TicketCancelled.of({ ...eventOn(next, m.at), data }));
  },
};

function transfer({ pack, c, action, command, at }: Move): CaseDecision {
  const fromUnit = c.unit ?? '';
  const origin = { fromUnit, ...(c.holder === undefined ? {} : { fromPerson: c.holder }), reason: command.reason ?? '' };
  const transferred = (next: Case): CaseDecision =>
    decidedWith(next, dispatch.TicketTransferred.of({ ...eventOn(next, at), data: { ...caseEventData(next, at), ...origin } }));
  if (receiverField(pack, action) === 'toPerson') {
    const person = command.toPerson ?? '';
    if (command.toUnit !== undefined) throw secondReceiver('/toUnit');
    if (person === c.holder)
      throw new Refused('dispatch/same-receiver', { violations: [{ pointer: '/toPerson', detail: 'already holds the ticket' }] });
    if (!personIn(pack, person, fromUnit))
      throw new Refused('dispatch/not-a-peer', { violations: [{ pointer: '/toPerson', detail: `is no handler of unit ${fromUnit}` }] });
    return transferred({ ...move(pack, c, action.to, at), holder: person });
  }
  const unit = command.toUnit ?? '';
  if (command.toPerson !== undefined) throw secondReceiver('/toPerson');
  if (unit === c.unit)
    throw new Refused('dispatch/same-receiver', { violations: [{ pointer: '/toUnit', detail: 'already has the ticket' }] });
  if (unitOf(pack, unit) === undefined)
    throw new Refused('dispatch/unknown-unit', {
      violations: [{ pointer: '/toUnit', detail: `pack ${pack.pack.key} has no unit ${unit}` }],
    });
  return transferred(move(pack, { ...c, unit }, action.to, at));
}

/** Emits `first` and places the case: in the unit it had when the action has `requeue`, otherwise by the routing rules. */
function placeAfter({ pack, action, actor, at }: Move, next: Case, why: 'returned' | 'reopened', first: EventDraft): CaseDecision {
  const { unit } = next;
  const placed =
    action.then === 'requeue' && unit !== undefined
      ? placeAs(pack, next, chosenBy('requeue', unit, route(pack.routing, factsOf(pack, next), next.excluded)), why, at, actor)
      : place(pack, next, why, at, actor);
  return { state: placed.state, events: [first, ...placed.events], records: placed.records };
}

/** The case in the step of the action. The actor becomes the holder where the step is held by a person and nobody holds the case yet. */
function moveByAction({ pack, c, action, actor, at }: Move): Case {
  const next = move(pack, c, action.to, at);
  const heldByPerson = pack.process.steps[action.to]?.holder === 'person';
  return heldByPerson && next.holder === undefined && !isOver(next.state) ? { ...next, holder: actor.id } : next;
}

function receiverField(pack: Pack, action: Action): 'toUnit' | 'toPerson' {
  return pack.process.steps[action.to]?.holder === 'person' ? 'toPerson' : 'toUnit';
}

function secondReceiver(pointer: string): Refused {
  return new Refused('dispatch/one-receiver', { violations: [{ pointer, detail: 'a transfer has exactly one receiver' }] });
}
