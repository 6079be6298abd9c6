import { type ServiceName, type Stack } from 'gongdan';
import { databaseAt, pause, withClient } from './bench.js';

/** Restarts Postgres with the settings that measuring needs: it reads them only at its start. */
export async function configurePostgres(
  stack: Stack,
  services: readonly ServiceName[],
  settings: Readonly<Record<string, string>>,
): Promise<void> {
  await withClient(stack.postgresAdminUrl, async (c) => {
    for (const [name, value] of Object.entries(settings)) await c.query(`alter system set ${name} = ${value}`);
  });
  await stack.child('postgres').stop();
  await stack.revive('postgres');
  await pause(500);
  for (const service of services) await stack.ready(service);
}

/** Commit instant in milliseconds by ticket, of the events of one name in one table. Needs `track_commit_timestamp`. */
export async function commitTimes(stack: Stack, service: ServiceName, table: string, event: string): Promise<Map<string, number>> {
  return withClient(databaseAt(stack.postgresAdminUrl, `gongdan_${service}`), async (c) => {
    const { rows } = await c.query<{ ticket_id: string; at: number }>(
      `select ticket_id, extract(epoch from pg_xact_commit_timestamp(xmin))::float8 * 1000 as at from ${table} where name = $1`,
      [event],
    );
    return new Map(rows.map((r) => [r.ticket_id, r.at]));
  });
}

/** Milliseconds from each ticket's first commit to its second. Throws when a ticket has no second one. */
export function delays(from: ReadonlyMap<string, number>, to: ReadonlyMap<string, number>): number[] {
  const missing = [...from.keys()].filter((id) => !to.has(id));
  if (missing.length > 0) throw new Error(`${missing.length} of ${from.size} tickets are missing`);
  return [...from].map(([id, at]) => (to.get(id) ?? 0) - at);
}
