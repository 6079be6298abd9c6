import { Client, publishPack, SERVICES, untilQuiet } from 'gongdan';
import { pause, type Run, withStack } from './bench.js';
import { cpuMs, cpuMsWithChildren, memoryMb, pidOf } from './machine.js';
import { type Figure, n } from './report.js';
import { TICKET_BODY } from './sample.js';

/** V8 frees the memory of the last work within a minute and a half, which takes 100 ms of CPU in each service once. */
const SETTLE_SECONDS = 120;
const SECONDS = 60;

/** Memory and CPU of the services without requests, after they have handled fifty tickets. */
export async function idle(run: Run): Promise<Figure[]> {
  return withStack(run, { services: SERVICES }, async (stack) => {
    const client = new Client(stack.home, stack.urls);
    await publishPack(client, 'starter');
    for (let i = 0; i < 50; i++) await client.must('intake', 'POST', '/v1/tickets', { body: TICKET_BODY });
    await untilQuiet(client);
    await pause(SETTLE_SECONDS * 1_000);
    const parts = [...SERVICES, 'kafka', 'redis'] as const;
    const before = new Map(parts.map((p) => [p, cpuMs(pidOf(stack, p))]));
    const postgres = pidOf(stack, 'postgres');
    const postgresBefore = cpuMsWithChildren(postgres);
    const begin = performance.now();
    await pause(SECONDS * 1_000);
    const ms = performance.now() - begin;
    const percent = (used: number): number => (100 * used) / ms;
    const cpu = new Map(parts.map((p) => [p, percent(cpuMs(pidOf(stack, p)) - (before.get(p) ?? 0))]));
    const postgresCpu = percent(cpuMsWithChildren(postgres) - postgresBefore);
    const rss = new Map(parts.map((p) => [p, memoryMb(pidOf(stack, p)).rss]));
    const most = Math.max(...SERVICES.map((s) => rss.get(s) ?? 0));
    const all = SERVICES.reduce((sum, s) => sum + (cpu.get(s) ?? 0), 0);
    return [
      {
        what: 'Idle: memory of a service',
        target: '< 160 MB RSS',
        measured: `${n(most)} MB the largest`,
        met: most < 160,
        notes: [
          `VmRSS ${SECONDS + SETTLE_SECONDS} s after 50 tickets: ${parts.map((p) => `${p} ${n(rss.get(p) ?? 0)} MB`).join(', ')}; the five services together ${n(SERVICES.reduce((sum, s) => sum + (rss.get(s) ?? 0), 0))} MB.`,
        ],
      },
      {
        what: 'Idle: CPU of all services together',
        target: '< 3 % of one core',
        measured: `${n(all, 1)} %`,
        met: all < 3,
        notes: [
          `User and system time over ${SECONDS} s, ${SETTLE_SECONDS} s after the last ticket: ${parts.map((p) => `${p} ${n(cpu.get(p) ?? 0, 2)} %`).join(', ')}, Postgres with its connections ${n(postgresCpu, 2)} %.`,
        ],
      },
    ];
  });
}
