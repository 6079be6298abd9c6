import { dispatch, type EventDraft } from '@gongdan/contracts';
import { type Actor, Conflict, decided, Forbidden, type Instant, Invalid, ms, NotFound, Refused } from '@gongdan/kernel';
import { type Action, type ActionField, FIELDS_OF, matches, type Pack, unitOf } from '@gongdan/packs';
import { type Case, type CaseDecision, factsOf, isOver, move, place, placeAs, said, without } from './case.js';
import { mayAct, mightAct, personIn } from './performers.js';
import { chosenBy, route } from './routing.js';

// An action is a verb of the pack; its kind says what the engine does. A move is refused with 409 when the step does not allow it, with 403 when the
// person may not, with 422 when a rule of the pack says no.

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

/** One action of a person on a case: the new case and what is said, or a refusal with its code. */
export function advance(pack: Pack, c: Case, key: string, command: ActionCommand, actor: Actor, now: Instant): CaseDecision {
  const action = Object.hasOwn(pack.process.actions, key) ? pack.process.actions[key] : undefined;
  if (action === undefined)
    throw new NotFound('dispatch/no-such-action', { details: { action: key, actions: Object.keys(pack.process.actions) } });
  if (!mightAct(action.by, actor)) throw new Forbidden('dispatch/not-yours', { details: { action: key, by: action.by } });
  if (!action.from.includes(c.step)) throw illegalMove(pack, c, key);
  if (!mayAct(pack, c, action.by, actor)) throw new Forbidden('dispatch/not-yours', { details: { action: key, by: action.by } });
  mustFit(pack, action, command);
  mustBeAllowed(pack, c, key, action, now);
  const counted: Case = { ...c, done: { ...c.done, [key]: (c.done[key] ?? 0) + 1 } };
  return verbs[action.kind]({ pack, c: counted, action, command, actor, now });
}

/** A supervisor names the unit where no rule does. */
export function routeByHand(pack: Pack, c: Case, unit: string, actor: Actor, now: Instant): CaseDecision {
  if (c.step !== pack.process.system.unroutable) throw illegalMove(pack, c, 'route');
  if (unitOf(pack, unit) === undefined)
    throw new Refused('dispatch/unknown-unit', { violations: [{ pointer: '/unit', detail: `pack ${pack.pack.key} has no unit ${unit}` }] });
  const table = route(pack.routing, factsOf(pack, c), c.excluded);
  const chosen = chosenBy('supervisor', unit, table);
  return placeAs(
    pack,
    { ...c, excluded: c.excluded.filter((u) => u !== unit), done: { ...c.done, route: (c.done['route'] ?? 0) + 1 } },
    chosen,
    'routed',
    now,
    actor,
  );
}

/** What the actor could do to the case as it stands. */
export function available(pack: Pack, c: Case, actor: Actor): string[] {
  return Object.entries(pack.process.actions)
    .filter(
      ([key, a]) =>
        a.from.includes(c.step) &&
        mayAct(pack, c, a.by, actor) &&
        (a.limit === undefined || (c.done[key] ?? 0) < a.limit) &&
        matches(a.when, factsOf(pack, c)),
    )
    .map(([key]) => key);
}

export function illegalMove(pack: Pack, c: Case, action: string): Conflict {
  const possible = Object.entries(pack.process.actions).filter(([, a]) => a.from.includes(c.step));
  return new Conflict('dispatch/illegal-move', { details: { action, case: said(c, c.since).case, actions: possible.map(([k]) => k) } });
}

