import { SERVICES, type ServiceName } from 'gongdan';
import { admin, authorization } from '../callers.js';
import { must, type Product, type Trial, within } from '../trial.js';
import { head, Wire } from '../wire.js';

const PIPELINED = 1_500;
const CONNECTIONS = 60;
const PER_CONNECTION = 25;
const BROKEN = 10_000;
/** Moments of the reset: while the requests are read, while they wait for the database, and after answers were queued. */
const UNREAD_MS = [0, 20, 200];
/** How many connections of each kind are opened at the same time. */
const AT_ONCE = 25;
/** How long a service may need until it serves again. The fault lasted until the next restart. */
const RECOVERS_MS = 15_000;

/** With one request at a time, a service seems to serve although all but one of its places are lost. */
const AT_THE_SAME_TIME = 20;

/** A route of each service that reads from its database. */
export const ROUTES: Readonly<Record<ServiceName, string>> = {
  intake: '/v1/tickets',
  dispatch: '/v1/units',
  sla: '/v1/clocks',
  notify: '/v1/messages',
  reporting: '/v1/stats?by=state',
};

/** The service is ready and serves. Readiness that says 200 while the route is refused was half of the fault. */
async function serves({ stack }: Product, service: ServiceName, headers: Record<string, string>): Promise<void> {
  let last = '';
  await within(RECOVERS_MS, 'the service does not serve', async () => {
    const statusOf = async (path: string) =>
      (await fetch(`${stack.urls[service]}${path}`, { headers, signal: AbortSignal.timeout(5_000) })).status;
    const [ready, ...routes] = await Promise.all([
      statusOf('/health/ready'),
      ...Array.from({ length: AT_THE_SAME_TIME }, () => statusOf(ROUTES[service])),
    ]);
    const route = routes.find((status) => status !== 200) ?? 200;
    last = `/health/ready ${ready}, ${ROUTES[service]} ${route}`;
    if (ready === 200 && route === 200) return true;
    // Repeating this at once would exceed the rate of the caller.
    await new Promise((wake) => setTimeout(wake, 500));
    return false;
  }).catch(() => {
    throw new Error(`${service} does not serve within ${RECOVERS_MS / 1_000} s: ${last}`);
  });
}

export const pipelinedResets: Trial = {
  name: 'pipelined-resets',
  claim: `Every service serves, and its readiness is true, after ${PIPELINED} pipelined requests and ${CONNECTIONS} x ${PER_CONNECTION} that end in a reset.`,
  async run(product) {
    const { stack } = product;
    const other = await authorization(product, admin('trial-bystander'));
    for (const service of SERVICES) {
      const wire = new Wire(stack.urls[service]);
      const resets = [
        (text: string) => wire.resetWhenAnswered(text),
        ...UNREAD_MS.map((ms) => (text: string) => wire.resetUnread(text, ms)),
      ];
      for (const [n, reset] of resets.entries()) {
        // A request with a token waits for the database: its answer is not ready when the connection is reset. Each volley has an organisation of
        // its own, because requests beyond the rate of a caller are refused at once.
        const volleys = await Promise.all([1, 2].map((v) => authorization(product, admin(`trial-reset-${service}-${n}-${v}`))));
        for (const headers of [{}, ...volleys]) {
          const request = head('GET', ROUTES[service], headers);
          await reset(request.repeat(PIPELINED));
          await Promise.all(Array.from({ length: CONNECTIONS }, () => reset(request.repeat(PER_CONNECTION))));
          await serves(product, service, other);
        }
      }
    }
    return `${SERVICES.length} services, ${SERVICES.length * 3 * (1 + UNREAD_MS.length) * (PIPELINED + CONNECTIONS * PER_CONNECTION)} requests`;
  },
};

export const brokenConnections: Trial = {
  name: 'broken-connections',
  claim: `Intake serves others during and after ${BROKEN} broken connections of eight kinds.`,
  async run(product) {
    const url = product.stack.urls.intake;
    const wire = new Wire(url);
    const attacker = await authorization(product, admin('trial-breaker'));
    const other = await authorization(product, admin('trial-bystander'));
    const route = ROUTES.intake;
    const json = { 'content-type': 'application/json', 'content-length': '1000' };
    const file = '/v1/imports/01890a5d-ac96-774b-bcce-b302099a8057/file';
    let unread = 0;
    const kinds: (() => Promise<unknown>)[] = [
      async () => (await wire.send(head('GET', route, attacker))).resetAndDestroy(),
      () => wire.send(`GET ${route} HTTP/1.1\r\nhost: x\r\nx-half: `),
      () => wire.resetWhenAnswered(head('GET', route).repeat(20)),
      // Answers that nobody reads; every 25th time they are larger than the buffers of the kernel.
      async () =>
        (await wire.send(unread++ % AT_ONCE === 0 ? head('GET', '/metrics').repeat(10) : head('GET', route, attacker).repeat(5))).pause(),
      () => wire.send(`${head('POST', route, { ...json, ...attacker })}{`),
      () => wire.send(`${head('PUT', file, { ...json, ...attacker, 'content-type': 'text/csv' })}x`),
      () => wire.send(`${head('POST', route, { ...json, authorization: 'Bearer forged' })}{`),
      () => wire.send('\u0016\u0003\u0001 this is no HTTP\r\n\r\n'),
    ];
    const began = performance.now();
    for (let opened = 0, round = 0; opened < BROKEN; opened += kinds.length * AT_ONCE, round += 1) {
      await Promise.all(kinds.flatMap((open) => Array.from({ length: AT_ONCE }, open)));
      if (round % 10 === 0) await serves(product, 'intake', other);
    }
    const ms = performance.now() - began;
    const stillOpen = wire.open;
    await serves(product, 'intake', other);
    const made = await fetch(`${url}${route}`, { method: 'POST', headers: { ...other, 'content-type': 'application/json' }, body: '{}' });
    wire.close();
    await serves(product, 'intake', other);
    must(made.status === 400, `a create with an empty body is answered with ${made.status}`);
    return `${Math.round(BROKEN / (ms / 1_000))} connections/s, ${stillOpen} of them were open at the end`;
  },
};
