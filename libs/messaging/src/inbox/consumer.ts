import { addressOf, type EventEnvelope, isCompacted, type Producer } from '@gongdan/contracts';
import { type Database, type ServiceDefinition, type Tx } from '@gongdan/platform';
import { type BusMessage } from '../kafka/bus.js';
import { contiguousStreams, uniqueStreams } from './batch-streams.js';
import { findConflicts } from './conflicts.js';
import { closeGaps, keepWaiting, noteGap, takeWaiting } from './gaps.js';
import { type EventHandler, type EventHandlers } from './event-handler.js';
import { checkHeads, isHeads, readHeads } from './heads.js';
import { type Incoming, readMessage, type Refusal } from './incoming.js';
import {
  advanceContiguous,
  advanceMarks,
  isConflict,
  lockMarks,
  type Mark,
  passEvent,
  type Redriving,
  type Stream,
  streamKey,
} from './marks.js';
import { classifyError, EnvironmentUnavailable, MAX_ATTEMPTS } from './outcomes.js';
import { park, type Parking } from './parked.js';
import { type EventVerifier } from '../signatures/signatures.js';

/** Records of a batch by outcome, for metrics and operators. */
export interface Outcomes {
  applied: number;
  duplicate: number;
  /** This service has no handler for the names of their events. */
  ignored: number;
  parked: number;
  waiting: number;
  /** Without a valid signature; counted among the parked as well. */
  unproven: number;
  /** Another event than the one applied under its number; counted among the parked as well. */
  conflicting: number;
}

export interface ConsumerOptions {
  database: Database;
  /** The consuming service. It skips its own events. */
  self: Producer;
  handlers: EventHandlers;
  /** Without one (demo and test) unsigned events are accepted. */
  verifier?: EventVerifier | undefined;
  storedEventIds?: ServiceDefinition['storedEventIds'];
  onOutcomes?: (outcomes: Outcomes, ms: number) => void;
  /** Streams whose last events were published and never arrived; they have become gaps. */
  onMissing?: (streams: readonly Stream[]) => void;
  onHeadsFailed?: (error: unknown) => void;
  onParked?: (incoming: Incoming, refusal: Refusal) => void;
}

const NO_OUTCOMES: Outcomes = { applied: 0, duplicate: 0, ignored: 0, parked: 0, waiting: 0, unproven: 0, conflicting: 0 };

/** Rolls the transaction back: a stream of the batch does not continue at its mark. */
class NotContiguous extends Error {}

type Addressed = Incoming & { kind: 'event' };

interface Delivery {
  heartbeat: () => Promise<void>;
  redriving?: Redriving;
}

/**
 * Applies batches: marks, handlers and the events that handlers append commit in one transaction per batch. A batch that fails is halved until
 * the failing record is alone; that one is parked, and the others are applied. Every record ends as applied, ignored, duplicate, parked or
 * waiting. Only `EnvironmentUnavailable` makes the bus deliver the batch again.
 */
export class Consumer {
  private producers: ReadonlySet<string> | undefined;

  constructor(private readonly options: ConsumerOptions) {}

  async apply(
    messages: readonly BusMessage[],
    heartbeat: () => Promise<void> = async () => undefined,
    redriving?: Redriving,
  ): Promise<void> {
    const incoming = messages.flatMap((m) => {
      if (isHeads(m)) return [];
      const address = addressOf(m.headers);
      // This comes before the signature: most records that intake fetches are not for it, and a verification costs more than the rest.
      return address && !this.handlesEventsOf(address.producer) ? [] : [this.read(m, address)];
    });
    // Packs and the directory are committed before the tickets of the same batch, because a ticket may need them.
    const isReference = (i: Incoming): boolean => isCompacted(i.message.topic);
    for (const part of [incoming.filter(isReference), incoming.filter((i) => !isReference(i))]) {
      if (part.length > 0) await this.applyOrHalve(part, { heartbeat, ...(redriving === undefined ? {} : { redriving }) });
    }
    for (const message of messages) if (isHeads(message)) await this.checkHeads(message);
  }

  private async checkHeads(message: BusMessage): Promise<void> {
    const statement = readHeads(message);
    if (!statement || !this.handlesEventsOf(statement.producer)) return;
    const distrust = this.options.verifier?.distrust(message.topic, statement.producer, message);
    if (distrust) return this.parkUnproven(message, distrust);
    try {
      const missing = await checkHeads(this.options.database, statement, message.partition);
      if (missing.length > 0) this.options.onMissing?.(missing);
    } catch (error) {
      // A statement is not an event: one that cannot be compared is dropped, and the next follows in a minute.
      if (classifyError(error).action === 'wait') throw new EnvironmentUnavailable(error);
      this.options.onHeadsFailed?.(error);
    }
  }

