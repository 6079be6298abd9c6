import { type Instant } from '@gongdan/kernel';
import { z } from 'zod';

/** The services that may publish events. */
export type Producer = 'intake' | 'dispatch' | 'sla' | 'notify' | 'reporting';

/**
 * One event as every consumer sees it. `(producer, org, ticketId)` is a stream, in which `seq` counts from 1 without gaps.
 * On the wire it is CloudEvents 1.0 in binary mode (wire.ts). Optional properties are `?: T | undefined` here and in `data`, as zod infers them.
 */
export interface EventEnvelope<N extends string = string, D = unknown> {
  id: string;
  name: N;
  version: number;
  producer: Producer;
  org: string;
  /** Id of the ticket; of the pack version for packs, of the entry for the directory. It is the key of the Kafka message. */
  ticketId: string;
  seq: number;
  /** Instant that counts for clocks and figures, however late the event is delivered. */
  occurredAt: Instant;
  /** The same through every event that one request or one import caused. */
  correlationId: string;
  /** Id of the event that caused this one; absent when a person or a job did. */
  causationId?: string | undefined;
  traceparent?: string | undefined;
  /** Who did it: a person, a client, or `system:<service>`. */
  actor: { id: string; name?: string | undefined };
  data: D;
}

/** An event that is not in its stream yet: what a domain function returns. */
export interface EventDraft<N extends string = string, D = unknown> {
  /** Given where the event must not be published twice for one cause (a clock that fires); otherwise the outbox generates one. */
  id?: string | undefined;
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
  /** Validates and makes a draft. Throws ZodError for an invalid property and TypeError for one that the schema does not know: both are bugs of the producer. */
  of(draft: { id?: string; org: string; ticketId: string; occurredAt: Instant; data: D }): EventDraft<N, D>;
  /** Makes a draft without validation, for a hot path whose test validates everything that can reach it. */
  unchecked(draft: { id?: string; org: string; ticketId: string; occurredAt: Instant; data: D }): EventDraft<N, D>;
  /**
   * Reads a payload of this version or an older one and ignores unknown properties. Throws NewerVersion for a newer version, ZodError for an invalid
   * payload, and TypeError for a version without an upcaster.
   */
  read(version: number, payload: unknown): D;
}

export type EventOf<T> = T extends EventType<infer N, infer D> ? EventEnvelope<N, D> : never;

/** The event has a version that this consumer does not know yet: it is parked until the consumer is upgraded. */
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
 * Declares an event for its producer and its consumers. `meaning` becomes its summary in the AsyncAPI document. `upcasters[n]` turns a payload of
 * version n into n + 1; producers publish only the newest. An optional property may be added without a new version; every other change is a new
 * version with an upcaster (ARCHITECTURE.md, recipes). `written` is what only producers are held to: the words of a vocabulary that may grow.
 */
export function defineEvent<N extends string, S extends z.ZodType>(
  name: N,
  version: number,
  meaning: string,
  schema: S,
  upcasters: Record<number, Upcaster> = {},
  written?: z.ZodType,
): EventType<N, z.infer<S>> {
  const type: EventType<N, z.infer<S>> = {
    name,
    version,
    producer: name.split('.')[0] as Producer,
    schema: schema as unknown as z.ZodType<z.infer<S>>,
    meaning,
    of(draft) {
      const parsed: unknown = schema.parse(draft.data);
      const extra = unknownProperty(draft.data, parsed, '');
      if (extra !== undefined) throw new TypeError(`${name} v${version}: property ${extra} is not in the contract`);
      written?.parse(parsed);
      return { ...type.unchecked(draft), data: parsed as z.infer<S> };
    },
    unchecked: (draft) => ({
      id: draft.id,
      name,
      version,
      org: draft.org,
      ticketId: draft.ticketId,
      occurredAt: draft.occurredAt,
      data: draft.data,
    }),
    read(from, payload) {
      if (from > version) throw new NewerVersion(name, from);
      if (!(Number.isSafeInteger(from) && from >= 1)) throw new TypeError(`${name}: ${from} is not a version`);
      if (from === version) return schema.parse(payload) as z.infer<S>;
      // Checked before the upcasters, which rely on an object: an invalid payload is a ZodError and never a crash inside one.
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

// zod drops unknown properties, which is right for readers. The producer's side must refuse them, at every depth.
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
