import { type EventDraft } from '@gongdan/contracts';
import { type Cause, newId } from '@gongdan/kernel';
import { type SqlValue, type Tx } from '@gongdan/platform';

const APPEND = `
with said as (
  select * from unnest($1::text[], $2::uuid[], $3::uuid[], $4::text[], $5::smallint[], $6::timestamptz[], $7::text[], $8::uuid[],
                       $9::text[], $10::text[], $11::text[], $12::json[])
    with ordinality as s (org, ticket_id, event_id, name, version, occurred_at, correlation_id, causation_id, traceparent, actor_id, actor_name, data, n)
), placed as (
  select s.*, coalesce((select max(e.seq) from ticket_event e where e.org = s.org and e.ticket_id = s.ticket_id), 0)
              + row_number() over (partition by s.org, s.ticket_id order by s.n) as seq
  from said s
), stored as (
  insert into ticket_event (org, ticket_id, seq, event_id, name, version, occurred_at, correlation_id, causation_id, traceparent, actor_id, actor_name, data)
  select org, ticket_id, seq, event_id, name, version, occurred_at, correlation_id, causation_id, traceparent, actor_id, actor_name, data from placed
)
insert into outbox (part, org, ticket_id, seq) select hashtext(ticket_id::text) & 63, org, ticket_id, seq from placed order by n`;

/** An event with what caused it. */
export interface Said {
  draft: EventDraft;
  cause: Cause;
}

/** The only way to speak: the event commits with the state it tells of, and the relay publishes it. */
export class Outbox {
  private nudges: (() => void)[] = [];

  /** Called after each commit that appended. */
  onAppend(nudge: () => void): void {
    this.nudges.push(nudge);
  }

  /**
   * Appends in order; each event takes the next `seq` of its ticket. The caller holds the lock of the ticket's own row (or has just
   * inserted it): that makes outbox order commit order. Without the lock the primary key of ticket_event refuses the loser.
   */
  async append(tx: Tx, drafts: readonly EventDraft[], cause: Cause): Promise<void> {
    await this.appendAll(
      tx,
      drafts.map((draft) => ({ draft, cause })),
    );
  }

  /** Events of many tickets with many causes, in one statement. */
  async appendAll(tx: Tx, said: readonly Said[]): Promise<void> {
    if (said.length === 0) return;
    const column = <T extends SqlValue>(pick: (s: Said) => T) => said.map(pick) as unknown as SqlValue;
    await tx.run(APPEND, [
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
    ]);
    tx.afterCommit(() => this.nudge());
  }

  nudge(): void {
    for (const nudge of this.nudges) nudge();
  }
}

/**
 * For a hot door that writes everything in one statement: two CTEs that say the FIRST event of a new ticket, for as many rows as `source`
 * (a CTE with at most one row) has. Parameters start at `$first`; `data` may complete the
 * payload with what only the statement knows (a number). Call `nudge()` afterwards.
 */
export function firstEventCtes(
  draft: EventDraft,
  cause: Cause,
  source: string,
  first: number,
  data: (param: string) => string = (param) => `${param}::json`,
): { sql: string; params: SqlValue[] } {
  const p = (i: number) => `$${first + i}`;
  return {
    sql: `said as (
      insert into ticket_event (org, ticket_id, seq, event_id, name, version, occurred_at, correlation_id, causation_id, traceparent, actor_id, actor_name, data)
      select ${p(0)}::text, ${p(1)}::uuid, 1, ${p(2)}::uuid, ${p(3)}::text, ${p(4)}::smallint, ${p(5)}::timestamptz, ${p(6)}::text, ${p(7)}::uuid,
             ${p(8)}::text, ${p(9)}::text, ${p(10)}::text, ${data(p(11))} from ${source}
    ), pointed as (
      insert into outbox (part, org, ticket_id, seq) select hashtext(${p(1)}::uuid::text) & 63, ${p(0)}::text, ${p(1)}::uuid, 1 from ${source}
    )`,
    params: [
      draft.org,
      draft.ticketId,
      draft.id ?? newId(),
      draft.name,
      draft.version,
      draft.occurredAt,
      cause.correlationId,
      cause.causationId ?? null,
      cause.traceparent ?? null,
      cause.actor.id,
      cause.actor.name ?? null,
      JSON.stringify(draft.data),
    ],
  };
}
