import { fileURLToPath } from 'node:url';
import { Client, loadSampleDirectory, publishPack } from 'gongdan';
import { type SampleDirectoryData } from '@gongdan/packs/format2';
import { readPackFolder } from '@gongdan/packs/files';
import type pg from 'pg';
import { databaseAt, pause, type Run, withClient, withStack } from '../bench.js';
import { cpuMs, cpuMsWithChildren, pidOf } from '../machine.js';
import { makeTopics } from '../relay.js';
import { type Figure, n } from '../report.js';
import { register } from './register.js';

const CHILDREN = 20_000;
const TARGET_S = 60;
const P30 = fileURLToPath(import.meta.resolve('@gongdan/packs')).replace(/dist\/.*$/, 'processes/p30-fault-and-incidents');

/** Ends a fault of P30 with 20,000 incidents, on one dispatch process: each incident is closed in a transaction of its own. */
export async function cascade(run: Run): Promise<Figure[]> {
  return withStack(run, { services: ['intake', 'dispatch'] }, async (stack) => {
    const client = new Client(stack.home, stack.urls);
    const packVersion = Number(/\d+$/.exec(await publishPack(client, P30))?.[0]);
    await loadSampleDirectory(
      (path, body) => client.must('dispatch', 'PUT', path, { body }),
      readPackFolder(P30).directory as SampleDirectoryData,
    );
    await stack.child('intake').stop();
    await makeTopics(stack.kafka);
    const about = { pack: { key: 'p30-fault-and-incidents' }, category: 'payment', priority: 'high' };
    await register(stack, { packVersion, content: { ...about, type: 'fault' } }, 1);
    await register(stack, { packVersion, content: { ...about, type: 'incident' } }, CHILDREN);
    return withClient(databaseAt(stack.postgresAdminUrl, 'gongdan_dispatch'), async (c) => {
      await until(c, `select count(*) = ${CHILDREN + 1} as done from cases`, 300_000);
      const fault = (await c.query<{ id: string }>(`select ticket_id as id from cases where body->'class'->>'type' = 'fault'`)).rows[0]?.id;
      // What intake tells by events; how fast links are heard is not what is measured here.
      await c.query(
        `insert into ticket_links (org, ticket_id, kind, other) select org, $1, 'incident', ticket_id from cases where ticket_id <> $1`,
        [fault],
      );
      await c.query('analyze ticket_links');
      const token = await stack.token({ id: 'p30-bo', roles: ['handler'], units: ['second-line'], org: 'demo' });
      const act = async (action: string, body: object) => {
        const answer = await fetch(`${stack.urls.dispatch}/v1/cases/${fault}/actions/${action}`, {
          method: 'POST',
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
          body: JSON.stringify(body),
        });
        if (!answer.ok) throw new Error(`${action}: ${answer.status} ${await answer.text()}`);
      };
      await act('take', {});
      const used = () => ({ app: cpuMs(pidOf(stack, 'dispatch')), database: cpuMsWithChildren(pidOf(stack, 'postgres')) });
      const [before, start] = [used(), performance.now()];
      await act('end-fault', { solution: 'replaced', text: 'it works again', withIncidents: true });
      const answeredMs = performance.now() - start;
      await until(c, 'select count(*) = 0 as done from ticket_jobs where answered_at is null', 600_000);
      const seconds = (performance.now() - start) / 1_000;
      const after = used();
      const { rows } = await c.query<{ state: string; n: string }>('select state, count(*) as n from ticket_work group by state');
      run.log(rows.map((r) => `${r.state} ${r.n}`).join(', '));
      if (Number(rows.find((r) => r.state === 'done')?.n) !== CHILDREN) throw new Error('not every incident was closed');
      return [
        {
          what: `Cascade to ${n(CHILDREN)} linked tickets, one dispatch process`,
          target: `≤ ${TARGET_S} s`,
          measured: `${n(seconds, 1)} s (${n(CHILDREN / seconds)} tickets/s)`,
          met: seconds <= TARGET_S,
          notes: [
            'P30: ending a fault closes its incidents. From the request until the fault was told that all are done; each incident is closed in a transaction of its own, with its events.',
            `The request itself was answered after ${n(answeredMs)} ms. CPU per ticket, relay included: ${n((after.app - before.app) / CHILDREN, 2)} ms app + ${n((after.database - before.database) / CHILDREN, 2)} ms Postgres.`,
          ],
        },
      ];
    });
  });
}

async function until(c: pg.Client, sql: string, withinMs: number): Promise<void> {
  for (const end = performance.now() + withinMs; performance.now() < end; await pause(200))
    if ((await c.query<{ done: boolean }>(sql)).rows[0]?.done === true) return;
  throw new Error(`not within ${withinMs / 1_000} s: ${sql}`);
}
