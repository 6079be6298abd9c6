import { type ServiceName, type Stack } from 'gongdan';
import { databaseAt, withClient } from './bench.js';

/** The URL of a copy of a service's database: the same tables, the same indexes, the same rows. Stops and starts the service: Postgres copies no database that is in use. */
export async function floorDatabase(stack: Stack, service: ServiceName = 'intake'): Promise<string> {
  const name = `gongdan_${service}`;
  await stack.child(service).stop();
  await withClient(stack.postgresAdminUrl, async (c) => {
    await c.query(`create database gongdan_floor template ${name} owner ${name}`);
  });
  await withClient(databaseAt(stack.postgresAdminUrl, 'gongdan_floor'), (c) =>
    c.query(`grant connect on database gongdan_floor to ${name}`),
  );
  await stack.revive(service);
  return databaseAt(stack.databaseUrl(service), 'gongdan_floor');
}
