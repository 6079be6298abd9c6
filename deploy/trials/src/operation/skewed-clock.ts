import { Child, freePort, PROJECT, publishPack, type ServiceName, untilQuiet, withoutSettings } from 'gongdan';
import { join } from 'node:path';
import { admin, TICKET } from '../callers.js';
import { must, type Product, type Trial, within } from '../trial.js';

const AHEAD_MS = 3_600_000;
/** Created at least; more until each replica has handled an event, which needs a partition from the group first. */
const TICKETS = 60;
const HANDLED_WITHIN_MS = 60_000;
const TOLERATED_MS = 2_000;
const READY_WITHIN_MS = 60_000;
/** Replaces the wall clock of a process before its first line runs, as a machine with a wrong clock does. */
const PRELOAD = `data:text/javascript,${encodeURIComponent(`
  const Real = Date;
  const now = () => Real.now() + ${AHEAD_MS};
  globalThis.Date = class Date extends Real {
    constructor(...args) { args.length === 0 ? super(now()) : super(...args); }
    static now() { return now(); }
  };
`)}`;

interface Replica {
  child: Child;
  url: string;
}

async function startSkewed({ stack }: Product, service: ServiceName): Promise<Replica> {
  const port = await freePort(0);
  const main = join(PROJECT, 'services', service, 'dist/src/main.js');
  const env = stack.serviceEnv(service);
  const child = new Child({
    name: `${service} ahead`,
    command: process.execPath,
    args: [main],
    log: stack.home.log(`${service}-ahead`),
    marker: main,
    env: { ...withoutSettings(process.env), ...env, PORT: String(port), NODE_OPTIONS: `${env['NODE_OPTIONS'] ?? ''} --import=${PRELOAD}` },
    cwd: PROJECT,
  });
  child.start();
  return { child, url: `http://127.0.0.1:${port}` };
}

/** Events that this process itself has handled. */
async function handledBy({ url }: Replica): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return [...text.matchAll(/^gongdan_events_total\{[^}]*outcome="applied"[^}]*\} (\d+)$/gm)].reduce((sum, [, n]) => sum + Number(n), 0);
}

export const skewedClock: Trial = {
  name: 'wrong-wall-clock',
  claim: 'Replicas of dispatch and sla whose wall clock is an hour ahead are not ready and say so, date events truly and break no promise early.',
  async run(product) {
    const { client } = product;
    const as = admin('trial-clock');
    await publishPack(client, 'starter', as);
    const replicas = { dispatch: await startSkewed(product, 'dispatch'), sla: await startSkewed(product, 'sla') };
    try {
      for (const [service, replica] of Object.entries(replicas)) {
        let ready = '';
        await within(READY_WITHIN_MS, `the ${service} replica does not say that its clock is wrong`, async () => {
          const answer = await fetch(`${replica.url}/health/ready`);
          ready = await answer.text();
          return answer.status === 503 && /"clock":"the wall clock of this process is 3[56]\d\d/.test(ready);
        }).catch((error: unknown) => {
          throw new Error(`${String(error)}; it answers ${ready} ${replica.child.tail(3)}`);
        });
      }
      // The replicas are members of the consumer group; some of the tickets are theirs.
      await untilQuiet(client);
      const from = Date.now() - TOLERATED_MS;
      const tickets: string[] = [];
      const handled = async () => ({ dispatch: await handledBy(replicas.dispatch), sla: await handledBy(replicas.sla) });
      await within(HANDLED_WITHIN_MS, 'a skewed replica handles no event', async () => {
        do {
          const { id } = await client.must<{ id: string }>('intake', 'POST', '/v1/tickets', { as, body: { ...TICKET, urgency: 'high', impact: 'area' } });
          tickets.push(id);
        } while (tickets.length < TICKETS);
        const { dispatch, sla } = await handled();
        return dispatch > 0 && sla > 0;
      });
      await untilQuiet(client);
      const to = Date.now() + TOLERATED_MS;
      for (const id of tickets) {
        const { history } = await client.must<{ history: { name: string; occurredAt: string }[] }>('reporting', 'GET', `/v1/tickets/${id}/history`, { as });
        must(history.some((e) => e.name === 'sla.clock-started'), `ticket ${id} has no clock: ${history.map((e) => e.name).join()}`);
        for (const { name, occurredAt } of history) {
          const at = Date.parse(occurredAt);
          must(at >= from && at <= to, `${name} of ticket ${id} is dated ${occurredAt}`);
          must(!/warned|breached/.test(name), `ticket ${id} has ${name} long before its promise ends`);
        }
      }
      const { dispatch, sla } = await handled();
      return `${tickets.length} tickets; the skewed replicas handled ${dispatch} and ${sla} events`;
    } finally {
      await Promise.all(Object.values(replicas).map(({ child }) => child.stop()));
    }
  },
}; // prettier-ignore
