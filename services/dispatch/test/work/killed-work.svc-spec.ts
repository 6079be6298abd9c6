import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { clockMigration, Database } from '@gongdan/platform';
import { messagingMigrations } from '@gongdan/messaging';
import { eventually, type TestDatabase, testDatabase } from '@gongdan/testing';
import { afterEach, describe, expect, it } from '@jest/globals';
import { dispatch } from '../../src/dispatch.module.js';
import { DispatchService } from '../dispatch-service.js';

interface Begun {
  bulk: string;
  fault: string;
  noted: string[];
  linked: string[];
}

describe('work on many tickets after kill -9', () => {
  let database: TestDatabase;
  let s: DispatchService | undefined;
  afterEach(async () => {
    await s?.service.close();
    s = undefined;
    await database.drop();
  });

  it.each(['bulk', 'cascade'])(
    'goes on where a killed process was in the middle of the %s, and does each ticket once',
    async (middle) => {
      database = await testDatabase([clockMigration, ...messagingMigrations, ...dispatch.migrations], 'killed');
      const script = fileURLToPath(new URL('work-until-killed.js', import.meta.url));
      const child = spawn(process.execPath, [script, database.url, middle], { stdio: ['ignore', 'pipe', 'inherit'] });
      const [out, [, signal]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
      expect(signal).toBe('SIGKILL');
      const { bulk, fault, noted, linked } = JSON.parse(out) as Begun;

      const dead = new Database({ url: database.url, poolSize: 1, applicationName: 'killed', migrations: [] });
      await dead.connect();
      const left = await dead.rows("select 1 from ticket_work where state = 'waiting'");
      await dead.close();
      expect(left.length).toBeGreaterThan(0);

      const { service } = (s = await DispatchService.start({ database }));
      const rows = (sql: string, tickets: readonly string[]) => service.running.app.database.rows<{ n: number }>(sql, [[...tickets]]);
      const events = `select ticket_id, count(*)::int as n from ticket_event where ticket_id = any ($1::uuid[]) and name = `;
      const progress = () => service.call('GET', `/v1/bulk/${bulk}`, { as: { roles: ['supervisor'] } });
      await eventually(async () => expect((await progress()).body).toMatchObject({ waiting: 0, done: noted.length, refused: 0 }));
      await eventually(async () =>
        expect(
          await rows(
            `select data->>'state' as state, (data->>'done')::int as done from ticket_event where ticket_id = any ($1::uuid[]) and name = 'dispatch.request-answered'`,
            [fault],
          ),
        ).toEqual([{ state: 'done', done: linked.length }]),
      );
      expect((await rows(`${events} 'dispatch.ticket-noted' group by 1`, noted)).map((r) => r.n)).toEqual(noted.map(() => 1));
      expect((await rows(`${events} 'dispatch.ticket-closed' group by 1`, linked)).map((r) => r.n)).toEqual(linked.map(() => 1));
    },
    120_000,
  );
});
