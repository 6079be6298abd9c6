import { type EventOf, type intake } from '@gongdan/contracts';
import { AppError, type Instant } from '@gongdan/kernel';
import { type Effect, type GoEffect, type PackFormat2 } from '@gongdan/packs/format2';
import { compile } from '../model/compiled.js';
import { holds } from '../facts/conditions.js';
import { SYSTEM, type View } from '../model/env.js';
import { run } from '../effects/effects.js';
import { resolve } from '../holders/holders.js';
import { type Case, type TicketFacts } from '../model/case.js';
import { type Skipped } from './skipped.js';
import { type Decided, finish } from '../telling/tell.js';
import { Work } from '../model/work.js';

export type Registered = EventOf<typeof intake.TicketRegistered>['data'];

/** The case of a registered ticket before its first decision. */
export function freshCase(id: { org: string; ticketId: string; registeredBy?: string | undefined }, t: Registered, at: Instant): Case {
  const { number, title, pack, type, category, item, priority, urgency, impact } = t;
  return {
    org: id.org,
    ticketId: id.ticketId,
    number,
    title,
    pack,
    phase: 'open',
    step: '',
    state: 'received',
    run: 1,
    class: {
      type,
      category,
      priority,
      ...(item === undefined ? {} : { item }),
      ...(urgency === undefined ? {} : { urgency }),
      ...(impact === undefined ? {} : { impact }),
    },
    ticket: ticketFacts(t, id.registeredBy),
    fields: {},
    done: [],
    held: {},
    tasks: [],
    lastTask: 0,
    groups: [],
    lastGroup: 0,
    hops: [],
    lastHop: 0,
    requests: [],
    watchers: [],
    marks: {},
    heard: { clocks: {} },
    version: 0,
    registeredAt: t.registeredAt,
    openedAt: at,
    since: at,
  };
}

/**
 * Opens the case of a registered ticket at the first row of `start` that holds and whose holder exists. A ticket that the old system had closed is closed at once; its
 * events carry the instants of the old system.
 */
export function openCase(
  pack: PackFormat2,
  view: View,
  id: { org: string; ticketId: string; registeredBy?: string | undefined },
  t: Registered,
  now: Instant,
): Opened {
  const compiled = compile(pack);
  // The clocks of two processes differ by a moment: no ticket is dispatched before it was registered.
  const at = t.history === undefined && now > t.registeredAt ? now : t.registeredAt;
  const fresh = freshCase(id, t, at);
  const cause = { kind: 'start', key: 'start', depth: t.cause?.depth ?? 0 } as const;
  const work = (): Work => new Work({ pack: compiled, view, before: fresh, at, actor: SYSTEM, cause, decisions: 0 });
  const row = startRow(work()) ?? { go: compiled.pack.process.system.unroutable };
  const { w, refused } = beginAt(work, row, row.do ?? []);
  const opened: Opened = finish(w, undefined);
  if (refused !== undefined) opened.skipped = { reaction: 'start', why: 'refused', code: refused };
  const closedAt = t.history?.closedAt;
  if (closedAt === undefined || opened.state.phase === 'closed') return opened;
  const { status, outcome } = t.history ?? {};
  const closing = new Work({
    pack: compiled,
    view,
    before: opened.state,
    at: closedAt > at ? closedAt : at,
    actor: SYSTEM,
    cause: { kind: 'system', key: 'imported-closed', depth: 0 },
    input: textsOf({ reason: status, outcome: isKey(outcome) ? outcome : undefined }),
    decisions: opened.records.length,
  });
  run(closing, [{ go: compiled.pack.process.system.importedClosed }], 'routed');
  const closed = finish(closing, undefined);
  return { ...opened, state: closed.state, events: [...opened.events, ...closed.events] };
}

/** `skipped`: the effects of the start were refused, and the case began without them. */
export interface Opened extends Decided {
  skipped?: Skipped;
}

type StartRow = PackFormat2['process']['start'][number];

/**
 * Does the effects and goes where the row goes. A registration is a fact and has no caller to refuse it to: when an effect is refused, the case goes there
 * without any of them.
 */
export function beginAt(work: () => Work, row: StartRow, effects: readonly Effect[]): { w: Work; refused?: string } {
  const w = work();
  try {
    run(w, [...effects, goOf(row)], 'routed');
    return { w };
  } catch (error) {
    if (!(error instanceof AppError) || effects.length === 0) throw error;
    const again = work();
    run(again, [goOf(row)], 'routed');
    return { w: again, refused: error.code };
  }
}

/** The first row of `start` that holds and whose holder exists, else the first that holds. */
export function startRow(w: Work): StartRow | undefined {
  const x = w.context();
  const rows = w.pack.pack.process.start.filter((row) => holds(row.when, x));
  // Whether the only row can be held is found out when it is gone to.
  return rows.length < 2 ? rows[0] : (rows.find((row) => canHold(w, row)) ?? rows[0]);
}

function goOf(row: StartRow): GoEffect {
  return { go: row.go, ...(row.holder === undefined ? {} : { holder: row.holder }) };
}

function canHold(w: Work, row: StartRow): boolean {
  const step = w.pack.steps[row.go];
  const rule = row.holder ?? step?.holder;
  return (
    step?.final === true || rule === undefined || resolve(rule, { x: w.context(), actor: SYSTEM, from: undefined }).holder !== undefined
  );
}

function textsOf(texts: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(Object.entries(texts).flatMap(([k, v]) => (v === undefined ? [] : [[k, v]])));
}

function ticketFacts(t: Registered, registeredBy: string | undefined): TicketFacts {
  const { channel, language, unit, hasEmail, contactSealed, externalKey, place, attributes, history, plan } = t;
  return {
    channel,
    language,
    hasEmail,
    hasContact: contactSealed !== undefined,
    ...(unit === undefined ? {} : { unit }),
    ...(registeredBy === undefined ? {} : { registeredBy }),
    ...(externalKey === undefined ? {} : { externalKey }),
    ...(plan === undefined ? {} : { plan: plan.key, occurrence: plan.occurrence }),
    ...(place === undefined ? {} : { place: place as NonNullable<TicketFacts['place']> }),
    ...(attributes === undefined ? {} : { attributes }),
    ...(history === undefined ? {} : { history: history as NonNullable<TicketFacts['history']> }),
  };
}

function isKey(text: string | undefined): text is string {
  return text !== undefined && text.length > 0 && text.length <= 120;
}
