import { ALL_EVENTS, TICKET_EVENTS } from '@gongdan/contracts';
import { type Condition } from '../../conditions/condition.js';
import { FACT_BRANCHES, FORMAT_2_NAMES, TICKET_FACTS } from '../../conditions/fact-names.js';
import { type Located } from '../../located.js';
import { type Pack } from '../pack.js';

// Each function checks one kind of name; cross-references.ts knows which name is used where.

export type Path = PropertyKey[];

/** The values a pack declares, by the fact that takes them. */
export type Vocabulary = Readonly<Record<string, ReadonlySet<string>>>;

export function vocabulary({ catalogue: c, intake, org, sla }: Pack): Vocabulary {
  const set = (of: readonly { key: string }[]): Set<string> => new Set(of.map((x) => x.key));
  return {
    type: set(c.types),
    category: set(c.categories),
    categories: set(c.categories),
    item: set(c.items ?? []),
    channel: set(intake.channels),
    urgency: new Set(c.urgencies),
    impact: new Set(c.impacts),
    priority: new Set(c.priorities),
    unit: set(org.units),
    attributes: new Set((intake.attributes ?? []).map((a) => a.key)),
    'event.clock': set(sla.clocks),
  };
}

export function conditionMistakes(when: Condition | undefined, at: Path, known: Vocabulary): Located[] {
  return Object.entries(when ?? {}).flatMap(([name, test]) => {
    const path = [...at, name];
    const fact = Object.hasOwn(FORMAT_2_NAMES, name) ? (FORMAT_2_NAMES[name] ?? name) : name;
    const [branch, ...rest] = fact.split('.');
    if (rest.length === 0 ? !TICKET_FACTS.some((f) => f === fact) : !FACT_BRANCHES.some((b) => b === branch))
      return [{ path, rule: `${fact} is not a fact of a ticket` }];
    if (branch === 'attributes' && !known['attributes']?.has(rest.join('.')))
      return [{ path, rule: `${rest.join('.')} is not an attribute of this pack` }];
    const words = known[fact];
    if (words === undefined) return [];
    const compared =
      typeof test !== 'object' || Array.isArray(test)
        ? [test].flat()
        : [...(test.in ?? []), ...(test.not === undefined ? [] : [test.not].flat())];
    return compared
      .filter((v) => typeof v !== 'string' || !words.has(v))
      .map((v) => ({ path, rule: `${fact} ${String(v)} is not declared in this pack` }));
  });
}

export function eventMistakes(name: string, path: Path, allowed: (name: string) => boolean): Located[] {
  if (!TICKET_EVENTS.some((e) => e.name === name))
    return [{ path, rule: `${name} is not an event${ALL_EVENTS.some((e) => e.name === name) ? ' of a ticket' : ''}` }];
  return allowed(name) ? [] : [{ path, rule: `${name} cannot be used here` }];
}

export function missing(known: ReadonlySet<string>, name: string | undefined, path: Path, what: string): Located[] {
  return name === undefined || known.has(name) ? [] : [{ path, rule: `${what} ${name} is not declared` }];
}

/** Values that an earlier element has, too. Linear: a pack may have 25,000 units. */
export function twice(values: readonly (string | undefined)[], at: Path, property?: string): Located[] {
  const seen = new Set<string>();
  return values.flatMap((v, i) => {
    if (v === undefined) return [];
    if (!seen.has(v)) {
      seen.add(v);
      return [];
    }
    return [{ path: [...at, i, ...(property === undefined ? [] : [property])], rule: `${v} stands here twice` }];
  });
}

/** Nodes that are their own ancestor. Linear: each node is passed once, because a path that was followed before is not followed again. */
export function loops(nodes: readonly { key: string; parent?: string | undefined }[], at: Path): Located[] {
  const parent = new Map(nodes.map((n) => [n.key, n.parent]));
  const done = new Set<string>();
  const inLoop = new Set<string>();
  for (const { key } of nodes) {
    const path = new Set<string>();
    let k: string | undefined = key;
    while (k !== undefined && !done.has(k) && !path.has(k)) {
      path.add(k);
      k = parent.get(k);
    }
    // The walk came back to its own path: from there on it is a loop.
    if (k !== undefined && path.has(k)) {
      for (let member: string | undefined = k; member !== undefined && !inLoop.has(member); member = parent.get(member)) inLoop.add(member);
    }
    for (const passed of path) done.add(passed);
  }
  return nodes.flatMap((n, i) => (inLoop.has(n.key) ? [{ path: [...at, i, 'parent'], rule: `${n.key} is its own ancestor` }] : []));
}
