import { type Instant } from '@gongdan/kernel';
import { z } from 'zod';

/** The services that say something on the bus. */
export type Producer = 'intake' | 'dispatch' | 'sla' | 'notify' | 'reporting';

/**
 * One fact about one ticket, as every consumer sees it. `(producer, org, ticketId)` is a stream with a gapless `seq` from 1.
 * On the wire it is CloudEvents 1.0 in binary mode (wire.ts).
 */
export interface EventEnvelope<N extends string = string, D = unknown> {
  id: string;
  name: N;
  version: number;
  producer: Producer;
  org: string;
  /** The ticket, or for reference data (packs) the id of the thing spoken of: always the Kafka key. */
  ticketId: string;
  seq: number;
  occurredAt: Instant;
  correlationId: string;
  causationId?: string;
  traceparent?: string;
  actor: { id: string; name?: string };
  data: D;
}

/** What a domain function returns: the fact without its place in the stream. */
export interface EventDraft<N extends string = string, D = unknown> {
  /** Set where the effect must be idempotent (a fired clock); otherwise the outbox makes one. */
  id?: string;
  name: N;
  version: number;
  org: string;
  ticketId: string;
  occurredAt: Instant;
  data: D;
}

type Upcaster = (older: Record<string, unknown>) => Record<string, unknown>;

export interface EventType<N extends string = string, D = unknown> {
  readonly name: N;
  readonly version: number;
  readonly producer: Producer;
  readonly schema: z.ZodType<D>;
  readonly meaning: string;
  /** A draft, checked against the closed schema: an unknown or wrong property is a bug of the producer and throws. */
  of(fact: { id?: string; org: string; ticketId: string; occurredAt: Instant; data: D }): EventDraft<N, D>;
  /** The same unchecked, for a hot door: only where a test holds everything that can reach it against the schema. */
  unchecked(fact: { id?: string; org: string; ticketId: string; occurredAt: Instant; data: D }): EventDraft<N, D>;
  /** Reads a payload of this or an older version; unknown properties are ignored. Throws ZodError, or NewerVersion. */
  read(version: number, payload: unknown): D;
}

export type EventOf<T> = T extends EventType<infer N, infer D> ? EventEnvelope<N, D> : never;

/** An event of a version this consumer does not know yet: it is parked until the consumer is upgraded. */
export class NewerVersion extends Error {
  constructor(
    readonly event: string,
    readonly version: number,
  ) {
    super(`${event} v${version} is newer than this consumer`);
  }
}

const anyObject = z.record(z.string(), z.unknown());

/**
 * Declares an event once, for both ends. `upcasters[n]` turns a payload of version n into n + 1; producers emit only the newest.
 * Adding an optional property keeps the version; anything else is version + 1 and an upcaster (ARCHITECTURE.md, recipes).
 */
export function defineEvent<N extends string, S extends z.ZodType>(
  name: N,
  version: number,
  meaning: string,
  schema: S,
  upcasters: Record<number, Upcaster> = {},
): EventType<N, z.infer<S>> {
  const type: EventType<N, z.infer<S>> = {
    name,
    version,
    producer: name.split('.')[0] as Producer,
    schema: schema as unknown as z.ZodType<z.infer<S>>,
    meaning,
    of(fact) {
      const parsed: unknown = schema.parse(fact.data);
      const extra = unknownProperty(fact.data, parsed, '');
      if (extra !== undefined) throw new TypeError(`${name} v${version}: property ${extra} is not in the contract`);
      return { ...type.unchecked(fact), data: parsed as z.infer<S> };
    },
    unchecked: (fact) => ({
      ...(fact.id === undefined ? {} : { id: fact.id }),
      name,
      version,
      org: fact.org,
      ticketId: fact.ticketId,
      occurredAt: fact.occurredAt,
      data: fact.data,
    }),
    read(from, payload) {
      if (from > version) throw new NewerVersion(name, from);
      if (!(Number.isSafeInteger(from) && from >= 1)) throw new TypeError(`${name}: ${from} is no version`);
      if (from === version) return schema.parse(payload) as z.infer<S>;
      // Upcasters may rely on an object, so that bad bytes are the reader's refusal and not a crash of theirs.
      let value = anyObject.parse(payload);
      for (let v = from; v < version; v++) {
        const up = upcasters[v];
        if (!up) throw new TypeError(`${name}: no upcaster from version ${v}`);
        value = up(value);
      }
      return schema.parse(value) as z.infer<S>;
    },
  };
  return type;
}

// zod strips what it does not know (the open reader); the producer's side must be closed, at every depth.
function unknownProperty(given: unknown, kept: unknown, path: string): string | undefined {
  if (typeof given !== 'object' || given === null || typeof kept !== 'object' || kept === null) return undefined;
  for (const [key, value] of Object.entries(given)) {
    if (value === undefined) continue;
    if (!Object.hasOwn(kept, key)) return `${path}/${key}`;
    const deeper = unknownProperty(value, (kept as Record<string, unknown>)[key], `${path}/${key}`);
    if (deeper !== undefined) return deeper;
  }
  return undefined;
}