function mustFit(pack: Pack, action: Action, command: ActionCommand): void {
  const fields = FIELDS_OF[action.kind];
  const given = (Object.keys(command) as ActionField[]).filter((f) => command[f] !== undefined);
  const foreign = given.filter((f) => !fields.takes.includes(f));
  if (foreign.length > 0)
    throw new Invalid('dispatch/unexpected-fields', {
      violations: foreign.map((f) => ({ pointer: `/${f}`, detail: `a ${action.kind} does not take it` })),
    });
  const receiver: ActionField[] = action.kind === 'transfer' ? [receiverField(pack, action)] : [];
  const needed = [...new Set([...fields.always, ...(action.needs ?? []), ...receiver])];
  const missing = needed.filter((f) => !given.includes(f) || command[f] === '');
  if (missing.length > 0)
    throw new Refused('dispatch/missing-fields', {
      violations: missing.map((f) => ({ pointer: `/${f}`, detail: 'is needed for this action' })),
    });
}

function mustBeAllowed(pack: Pack, c: Case, key: string, action: Action, now: Instant): void {
  if (!matches(action.when, factsOf(pack, c))) throw new Refused('dispatch/guard', { details: { action: key, when: action.when } });
  if (action.limit !== undefined && (c.done[key] ?? 0) >= action.limit)
    throw new Refused('dispatch/limit-reached', { details: { action: key, limit: action.limit } });
  if (action.within === undefined || c.closedAt === undefined) return;
  const span = 'hours' in action.within ? action.within.hours * 3_600_000 : action.within.days * 86_400_000;
  if (ms(now) - ms(c.closedAt) > span)
    throw new Refused('dispatch/too-late', { details: { action: key, within: action.within, closedAt: c.closedAt } });
}

interface Move {
  pack: Pack;
  c: Case;
  action: Action;
  command: ActionCommand;
  actor: Actor;
  now: Instant;
}

const verbs: Readonly<Record<Action['kind'], (m: Move) => CaseDecision>> = {
  take: ({ pack, c, action, actor, now }) => {
    const next = { ...move(pack, c, action.to, now), holder: actor.id };
    return told(next, dispatch.TicketAccepted.of({ ...fact(next, now), data: said(next, now) }));
  },
  transfer,
  return: (m) => {
    const { pack, c, action, command, now } = m;
    const from = c.unit ?? '';
    const excluded = [...new Set([...c.excluded, from])];
    const next = { ...without(move(pack, { ...c, excluded, returns: c.returns + 1 }, action.to, now), 'unit') };
    const returned = dispatch.TicketReturned.of({
      ...fact(next, now),
      data: {
        ...said(next, now),
        fromUnit: from,
        reason: command.reason ?? '',
        ...(command.evidence === undefined ? {} : { evidence: command.evidence }),
        count: next.returns,
      },
    });
    return then(m, { ...next, unit: from }, 'returned', returned);
  },
  reply: (m) => {
    const next = step(m);
    return told(next, dispatch.TicketReplied.of({ ...fact(next, m.now), data: { ...said(next, m.now), text: m.command.text ?? '' } }));
  },
  suspend: (m) => {
    const { reasonClass, reason, until } = m.command;
    if (until !== undefined && until <= m.now)
      throw new Refused('dispatch/until-past', { violations: [{ pointer: '/until', detail: 'must lie in the future' }] });
    const next = step(m);
    const data = {
      ...said(next, m.now),
      reasonClass: reasonClass ?? 'customer',
      reason: reason ?? '',
      ...(until === undefined ? {} : { until }),
    };
    return told(next, dispatch.TicketSuspended.of({ ...fact(next, m.now), data }));
  },
  resume: (m) => {
    const next = step(m);
    return told(next, dispatch.TicketResumed.of({ ...fact(next, m.now), data: said(next, m.now) }));
  },
  resolve: (m) => {
    const next = step(m);
    const { solution, outcome } = m.command;
    return told(
      next,
      dispatch.TicketResolved.of({
        ...fact(next, m.now),
        data: { ...said(next, m.now), solution: solution ?? '', ...(outcome === undefined ? {} : { outcome }) },
      }),
    );
  },
  close: (m) => {
    const next = { ...step(m), closedAt: m.now };
    const { outcome, reason } = m.command;
    const data = { ...said(next, m.now), ...(outcome === undefined ? {} : { outcome }), ...(reason === undefined ? {} : { reason }) };
    return told(next, dispatch.TicketClosed.of({ ...fact(next, m.now), data }));
  },
  reopen: (m) => {
    const { pack, c, action, command, now } = m;
    const next = without(move(pack, { ...c, reopens: c.reopens + 1, excluded: [] }, action.to, now), 'closedAt');
    return then(
      m,
      next,
      'reopened',
      dispatch.TicketReopened.of({ ...fact(next, now), data: { ...said(next, now), reason: command.reason ?? '', count: next.reopens } }),
    );
  },
  cancel: (m) => {
    const next = { ...step(m), closedAt: m.now };
    return told(
      next,
      dispatch.TicketCancelled.of({ ...fact(next, m.now), data: { ...said(next, m.now), reason: m.command.reason ?? '' } }),
    );
  },
};

