import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '@gongdan/kernel';
import { readConfig } from '../../src/config.js';
import { ForgetOldRowsJob } from '../../src/entry/jobs/forget-old-rows.job.js';
import { TicketJobsStore } from '../../src/store/work/ticket-jobs.store.js';
import { DispatchService } from '../dispatch-service.js';

describe('rows that only remember', () => {
  let s: DispatchService;
  beforeAll(async () => {
    s = await DispatchService.start();
  });
  afterAll(() => s.service.close());
  const database = () => s.service.running.app.database;
  const forget = () => s.service.running.app.nest.get(ForgetOldRowsJob).tick();
  async function job(kind: 'bulk' | 'cascade', days: number, state: 'waiting' | 'done' = 'done'): Promise<string> {
    const id = newId();
    await database().run(
      `insert into ticket_jobs (org, id, kind, action, input, actor, cause, made_at, answered_at)
       values ('acme', $1, $2, 'close', 'sealed', '{}', '{}', gongdan_now() - $3 * interval '1 day', gongdan_now())`,
      [id, kind, days],
    );
    // What waits is set aside for a day, so that no lane takes it meanwhile.
    await database().run(
      `insert into ticket_work (org, job, ticket_id, n, state, at, retry_at) values ('acme', $1, $1, 1, $2, gongdan_now(), gongdan_now() + interval '1 day')`,
      [id, state],
    );
    return id;
  }
  const kept = async (ids: readonly string[]): Promise<string[]> => {
    const rows = await database().rows<{ id: string }>('select id from ticket_jobs where id = any ($1::uuid[])', [[...ids]]);
    return ids.filter((id) => rows.some((r) => r.id === id));
  };

  it('deletes bulk actions after 30 days and cascades after 400, however many old ones still wait', async () => {
    const waiting: string[] = [];
    for (let i = 0; i < 25; i++) waiting.push(await job('bulk', 500, 'waiting'));
    const [old, fresh] = [await job('bulk', 31), await job('bulk', 29)];
    const [aged, linkable] = [await job('cascade', 401), await job('cascade', 399)];
    await forget();
    expect(await kept([...waiting, old, fresh, aged, linkable])).toEqual([...waiting, fresh, linkable]);
  });

  it('reads no cascade that has to stay, however many there are', async () => {
    await database().run(
      `insert into ticket_jobs (org, id, kind, action, input, actor, cause, made_at, answered_at)
       select 'acme', gen_random_uuid(), 'cascade', 'close', 'sealed', '{}', '{}', gongdan_now() - interval '90 days', gongdan_now() from generate_series(1, 3000)`,
    );
    await database().run('analyze ticket_jobs');
    const read = await database().transaction(async (tx) => {
      await s.service.running.app.nest.get(TicketJobsStore).forget(tx, { bulk: 30, cascade: 400 });
      return tx.one<{ rows: number }>(
        `select (coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))::int as rows from pg_stat_xact_user_tables where relname = 'ticket_jobs'`,
      );
    });
    expect(read?.rows).toBeLessThan(1000);
  });

  it('deletes refused updates of devices after 400 days', async () => {
    for (const days of [399, 401])
      await database().run(
        `insert into refused_submissions (org, client, key, ticket_id, action, code, refused_at, sealed)
         values ('acme', 'device', $1, gen_random_uuid(), 'reply', 'dispatch/limit-reached', gongdan_now() - $2 * interval '1 day', '')`,
        [`key-${days}`, days],
      );
    await forget();
    expect(await database().rows('select key from refused_submissions')).toEqual([{ key: 'key-399' }]);
  });

  it('keeps rows for the days that its settings say', async () => {
    const env = { KEYS_KEPT_DAYS: '2', BULK_KEPT_DAYS: '3', CASCADES_KEPT_DAYS: '5', REFUSED_UPDATES_KEPT_DAYS: '4' };
    const other = await DispatchService.start({ env });
    try {
      const { database, nest } = other.service.running.app;
      for (const days of [1, 2, 3, 4, 5]) {
        const at = `gongdan_now() - ${days} * interval '1 day' + interval '1 hour'`;
        await database.run(
          `insert into ticket_jobs (org, id, kind, action, input, actor, cause, made_at, answered_at)
           select 'acme', gen_random_uuid(), k, 'close-${days}', 'sealed', '{}', '{}', ${at}, ${at} from unnest(array['bulk', 'cascade']) k`,
        );
        await database.run(
          `insert into action_keys (org, client, key, fingerprint, ticket_id, at) values ('acme', 'c', 'k${days}', '', gen_random_uuid(), ${at})`,
        );
        await database.run(
          `insert into refused_submissions (org, client, key, ticket_id, action, code, refused_at, sealed)
           values ('acme', 'd', 'k${days}', gen_random_uuid(), 'reply', 'x', ${at}, '')`,
        );
      }
      await nest.get(ForgetOldRowsJob).tick();
      const count = async (sql: string) => (await database.one<{ n: number }>(`select count(*)::int as n from ${sql}`))?.n;
      expect(await count(`ticket_jobs where kind = 'bulk'`)).toBe(3);
      expect(await count(`ticket_jobs where kind = 'cascade'`)).toBe(5);
      expect(await count('action_keys')).toBe(2);
      expect(await count('refused_submissions')).toBe(4);
    } finally {
      await other.service.close();
    }
  });

  it.each(['0', '-1', '1.5', '36501', 'week'])('does not start when it should keep rows for %s days', (days) => {
    const env = { KEYS_KEPT_DAYS: days, BULK_KEPT_DAYS: days, CASCADES_KEPT_DAYS: days, REFUSED_UPDATES_KEPT_DAYS: days };
    expect(() => readConfig(env)).toThrow(
      /KEYS_KEPT_DAYS: (?!is missing)[^]*BULK_KEPT_DAYS: [^]*CASCADES_KEPT_DAYS: [^]*REFUSED_UPDATES_KEPT_DAYS: /,
    );
  });
});
