import { Client, publishPack, type Stack } from 'gongdan';
import { readPack } from '@gongdan/packs';
import { loadPack, packFolder } from '@gongdan/packs/files';
import { type Routing } from '@gongdan/packs/format2';
import { databaseAt, pause, type Run, withClient, withStack } from '../bench.js';
import { cpuMs, cpuMsWithChildren, memoryMb, pidOf } from '../machine.js';
import { makeTopics } from '../relay.js';
import { type Figure, n } from '../report.js';
import { register } from './register.js';

const DECISIONS = 100_000;
/** As `gongdan pack replay` asks. */
const PAGE = 5_000;

interface Replayed {
  judged: number;
  items: number;
  seconds: number;
  slowestMs: number;
  app: number;
  database: number;
  /** Longest time for which another request had to wait. */
  othersMs: number;
  peakMb: number;
}

/** A draft of the routing tables over 100,000 past decisions, on one dispatch process. */
export async function replay(run: Run): Promise<Figure[]> {
  return withStack(run, { services: ['intake', 'dispatch'] }, async (stack) => {
    const packVersion = Number(/\d+$/.exec(await publishPack(new Client(stack.home, stack.urls), 'starter'))?.[0]);
    await stack.child('intake').stop();
    await makeTopics(stack.kafka);
    await register(stack, { packVersion, content: {} }, DECISIONS);
    const floor = await withClient(databaseAt(stack.postgresAdminUrl, 'gongdan_dispatch'), async (c) => {
      const count = async (): Promise<number> => (await c.query<{ n: number }>('select count(*)::int as n from decisions')).rows[0]?.n ?? 0;
      while ((await count()) < DECISIONS) await pause(500);
      await c.query('vacuum analyze decisions');
      const start = performance.now();
      for (let [id, no, more] = ['00000000-0000-0000-0000-000000000000', 0, true]; more;) {
        const sql = 'select * from decisions where org = $1 and (ticket_id, no) > ($2::uuid, $3::int) order by ticket_id, no limit $4';
        const { rows } = await c.query<{ ticket_id: string; no: number }>(sql, ['demo', id, no, PAGE]);
        const last = rows.at(-1);
        [id, no, more] = [last?.ticket_id ?? '', last?.no ?? 0, rows.length === PAGE];
      }
      return (performance.now() - start) / 1_000;
    });
    const { tables } = readPack(loadPack(packFolder('starter'))).routing;
    const main = tables['main'];
    if (main === undefined) throw new Error('the pack has no table main');
    const row = { key: 'elsewhere', when: { 'class.categories': 'network' }, holder: { unit: 'billing' } };
    const everything = { tables: { ...tables, main: { ...main, rules: [row, ...main.rules] } } } as Routing;
    // What it has routed is forgotten. The first replay compiles the code.
    await stack.restart('dispatch');
    const startMb = memoryMb(pidOf(stack, 'dispatch')).rss;
    await judge(stack, { tables });
    const [none, all] = [await judge(stack, { tables }), await judge(stack, everything)];
    run.log(JSON.stringify({ floor, none, all }));
    if (none.judged !== DECISIONS || none.items !== 0 || all.items !== DECISIONS) throw new Error('the replay did not judge everything');
    const used = (r: Replayed): string =>
      `CPU per decision ${n((r.app / DECISIONS) * 1_000)} µs dispatch + ${n((r.database / DECISIONS) * 1_000)} µs Postgres; slowest page ${n(r.slowestMs)} ms; another request waited ${n(r.othersMs)} ms at most; the process held ${n(r.peakMb)} MB at most (${n(startMb)} MB after its start)`;
    return [
      {
        what: `Replay of ${n(DECISIONS)} past decisions by a draft, one dispatch process`,
        target: 'bounded',
        floor: `${n(floor, 1)} s`,
        measured: `${n(none.seconds, 1)} s where nothing moves, ${n(all.seconds, 1)} s where everything moves`,
        notes: [
          `Pages of ${n(PAGE)} decisions of the pack starter, one after the other, as \`gongdan pack replay\` asks for them. Each decision is of a ticket of its own that was registered and routed before.`,
          `Nothing moves: ${used(none)}.`,
          `Everything moves and is listed: ${used(all)}.`,
          'Floor: the same pages of the table read by a bare pg client.',
        ],
      },
    ];
  });
}

async function judge(stack: Stack, routing: Routing): Promise<Replayed> {
  const headers = {
    authorization: `Bearer ${await stack.token({ id: 'author', org: 'demo', roles: ['pack-author', 'admin'] })}`,
    'content-type': 'application/json',
  };
  const pid = pidOf(stack, 'dispatch');
  const used = (): [number, number] => [cpuMs(pid), cpuMsWithChildren(pidOf(stack, 'postgres'))];
  const [before, start] = [used(), performance.now()];
  const found: Replayed = { judged: 0, items: 0, seconds: 0, slowestMs: 0, app: 0, database: 0, othersMs: 0, peakMb: 0 };
  let over = false;
  const others = (async () => {
    for (; !over; await pause(20)) {
      const asked = performance.now();
      await (await fetch(`${stack.urls.dispatch}/v1/packs`, { headers })).text();
      found.othersMs = Math.max(found.othersMs, performance.now() - asked);
      found.peakMb = Math.max(found.peakMb, memoryMb(pid).rss);
    }
  })();
  for (let cursor: string | null | undefined; cursor !== null;) {
    const asked = performance.now();
    const body = JSON.stringify({ pack: 'starter', routing, limit: PAGE, ...(cursor === undefined ? {} : { cursor }) });
    const answer = await fetch(`${stack.urls.dispatch}/v1/routing/replay`, { method: 'POST', headers, body });
    if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
    const page = (await answer.json()) as { judged: number; items: unknown[]; next: string | null };
    found.slowestMs = Math.max(found.slowestMs, performance.now() - asked);
    found.judged += page.judged;
    found.items += page.items.length;
    cursor = page.next;
  }
  found.seconds = (performance.now() - start) / 1_000;
  const [app, database] = used();
  over = true;
  await others;
  return { ...found, app: app - before[0], database: database - before[1] };
}
