import { type EventDraft } from '@gongdan/contracts';
import { type Cause, newId } from '@gongdan/kernel';
import { type SqlValue, type Tx } from '@gongdan/platform';

/**
 * CTEs that append events to the outbox within a statement of the service: where `when` holds, with the parameters `appendParameters` from number `from` on. The rules of
 * `Outbox.append` hold, and the caller calls `nudge()` when the statement has committed.
 */
export function appendCtes(from: number, when: string): string {
  const types = ['text', 'uuid', 'uuid', 'text', 'smallint', 'timestamptz', 'text', 'uuid', 'text', 'text', 'text', 'json', 'int'];
  return `drafts as (
  select * from unnest(${types.map((type, i) => `$${from + i}::${type}[]`).join(', ')})
    with ordinality as s (org, ticket_id, event_id, name, version, occurred_at, correlation_id, causation_id, traceparent, actor_id, actor_name, data, nth, n)
  where ${when}
), placed as (
  select s.*, coalesce((select max(e.seq) from ticket_event e where e.org = s.org and e.ticket_id = s.ticket_id), 0) + s.nth as seq
  from drafts s
), stored as (
  insert into ticket_event (org, ticket_id, seq, event_id, name, version, occurred_at, correlation_id, causation_id, traceparent, actor_id, actor_name, data)
  select org, ticket_id, seq, event_id, name, version, occurred_at, correlation_id, causation_id, traceparent, actor_id, actor_name, data from placed
), pointed as (
  insert into outbox (part, org, ticket_id, seq) select hashtext(ticket_id::text) & 63, org, ticket_id, seq from placed order by n
)`;
}

const APPEND = `with ${appendCtes(1, 'true')} select`;

/** An event with what caused it. */
export interface PendingEvent {
  draft: EventDraft;
  cause: Cause;
}

/** The parameters of `appendCtes`: one array per column. */
export function appendParameters(events: readonly PendingEvent[]): SqlValue[] {
  const column = <T extends SqlValue>(pick: (s: PendingEvent) => T) => events.map(pick) as unknown as SqlValue;
  return [
    column((s) => s.draft.org),
    column((s) => s.draft.ticketId),
    column((s) => s.draft.id ?? newId()),
    column((s) => s.draft.name),
    column((s) => s.draft.version),
    column((s) => s.draft.occurredAt),
    column((s) => s.cause.correlationId),
    column((s) => s.cause.causationId ?? null),
    column((s) => s.cause.traceparent ?? null),
    column((s) => s.cause.actor.id),
    column((s) => s.cause.actor.name ?? null),
    column((s) => JSON.stringify(s.draft.data)),
    // Counted here: a window function in the statement costs Postgres a sort for one row.
    nthOfTicket(events),
  ];
}

/** Which event of its ticket among these each one is. */
function nthOfTicket(events: readonly PendingEvent[]): number[] {
  const counts = new Map<string, number>();
  return events.map(({ draft: { org, ticketId } }) => {
    const key = `${org}|${ticketId}`;
    const nth = (counts.get(key) ?? 0) + 1;
    counts.set(key, nth);
    return nth;
  });
}

/** The only way to publish an event: it commits with the state that it describes, and the relay publishes it. */
export class Outbox {
  private nudges: (() => void)[] = [];

  /** Registers a callback that runs after each commit with appended events. */
  onAppend(nudge: () => void): void {
    this.nudges.push(nudge);
  }

  /**
   * Appends in order; each event takes the next `seq` of its ticket. The caller holds the lock of the ticket's own row (or has just
   * inserted it): that makes outbox order commit order. Without the lock the primary key of ticket_event refuses the second writer.
   */
  async append(tx: Tx, drafts: readonly EventDraft[], cause: Cause): Promise<void> {
    await this.appendAll(
      tx,
      drafts.map((draft) => ({ draft, cause })),
    );
  }

  /** Appends events of many tickets with many causes in one statement. */
  async appendAll(tx: Tx, events: readonly PendingEvent[]): Promise<void> {
    if (events.length === 0) return;
    await tx.run(APPEND, appendParameters(events));
    tx.afterCommit(() => this.nudge());
  }

  nudge(): void {
    for (const nudge of this.nudges) nudge();
  }
}

/** The columns that `firstEventCtes` needs in its source; `firstEventOf` fills them. */
export const FIRST_EVENT_COLUMNS = `event_ticket uuid, event_id uuid, event_name text, event_version smallint, event_correlation text, event_causation uuid,
  event_trace text, event_actor text, event_actor_name text, event_data json`;

/** The instant of the draft is left out: it may have waited long before the statement runs, which knows a later one. */
export function firstEventOf(draft: EventDraft, cause: Cause): Record<string, unknown> {
  return {
    event_ticket: draft.ticketId,
    event_id: draft.id ?? newId(),
    event_name: draft.name,
    event_version: draft.version,
    event_correlation: cause.correlationId,
    event_causation: cause.causationId,
    event_trace: cause.traceparent,
    event_actor: cause.actor.id,
    event_actor_name: cause.actor.name,
    event_data: draft.data,
  };
}

/**
 * For a hot route that writes everything in one statement: two CTEs that append the first event of each new ticket in `source`, which is a CTE
 * with `org`, `n` (their order) and FIRST_EVENT_COLUMNS. `occurredAt` is the instant of the event; one from before the statement may be behind a
 * watermark. `data` may complete the payload with values that only the statement knows (a number). Call `nudge()` afterwards.
 */
export function firstEventCtes(source: string, occurredAt: string, data = 'event_data'): string {
  return `first_events as (
      insert into ticket_event (org, ticket_id, seq, event_id, name, version, occurred_at, correlation_id, causation_id, traceparent, actor_id, actor_name, data)
      select org, event_ticket, 1, event_id, event_name, event_version, ${occurredAt}, event_correlation, event_causation, event_trace, event_actor, event_actor_name, ${data} from ${source}
    ), pointers as (
      insert into outbox (part, org, ticket_id, seq) select hashtext(event_ticket::text) & 63, org, event_ticket, 1 from ${source} order by n
    )`;
}
