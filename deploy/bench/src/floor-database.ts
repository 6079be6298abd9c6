import { type Stack } from 'gongdan';
import { databaseAt, withClient } from './bench.js';

/** The URL of a copy of intake's database as its migrations made it: the same tables, the same indexes. Stops and starts intake: Postgres copies no database that is in use. */
export async function floorDatabase(stack: Stack): Promise<string> {
  await stack.child('intake').stop();
  await withClient(stack.postgresAdminUrl, (c) => c.query('create database gongdan_floor template gongdan_intake owner gongdan_intake'));
  await withClient(databaseAt(stack.postgresAdminUrl, 'gongdan_floor'), (c) =>
    c.query('grant connect on database gongdan_floor to gongdan_intake'),
  );
  await stack.revive('intake');
  return databaseAt(stack.databaseUrl('intake'), 'gongdan_floor');
}