function transfer({ pack, c, action, command, now }: Move): CaseDecision {
  const fromUnit = c.unit ?? '';
  const reason = command.reason ?? '';
  const from = { fromUnit, ...(c.holder === undefined ? {} : { fromPerson: c.holder }), reason };
  if (receiverField(pack, action) === 'toPerson') {
    const person = command.toPerson ?? '';
    if (command.toUnit !== undefined) throw oneReceiver('/toUnit');
    if (person === c.holder)
      throw new Refused('dispatch/same-receiver', { violations: [{ pointer: '/toPerson', detail: 'already holds it' }] });
    if (!personIn(pack, person, fromUnit))
      throw new Refused('dispatch/not-a-peer', { violations: [{ pointer: '/toPerson', detail: `is no handler of unit ${fromUnit}` }] });
    const next = { ...move(pack, c, action.to, now), holder: person };
    return told(next, dispatch.TicketTransferred.of({ ...fact(next, now), data: { ...said(next, now), ...from } }));
  }
  const unit = command.toUnit ?? '';
  if (command.toPerson !== undefined) throw oneReceiver('/toPerson');
  if (unit === c.unit) throw new Refused('dispatch/same-receiver', { violations: [{ pointer: '/toUnit', detail: 'already has it' }] });
  if (unitOf(pack, unit) === undefined)
    throw new Refused('dispatch/unknown-unit', {
      violations: [{ pointer: '/toUnit', detail: `pack ${pack.pack.key} has no unit ${unit}` }],
    });
  const next = move(pack, { ...c, unit }, action.to, now);
  return told(next, dispatch.TicketTransferred.of({ ...fact(next, now), data: { ...said(next, now), ...from } }));
}

function then({ pack, action, actor, now }: Move, next: Case, why: 'returned' | 'reopened', first: EventDraft): CaseDecision {
  const { unit } = next;
  const placed =
    action.then === 'requeue' && unit !== undefined
      ? placeAs(pack, next, chosenBy('requeue', unit, route(pack.routing, factsOf(pack, next), next.excluded)), why, now, actor)
      : place(pack, next, why, now, actor);
  return { state: placed.state, events: [first, ...placed.events], records: placed.records };
}

function step({ pack, c, action, actor, now }: Move): Case {
  const next = move(pack, c, action.to, now);
  const personal = pack.process.steps[action.to]?.holder === 'person';
  const over = isOver(next.state);
  return personal && next.holder === undefined && !over ? { ...next, holder: actor.id } : next;
}

function receiverField(pack: Pack, action: Action): 'toUnit' | 'toPerson' {
  return pack.process.steps[action.to]?.holder === 'person' ? 'toPerson' : 'toUnit';
}

function oneReceiver(pointer: string): Refused {
  return new Refused('dispatch/one-receiver', { violations: [{ pointer, detail: 'a transfer has exactly one receiver' }] });
}

function told(state: Case, ...events: EventDraft[]): CaseDecision {
  return { ...decided(state, ...events), records: [] };
}

function fact(c: Case, at: Instant): { org: string; ticketId: string; occurredAt: Instant } {
  return { org: c.org, ticketId: c.ticketId, occurredAt: at };
}
