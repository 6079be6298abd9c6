/** Who acts, for whom. A person, a machine client, or the system itself (a timer, an import). */
export interface Actor {
  /** Subject of the token; `system:<service>` for our own work. */
  id: string;
  /** The organisation it acts for: first in every key. */
  org: string;
  name?: string;
  roles: readonly string[];
  /** Units it belongs to, as its token says; the org directory of dispatch may know more. */
  units: readonly string[];
}

/** What a change was caused by; travels from the door through outbox, Kafka headers and jobs. */
export interface Cause {
  correlationId: string;
  /** The event that caused this one; absent at the first door. */
  causationId?: string;
  /** W3C trace context. */
  traceparent?: string;
  actor: { id: string; name?: string };
}
