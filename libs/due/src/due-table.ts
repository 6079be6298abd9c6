/** The table of a service's due points, and the row that is the lock of their ticket. Names are part of SQL: they come from code alone. */
export interface DueTable {
  points: string;
  /** Column that names what a point belongs to beside its ticket: a clock, a task. The points of one subject fire in the order of their instants. */
  subject: string;
  /** One row per (org, id) for each ticket. Who changes what the points belong to holds it, and so does who fires them. */
  tickets: { table: string; id: string };
  /** Points wait until everything recorded before their due instant has been applied here (docs/adr/0031): the table has a column `part`. */
  waitsForEvents: boolean;
}

/** SQL that creates the table of the points, for a migration. One row per point that may still fire: the events are the history. */
export function createDueTable({ points, subject, waitsForEvents }: DueTable): string {
  return `
  create table ${points} (
    org text not null, ticket_id uuid not null, ${subject} text not null, point text not null, gen int not null, due_at timestamptz not null,
    ${waitsForEvents ? 'part smallint not null,\n    ' : ''}-- A point whose firing failed is fired apart from all others, and not before retry_at.
    failures int not null default 0, retry_at timestamptz,
    primary key (org, ticket_id, ${subject}, point)
  ) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);
  create index ${points}_due on ${points} (due_at);
  create index ${points}_failing on ${points} (retry_at) where failures > 0;
  ${waitsForEvents ? `create index ${points}_part_due on ${points} (part, due_at);` : ''}`;
}
