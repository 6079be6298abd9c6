import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Queries } from '@gongdan/platform';
import { ListsStore } from '../../src/store/cases/lists.store.js';
import { DispatchService } from '../dispatch-service.js';

/** The generic plan is the one that a connection keeps: it is made without the values of the parameters. */
describe('the plan of a work list', () => {
  let s: DispatchService;
  beforeAll(async () => {
    s = await DispatchService.start();
    const { database } = s.service.running.app;
    // A pool of 20,000 tasks of which 20 sleep, and 2,000 tasks of 50 people.
    await database.run(
      `insert into open_tasks (org, ticket_id, no, lead, step, unit, person, opened_at, sleeps_until, sleeps, version, priority_rank, registered_at)
       select 'acme', gen_random_uuid(), 1, true, 's', 'billing', case when i > 20000 then 'p' || i % 50 end, now(), case when i <= 20 then now() + interval '1 day' end, 0, 1,
         i % 4, now() - i * interval '1 second' from generate_series(1, 22000) i`,
    );
    await database.run('analyze open_tasks');
  });
  afterAll(() => s.service.close());

  /** The indexes over which the list reads open_tasks, each with its condition. */
  async function indexesOf(list: (lists: ListsStore, q: Queries) => Promise<unknown>): Promise<string[]> {
    const found: string[] = [];
    const scans = (node: Record<string, unknown>): void => {
      if (node['Relation Name'] === 'open_tasks') found.push(String(node['Index Name'] ?? node['Node Type']));
      for (const inner of (node['Plans'] ?? []) as Record<string, unknown>[]) scans(inner);
    };
    const q = {
      rows: async (sql: string) => {
        const [row] = await s.service.running.app.database.rows<{ 'QUERY PLAN': { Plan: Record<string, unknown> }[] }>(
          `explain (generic_plan, format json) ${sql}`,
        );
        scans(row?.['QUERY PLAN'][0]?.Plan ?? {});
        return [];
      },
    } as unknown as Queries;
    await list(new ListsStore(), q);
    return found;
  }
  const place = [1, '2026-03-02T01:00:00.000Z', '2026-03-02T01:00:00.000Z', '019d2c1e-6f3a-7c55-9d0b-000000000001', 1] as never;

  it.each([
    ['sleeping tasks', undefined],
    ['sleeping tasks behind a place', place],
  ])('reads %s over the index that holds no others', async (_, after) => {
    expect(await indexesOf((lists, q) => lists.queue(q, 'acme', 'billing', true, 50, after))).toEqual(['open_tasks_sleeping_due']);
  });

  it.each([
    ['the queue of a unit', 'open_tasks_queue_due', (lists: ListsStore, q: Queries) => lists.queue(q, 'acme', 'billing', false, 50)],
    ['the tasks of a person', 'open_tasks_person_due', (lists: ListsStore, q: Queries) => lists.mine(q, 'acme', 'p1', 50)],
  ])('reads %s over its own index', async (_, index, list) => {
    expect(await indexesOf(list)).toEqual([index]);
  });
});
