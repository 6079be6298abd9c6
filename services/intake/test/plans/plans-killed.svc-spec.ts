import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { dispatch } from '@gongdan/contracts';
import { messagingMigrations } from '@gongdan/messaging';
import { TestService } from '@gongdan/messaging/testing';
import { packId } from '@gongdan/packs';
import { clockMigration, Database } from '@gongdan/platform';
import { eventually, type TestDatabase, testDatabase } from '@gongdan/testing';
import { intake } from '../../src/intake.module.js';
import { aPlan, planned } from './planned-pack.js';

const DAY = 86_400_000;

describe('a process that is killed by signal 9 while it registers planned tickets', () => {
  let home: TestDatabase;
  let direct: Database;
  beforeAll(async () => {
    home = await testDatabase([clockMigration, ...messagingMigrations, ...intake.migrations], 'plans-killed');
    direct = new Database({ url: home.url, poolSize: 3, applicationName: 'plans-killed', migrations: [] });
    await direct.connect();
  });
  afterAll(async () => {
    await direct.close();
    await home.drop();
  });

  const shift = (by: number) => direct.run('update clock_offset set offset_ms = $1', [by]);
  const count = async (from: string, org: string) =>
    (await direct.one<{ n: number }>(`select count(*)::int as n from ${from} where org = $1`, [org]))?.n;

  it.each([
    ['before it has written anything', 'planned_tickets'],
    ['when only the commit is missing', 'outbox'],
  ])(
    'leaves each occurrence to be registered once, %s',
    async (_, table) => {
      const org = `killed-${table}`;
      await shift(0);
      const first = await TestService.start(intake, { database: home });
      const plans = Array.from({ length: 5 }, (_, i) => aPlan({ key: `round-${i}` }));
      const data = { key: 'rounds', version: 1, digest: 'x', pack: planned(plans) };
      const now = first.running.app.clock.now();
      await first.deliver(dispatch.PackPublished.of({ org, ticketId: packId(org, 'rounds', 1), occurredAt: now, data }));
      await eventually(async () => expect(await count('plan_points', org)).toBe(5));
      await first.close();

      await shift(DAY);
      const killed = direct.transaction(async (tx) => {
        await tx.run(`lock table ${table} in exclusive mode`);
        const child = spawn(process.execPath, ['--input-type=module', '-e', SERVICE, home.url], {
          cwd: fileURLToPath(new URL('../../..', import.meta.url)),
          stdio: 'inherit',
        });
        await eventually(async () => {
          const waiting = `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like $1`;
          expect(await direct.rows(waiting, [table === 'outbox' ? '%insert into ticket_event%' : '%planned_tickets%'])).toHaveLength(1);
        }, 100_000);
        const exited = once(child, 'exit');
        child.kill('SIGKILL');
        await exited;
      });
      await killed;

      const second = await TestService.start(intake, { database: home });
      await eventually(async () => expect(await count('planned_tickets', org)).toBe(5));
      await eventually(() => expect(second.emitted().filter((e) => e.org === org)).toHaveLength(5));
      expect([await count('tickets', org), await count('ticket_event', org), await count('plan_points', org)]).toEqual([5, 5, 5]);
      await second.close();
    },
    60_000,
  );
});

/** A replica on the database that is named; its bus is its own. */
const SERVICE = `
import { TestService } from '@gongdan/messaging/testing';
import { intake } from './dist/src/intake.module.js';
await TestService.start(intake, { database: { url: process.argv[1] } });
`;
