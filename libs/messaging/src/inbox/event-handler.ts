import { type EventEnvelope, type EventType } from '@gongdan/contracts';
import { type Cause } from '@gongdan/kernel';
import { type Tx } from '@gongdan/platform';

/** What a handler gets beside the event: the transaction in which its mark, its effects and what it says commit together. */
export interface HandlerContext {
  tx: Tx;
}

/** One method of an events controller. `call` gets one event, or with `batch` a run of consecutive events of any of its names. */
export interface EventHandler {
  event: EventType;
  batch: boolean;
  /** Hearers of one batch method share it: consecutive events for the same method travel in one call. */
  method: unknown;
  call(events: EventEnvelope | EventEnvelope[], context: HandlerContext): Promise<void>;
}

export type EventHandlers = ReadonlyMap<string, EventHandler>;

/** What an effect of this event says caused it. */
export function causedBy(event: EventEnvelope, service: string): Cause {
  return {
    correlationId: event.correlationId,
    causationId: event.id,
    ...(event.traceparent === undefined ? {} : { traceparent: event.traceparent }),
    actor: { id: `system:${service}` },
  };
}
