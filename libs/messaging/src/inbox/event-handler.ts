import { type EventEnvelope, type EventType } from '@gongdan/contracts';
import { type Cause } from '@gongdan/kernel';
import { type Tx } from '@gongdan/platform';

/** Passed to a handler with the event: the transaction in which the mark, the effects and the events that it appends commit together. */
export interface HandlerContext {
  tx: Tx;
}

/** One method of an events controller. `call` receives one event, or with `batch` a run of consecutive events of its names. */
export interface EventHandler {
  event: EventType;
  batch: boolean;
  /** Identifies the method: consecutive events for the same method are passed in one call. */
  method: unknown;
  call(events: EventEnvelope | EventEnvelope[], context: HandlerContext): Promise<void>;
}

export type EventHandlers = ReadonlyMap<string, EventHandler>;

/** The cause that events appended by a handler of this event carry. */
export function causedBy(event: EventEnvelope, service: string): Cause {
  return {
    correlationId: event.correlationId,
    causationId: event.id,
    ...(event.traceparent === undefined ? {} : { traceparent: event.traceparent }),
    actor: { id: `system:${service}` },
  };
}
