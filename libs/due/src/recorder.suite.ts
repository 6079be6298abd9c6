import { clockMigration, migration, type Tx } from '@gongdan/platform';
import { createDueTable, type DueOwner, type DuePoint, type DueTable, type Firing, subjectId } from './index.js';

export const TABLE: DueTable = {
  points: 'due_tasks',
  subject: 'task',
  tickets: { table: 'cases', id: 'ticket_id' },
  waitsForEvents: false,
};
export const WAITING: DueTable = { ...TABLE, points: 'due_clocks', waitsForEvents: true };
export const MIGRATIONS = [
  clockMigration,
  migration(
    100,
    'Cases',
    `create table cases (org text, ticket_id uuid, primary key (org, ticket_id));
     create table tasks (org text, ticket_id uuid, task text, gen int not null default 1, primary key (org, ticket_id, task));
     create table fired (no bigserial, org text, ticket_id uuid, task text, point text, gen int, due_at timestamptz, fired_at timestamptz, by text);
     create table gaps (org text, ticket_id uuid); create table parked_events (org text, ticket_id uuid);
     ${createDueTable(TABLE)} ${createDueTable(WAITING)}`,
  ),
];

/** Records each point that fires, as the replica `name`. `before` runs in the transaction after the records were written. */
export class Recorder implements DueOwner<null> {
  constructor(
    private readonly name: string,
    private readonly before: (firings: readonly Firing<null>[]) => Promise<void> | void = () => undefined,
  ) {}

  async subjectsOf(tx: Tx, points: readonly DuePoint[]) {
    const rows = await tx.rows<{ org: string; ticketId: string; subject: string; gen: number }>(
      `select org, ticket_id as "ticketId", task as subject, gen from tasks
       where (org, ticket_id) in (select * from unnest($1::text[], $2::uuid[]))`,
      [points.map((p) => p.org), points.map((p) => p.ticketId)],
    );
    return new Map(rows.map((r) => [subjectId(r), { gen: r.gen, state: null }]));
  }

  async fire(tx: Tx, firings: readonly Firing<null>[]): Promise<void> {
    await tx.run(
      `insert into fired (org, ticket_id, task, point, gen, due_at, fired_at, by)
       select p.org, p."ticketId", p.subject, p.point, p.gen, p."dueAt", p."firedAt", $2
       from json_to_recordset($1::json) as p (org text, "ticketId" uuid, subject text, point text, gen int, "dueAt" timestamptz, "firedAt" timestamptz)`,
      [JSON.stringify(firings.map((f) => f.point)), this.name],
    );
    await this.before(firings);
  }
}
