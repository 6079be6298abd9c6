import { Conflict, type Instant } from '@gongdan/kernel';
import { type PackFormat2 } from '@gongdan/packs/format2';
import { mustMatch } from './matching.js';
import { compile, type Compiled } from '../model/compiled.js';
import { type Acting, type View } from '../model/env.js';
import { type Case, leadOf, openTasks } from '../model/case.js';
import { type Decided, finish, instantAfter } from '../telling/tell.js';
import { Work } from '../model/work.js';

/**
 * Moves a case to another version of its pack (law 9). Throws `Conflict('dispatch/does-not-map')` with everything that the new version lacks: the steps of open tasks and of the
 * case, open groups, and fields that are filled in.
 */
export function repack(
  from: PackFormat2,
  to: PackFormat2,
  view: View,
  c: Case,
  actor: Acting,
  now: Instant,
  recorded: { decisions: number; /** If-Match: the version that the lead must have. */ seen?: number | undefined },
): Decided {
  const version = to.pack.version;
  if (version === c.pack.version)
    throw new Conflict('dispatch/same-version', { details: { pack: c.pack } }, 'the case runs on this version');
  mustMatch(c, leadOf(c), recorded.seen);
  const [old, next] = [compile(from), compile(to)];
  const missing = [...stepsMissing(c, next), ...groupsMissing(c, next), ...fieldsMissing(c, from, to)];
  if (missing.length > 0)
    throw new Conflict(
      'dispatch/does-not-map',
      { details: { from: c.pack, to: { ...c.pack, version }, missing } },
      'the case cannot go on in this version',
    );
  const state = next.steps[c.step]?.state ?? c.state;
  const cause = { kind: 'action', key: 'repack', depth: 0 } as const;
  const w = new Work({ pack: next, view, before: c, at: instantAfter(c, now), actor, cause, decisions: recorded.decisions });
  w.c.pack = { ...c.pack, version };
  w.c.state = state;
  w.tell('ticket-repacked', { from: { key: old.pack.pack.key, version: old.pack.pack.version }, to: { key: to.pack.key, version } });
  return finish(w, undefined);
}

function stepsMissing(c: Case, next: Compiled): string[] {
  const wrong = (step: string, fits: (s: Compiled['steps'][string]) => boolean): boolean => {
    const found = Object.hasOwn(next.steps, step) ? next.steps[step] : undefined;
    return found === undefined || !fits(found);
  };
  const tasks = openTasks(c).filter((t) => wrong(t.step, (s) => (s.side === true) === !t.lead && s.final !== true));
  const wanted = openTasks(c).flatMap((t) => (t.wanted !== undefined && wrong(t.wanted, (s) => s.side !== true) ? [t.wanted] : []));
  const pending = c.groups.flatMap((g) => g.pending.map((p) => p.task.step)).filter((step) => wrong(step, (s) => s.side === true));
  const closed = c.phase === 'closed' && wrong(c.step, (s) => s.final === true) ? [c.step] : [];
  return [...new Set([...tasks.map((t) => t.step), ...pending, ...wanted, ...closed])].map((s) => `step ${s}`);
}

function groupsMissing(c: Case, next: Compiled): string[] {
  return c.groups.filter((g) => g.state === 'open' && !next.groups.has(g.key)).map((g) => `group ${g.key}`);
}

function fieldsMissing(c: Case, from: PackFormat2, to: PackFormat2): string[] {
  // What is sealed stays sealed: a personal field maps to a personal one only.
  const types = (pack: PackFormat2): Map<string, string> =>
    new Map(
      Object.values(pack.forms ?? {}).flatMap((form) =>
        Object.entries(form.fields).map(([key, { type, tier }]) => [key, tier === 'personal' ? `${type}, personal` : type] as const),
      ),
    );
  const [old, next] = [types(from), types(to)];
  // A field that no form of the old version had was put there by `set`: it has no type to lose.
  const gathered = [c.fields, ...openTasks(c).map((t) => t.fields)].flatMap((fields) => Object.keys(fields));
  return [...new Set(gathered)].flatMap((key) => {
    const type = old.get(key);
    return type === undefined || next.get(key) === type ? [] : [`field ${key} of type ${type}`];
  });
}
