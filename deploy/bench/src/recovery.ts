import { Client, publishPack, SERVICES, type Stack, untilQuiet } from 'gongdan';
import { pause, type Run, withStack } from './bench.js';
import { type Figure, n } from './report.js';
import { TICKET_BODY } from './sample.js';

const PARTS = [...SERVICES, 'kafka', 'postgres', 'redis'] as const;
/** The starter waits longer before a restart when a part has ended within the last minute. */
const STEADY_MS = 62_000;
/** Half of what an earlier version needed: 5.5, 9.3 and 18 s. */
const TARGETS = { intake: 2.75, everything: 4.65, broker: 9 };

/** Time from a `kill -9` until tickets are accepted again, and until what waited is applied. The starter restarts the parts half a second after their end. */
export async function recovery(run: Run): Promise<Figure[]> {
  return withStack(run, { services: SERVICES, supervise: true }, async (stack) => {
    const client = new Client(stack.home, stack.urls);
    await publishPack(client, 'starter');
    for (let i = 0; i < 50; i++) await create(client);
    await untilQuiet(client);

    const broker = await afterKill(stack, ['kafka'], async () => {
      // Accepted while the broker is away.
      for (let i = 0; i < 20; i++) await created(client);
      await untilQuiet(client);
    });
    const intake = await afterKill(stack, ['intake'], () => created(client));
    await untilQuiet(client);
    await pause(STEADY_MS);
    const everything = await afterKill(stack, PARTS, () => created(client));
    await untilQuiet(client);

    const seconds = { intake, everything, broker };
    run.log(`intake ${n(intake, 1)} s, everything ${n(everything, 1)} s, broker ${n(broker, 1)} s`);
    return [
      {
        what: 'Recovery after `kill -9`',
        target: `creates < ${TARGETS.intake} s after intake, < ${TARGETS.everything} s after everything; no lag < ${TARGETS.broker} s after the broker`,
        measured: `${n(intake, 1)} s, ${n(everything, 1)} s, ${n(broker, 1)} s`,
        met: (Object.keys(TARGETS) as (keyof typeof TARGETS)[]).every((part) => seconds[part] < TARGETS[part]),
        notes: [
          'From the signal until the next `POST /v1/tickets` is acknowledged, once each: intake alone; then all five services, Kafka, Postgres and Redis at the same moment. The starter waits 0.5 s before a restart, which is included.',
          'Broker: from the signal until 20 tickets that were accepted meanwhile are applied in all services, without lag or gap.',
        ],
      },
    ];
  });
}

async function afterKill(stack: Stack, parts: readonly string[], recovered: () => Promise<unknown>): Promise<number> {
  const pids = parts.map((part) => stack.pid(part));
  const begin = performance.now();
  for (const pid of pids) if (pid !== undefined) process.kill(pid, 'SIGKILL');
  await recovered();
  return (performance.now() - begin) / 1_000;
}

const create = (client: Client) => client.must('intake', 'POST', '/v1/tickets', { body: TICKET_BODY, timeoutMs: 3_000 });

/** Sends until a ticket is acknowledged, as a client that never gives up. */
async function created(client: Client): Promise<void> {
  for (;;) {
    try {
      await create(client);
      return;
    } catch {
      await pause(50);
    }
  }
}