  /** Parks a record that is no event (a request, a statement) and has no valid signature. */
  async parkUnproven(message: BusMessage, refusal: Refusal): Promise<void> {
    const incoming: Incoming = { kind: 'unreadable', message, refusal };
    await this.options.database.transaction((tx) => park(tx, incoming, { kind: 'unproven', ...refusal }));
    this.options.onParked?.(incoming, refusal);
  }

  private read(message: BusMessage, address = addressOf(message.headers)): Incoming {
    return readMessage(message, address, this.options.handlers, this.options.verifier);
  }

  // No mark is kept of producers without any handler here: for intake these were three of four events. If a later version begins to handle one,
  // its streams begin with a gap, and the producer publishes them again from the first event.
  private handlesEventsOf(producer: string): boolean {
    this.producers ??= new Set([...this.options.handlers.keys()].map((name) => name.slice(0, name.indexOf('.'))));
    return producer !== this.options.self && this.producers.has(producer);
  }

  private async applyOrHalve(batch: readonly Incoming[], delivery: Delivery): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.applyTogether(batch, delivery.redriving);
        return;
      } catch (error) {
        const errorClass = classifyError(error);
        if (errorClass.action === 'wait') throw new EnvironmentUnavailable(error);
        await delivery.heartbeat();
        if (batch.length > 1) {
          const half = batch.length >> 1;
          await this.applyOrHalve(batch.slice(0, half), delivery);
          await this.applyOrHalve(batch.slice(half), delivery);
          return;
        }
        const [failing] = batch;
        if (!failing || failing.kind !== 'event') throw error;
        if (errorClass.action !== 'retry' || attempt >= MAX_ATTEMPTS) {
          await this.parkFailing(
            failing,
            { code: errorClass.code, error: errorClass.error, again: errorClass.action === 'defer' },
            delivery.redriving,
          );
          return;
        }
        await new Promise((wake) => setTimeout(wake, Math.random() * 50 * attempt));
      }
    }
  }

  private async applyTogether(batch: readonly Incoming[], redriving: Redriving | undefined): Promise<void> {
    const start = performance.now();
    const outcomes =
      (redriving ? undefined : await this.applyContiguous(batch)) ??
      (await this.options.database.transaction((tx) => this.inTransaction(tx, batch, redriving)));
    this.options.onOutcomes?.(outcomes, performance.now() - start);
  }

  /**
   * The common case in the fewest statements: every stream continues at its mark. The marks are moved first, in one statement, and
   * rolled back with whatever fails after it. Events without a handler need no transaction around that statement. Undefined when a stream
   * does not continue there: then each record is examined by itself.
   */
  private async applyContiguous(batch: readonly Incoming[]): Promise<Outcomes | undefined> {
    const streams = contiguousStreams(batch);
    if (!streams) return undefined;
    const handled = (batch as readonly Addressed[]).filter((i) => i.event);
    const outcomes = { ...NO_OUTCOMES, applied: handled.length, ignored: batch.length - handled.length };
    const { database } = this.options;
    if (handled.length === 0) {
      const moved = await advanceContiguous(database, streams);
      // Records whose marks moved are duplicates when the others are examined.
      return moved.size === streams.length ? outcomes : undefined;
    }
    try {
      await database.transaction(async (tx) => {
        const moved = await advanceContiguous(tx, streams);
        if (moved.size < streams.length) throw new NotContiguous();
        await this.callHandlers(tx, handled);
      }, true);
      return outcomes;
    } catch (error) {
      if (error instanceof NotContiguous) return undefined;
      throw error;
    }
  }

  private async inTransaction(tx: Tx, batch: readonly Incoming[], redriving: Redriving | undefined): Promise<Outcomes> {
    const outcomes: Outcomes = { ...NO_OUTCOMES };
    const marks = await lockMarks(tx, uniqueStreams(batch), redriving);
    const conflicts = await findConflicts(tx, batch, marks, this.options.storedEventIds);
    const moved = new Set<Mark>();
    const ready: Addressed[] = [];
    const queue = [...batch];
    for (let next = queue.shift(); next; next = queue.shift()) {
      const mark = next.address && marks.get(streamKey(next.address));
      if (!next.address || !mark) {
        await this.parkUnreadable(tx, next, outcomes);
        continue;
      }
      const { seq } = next.address;
      if (next.kind === 'unproven') {
        await this.parkApart(tx, next, { kind: 'unproven', ...next.refusal }, outcomes);
        outcomes.unproven += 1;
        // This record may have replaced the genuine one, so the producer is asked to publish that again.
        if (seq > mark.lastSeq) {
          await noteGap(tx, mark, mark.lastSeq + 1, true);
          mark.gap = true;
        }
      } else if (conflicts.has(next) || isConflict(mark, seq, next.address.id)) {
        const refusal = { code: 'messaging/conflicting-event', error: `another event of ${mark.producer} was applied as number ${seq}` };
        await this.parkApart(tx, next, { kind: 'conflict', ...refusal }, outcomes);
        outcomes.conflicting += 1;
      } else if (seq <= mark.lastSeq) {
        outcomes.duplicate += 1;
      } else if (next.kind === 'unreadable') {
        await this.parkUnreadable(tx, next, outcomes);
        await noteGap(tx, mark, seq);
        mark.gap = true;
      } else if (mark.blocked) {
        await park(
          tx,
          next,
          { kind: 'behind', code: 'messaging/behind', error: 'an earlier event of the ticket is parked' },
          redriving?.id,
        );
        outcomes.parked += 1;
      } else if (seq > mark.lastSeq + 1 && !isCompacted(next.message.topic)) {
        await keepWaiting(tx, next);
        mark.gap = true;
        outcomes.waiting += 1;
      } else if (next.refusal) {
        await park(tx, next, { kind: 'poison', ...next.refusal }, redriving?.id);
        this.options.onParked?.(next, next.refusal);
        outcomes.parked += 1;
        for (const other of marks.values()) if (other.org === mark.org && other.ticketId === mark.ticketId) other.blocked = true;
      } else {
        passEvent(mark, seq, next.address.id);
        moved.add(mark);
        if (next.event) ready.push(next);
        else outcomes.ignored += 1;
        if (mark.gap) queue.unshift(...(await takeWaiting(tx, mark, seq)).map((m) => this.read(m)));
      }
    }
    outcomes.applied = ready.length;
    await this.callHandlers(tx, ready);
    await advanceMarks(tx, [...moved]);
    for (const mark of moved) if (mark.gap) await closeGaps(tx, mark, mark.lastSeq);
    return outcomes;
  }

  private async callHandlers(tx: Tx, ready: readonly Addressed[]): Promise<void> {
    for (let i = 0; i < ready.length;) {
      const handler = ready[i]?.handler as EventHandler;
      const run: EventEnvelope[] = [];
      while (i < ready.length && ready[i]?.handler?.method === handler.method && (handler.batch || run.length === 0))
        run.push(ready[i++]?.event as EventEnvelope);
      await handler.call(handler.batch ? run : (run[0] as EventEnvelope), { tx });
    }
  }

  private async parkUnreadable(tx: Tx, incoming: Incoming, outcomes: Outcomes): Promise<void> {
    const refusal = incoming.refusal ?? { code: 'messaging/unreadable', error: '' };
    await this.parkApart(tx, incoming, { kind: 'unreadable', ...refusal }, outcomes);
  }

  // Stored by its position, it blocks no ticket.
  private async parkApart(tx: Tx, incoming: Incoming, parking: Parking, outcomes: Outcomes): Promise<void> {
    await park(tx, incoming, parking);
    this.options.onParked?.(incoming, parking);
    outcomes.parked += 1;
  }

  // The failing record may be a duplicate by now, when another consumer has applied it: the mark decides again.
  private async parkFailing(failing: Addressed, refusal: Refusal & { again: boolean }, redriving: Redriving | undefined): Promise<void> {
    const start = performance.now();
    const parked = await this.options.database.transaction(async (tx) => {
      const mark = (await lockMarks(tx, [failing.address], redriving)).get(streamKey(failing.address));
      if (!mark || failing.address.seq <= mark.lastSeq) return false;
      await park(tx, failing, { kind: mark.blocked ? 'behind' : 'poison', ...refusal }, redriving?.id);
      return true;
    });
    if (parked) this.options.onParked?.(failing, refusal);
    // A record that is retried was counted when it was read from the bus.
    if (redriving) return;
    this.options.onOutcomes?.({ ...NO_OUTCOMES, [parked ? 'parked' : 'duplicate']: 1 }, performance.now() - start);
  }
}
