/** Who acts, and for which organisation: a person, a machine client, or the system itself (a timer, an import). */
export interface Actor {
  /** Subject of the token; `system:<service>` for what a service does by itself. */
  id: string;
  /** The organisation it acts for. It is the first part of every key. */
  org: string;
  name?: string;
  roles: readonly string[];
  /** Units it belongs to according to its token; the directory of dispatch may know more. */
  units: readonly string[];
}

/** What caused a change. It is passed on from the request through the outbox, Kafka headers and jobs. */
export interface Cause {
  correlationId: string;
  /** Id of the event that caused this change; absent when a request did. */
  causationId?: string;
  /** W3C trace context. */
  traceparent?: string;
  actor: { id: string; name?: string };
}
