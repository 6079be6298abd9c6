// The parts of a pack and of the streams that the checker reads, declared here anew: the checker shares no code with the engine that it judges.

export type Fact = { fact: string; times?: number; among?: string };
export type When = Record<string, unknown>;
export interface HolderTable {
  unit?: string | { fact: string; among?: string } | { code: { fact: string }; level?: string };
  role?: string;
  of?: string | { fact: string };
  doer?: string;
  previous?: string;
  person?: { fact: string };
  waitsFor?: string | { group: string } | { fact: string };
  pick?: unknown;
  except?: Except;
}
/** Whom a pool or an action leaves out. */
export interface Except {
  doer?: string | string[];
  held?: 'any' | string[];
  unitsOf?: string | string[];
}
export type HolderRule = 'self' | HolderTable;
export interface Planned {
  step: string;
  holder?: HolderRule;
  when?: When;
  each?: string;
}
export interface GroupSpec {
  group: string;
  tasks: Planned[];
  order?: 'sequence' | 'parallel';
  until?: 'all' | 'any';
  outlives?: boolean;
  blocksClosing?: boolean;
  about?: string[];
  then?: EffectSpec[];
  refused?: EffectSpec[];
}
/** One effect; exactly one of the verbs is present. */
export interface EffectSpec {
  when?: When;
  go?: string;
  holder?: HolderRule;
  hop?: 'down' | 'up';
  from?: string[];
  open?: GroupSpec;
  end?: string;
  assign?: HolderRule;
  set?: Record<string, unknown>;
  sleep?: { until: unknown; waitsFor?: string };
  step?: string;
  charge?: unknown;
  extend?: unknown;
  register?: unknown;
  link?: unknown;
}
export type Performer = string | { role?: string; scope?: string; unitIn?: string; doer?: string };
export interface ActionSpec {
  on: string | string[];
  phase?: 'open' | 'closed' | 'any';
  by: Performer | Performer[];
  except?: Except;
  form?: string;
  when?: When;
  limit?: { times: number; per: string | { minutes: number }; else?: EffectSpec[] };
  do: EffectSpec[];
  says?: string;
}
export interface ReactionSpec {
  on: string;
  when?: When;
  late?: boolean;
  limit?: ActionSpec['limit'];
  do: EffectSpec[];
  says?: string;
}
export interface PackDocument {
  pack: { key: string; version: number };
  forms?: Record<
    string,
    { fields: Record<string, { required?: unknown; default?: unknown; type: string; among?: string; tier?: string }> }
  >;
  process: {
    start: { when?: When; go: string; holder?: HolderRule }[];
    system: { unroutable: string; withdrawn: string };
    steps: Record<string, { state: string; holder?: HolderRule; side?: boolean; final?: boolean; refuses?: string[] }>;
    actions: Record<string, ActionSpec>;
    reactions?: Record<string, ReactionSpec>;
  };
}

export interface Holder {
  unit?: string;
  role?: string;
  person?: string;
  waitsFor?: string | { group: string };
}
export interface Ref {
  key: string;
  no: number;
}
/** What every event says of the position of the case. */
export interface Position {
  step: string;
  state: string;
  phase: 'open' | 'closed';
  run: number;
  version: number;
  pack: { key: string; version: number };
  hop: { no: number; depth: number };
  burns?: { unit?: string; party?: string };
  lead?: { no: number; version: number; holder: Holder };
  side: { no: number; version: number; step: string; group?: Ref; holder: Holder }[];
}
/** One event of dispatch about a case as it lies on the bus. */
export interface Told {
  id: string;
  name: string;
  seq: number;
  by: string;
  correlation: string;
  /** The event of another service that it follows. */
  causation?: string;
  data: {
    case: Position;
    at: string;
    cause?: { kind: string; key: string; depth: number };
    changes?: { fields?: Record<string, unknown>; class?: Record<string, unknown>; sealed?: string[] };
    [more: string]: unknown;
  };
}
/** The events that one decision wrote: they share the cause and the position. */
export interface Decision {
  told: Told[];
  by: string;
  correlation: string;
  cause: { kind: string; key: string };
  /** Version of the case after it. */
  version: number;
}

export interface Registered {
  at: string;
  by: string;
  data: {
    pack: { key: string; version: number };
    unit?: string;
    attributes?: Record<string, unknown>;
    place?: Record<string, unknown>;
  } & Record<string, unknown>;
}
/** What another service said about a ticket after its registration. */
export interface Heard {
  id: string;
  name: string;
  at: number;
  data: Record<string, unknown>;
}
/** Everything that was told about one ticket. */
export interface History {
  ticketId: string;
  registered: Registered;
  told: Told[];
  heard?: Heard[];
}
/** The instants between which something happened, in ms. */
export interface Window {
  from: number;
  to: number;
}

export const listOf = <T>(one: T | readonly T[] | undefined): readonly T[] =>
  one === undefined ? [] : Array.isArray(one) ? (one as readonly T[]) : [one as T];
/** Equal by content, whatever the order of the properties. */
export const same = (a: unknown, b: unknown): boolean => canonical(a) === canonical(b);
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, v: unknown) =>
    typeof v === 'object' && v !== null && !Array.isArray(v)
      ? Object.fromEntries(Object.entries(v).sort(([a], [b]) => (a < b ? -1 : 1)))
      : v,
  );
export const sameHolder = (a: Holder, b: Holder): boolean =>
  a.unit === b.unit && a.role === b.role && a.person === b.person && same(a.waitsFor, b.waitsFor);
export const holderText = (h: Holder): string =>
  [h.unit ?? '-', h.role, h.person].filter(Boolean).join('/') +
  (h.waitsFor === undefined ? '' : ` waits for ${JSON.stringify(h.waitsFor)}`);
