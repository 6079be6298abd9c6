import { Conflict, Forbidden, Refused } from '@gongdan/kernel';
import { type Effect } from '@gongdan/packs/format2';
import { categoryPath } from '../model/compiled.js';
import { factOf } from '../facts/context.js';
import { type Classification } from '../model/case.js';
import { copyOfClass } from '../model/shapes.js';
import { type Work } from '../model/work.js';

type Wanted = Extract<Effect, { classify: unknown }>['classify'];
const PARTS = ['type', 'category', 'item', 'urgency', 'impact', 'priority'] as const;

/**
 * Changes the class of the case. Throws 409 for a conversion that the catalogue does not list, 403 for a depth of the category tree that the actor's roles may not set
 * (P04), 422 for a word that the catalogue does not have. The priority follows the matrix unless it is named.
 */
export function classify(w: Work, wanted: Wanted): void {
  const { catalogue } = w.pack.pack;
  const to: Partial<Record<(typeof PARTS)[number], string>> = {};
  const named = (part: (typeof PARTS)[number]): unknown => {
    const given = wanted[part];
    return typeof given === 'object' ? factOf(w.context(), given.fact) : given;
  };
  for (const part of PARTS) {
    const value = named(part);
    if (typeof value === 'string' && value !== w.c.class[part]) to[part] = value;
  }
  const unknown = PARTS.filter((part) => to[part] !== undefined && !knows(w, part, to[part] ?? ''));
  if (unknown.length > 0)
    throw new Refused('dispatch/unknown-class', {
      violations: unknown.map((part) => ({ pointer: `/${part}`, detail: `the catalogue has no ${part} ${to[part] ?? ''}` })),
    });
  const allowed = Object.hasOwn(catalogue.conversions ?? {}, w.c.class.type) ? (catalogue.conversions?.[w.c.class.type] ?? []) : undefined;
  if (to.type !== undefined && catalogue.conversions !== undefined && allowed?.includes(to.type) !== true)
    throw new Conflict(
      'dispatch/one-way',
      { details: { from: w.c.class.type, to: to.type, allowed: allowed ?? [] } },
      'the type may not be changed so',
    );
  if (to.category !== undefined) mustReach(w, to.category);
  const next = copyOfClass(w.c.class, to);
  if (typeof named('priority') !== 'string' && (to.urgency !== undefined || to.impact !== undefined)) {
    const priority = catalogue.matrix[next.urgency ?? '']?.[next.impact ?? ''] ?? catalogue.defaultPriority;
    if (priority !== w.c.class.priority) to.priority = next.priority = priority;
  }
  if (Object.keys(to).length === 0) return;
  const from: Partial<Classification> = {};
  for (const part of PARTS) {
    const was = w.c.class[part];
    if (to[part] !== undefined && was !== undefined) from[part] = was;
  }
  w.classified = w.classified === undefined ? { from, to } : { from: { ...from, ...w.classified.from }, to: { ...w.classified.to, ...to } };
  w.c.class = next;
}

function knows(w: Work, part: (typeof PARTS)[number], value: string): boolean {
  const { catalogue } = w.pack.pack;
  switch (part) {
    case 'type':
      return catalogue.types.some((t) => t.key === value);
    case 'category':
      return w.pack.parents.has(value);
    case 'item':
      return catalogue.items?.some((i) => i.key === value) === true;
    case 'urgency':
      return catalogue.urgencies.includes(value);
    case 'impact':
      return catalogue.impacts.includes(value);
    case 'priority':
      return catalogue.priorities.includes(value);
  }
}

function mustReach(w: Work, category: string): void {
  if (w.actor.kind === 'system') return;
  const depth = categoryPath(w.pack, category).length;
  const level = w.pack.pack.catalogue.levels?.find((l) => l.depth === depth);
  if (level === undefined || w.actor.memberships.some((m) => m.roles.some((r) => level.by.includes(r)))) return;
  throw new Forbidden('dispatch/level-reserved', { details: { depth, by: level.by } }, 'your role may not set this level of the category');
}
