import { randomUUID } from 'node:crypto';
import { publishPack, SERVICES, untilQuiet } from 'gongdan';
import { admin, TICKET } from '../callers.js';
import { must, type Trial } from '../trial.js';

/** How often everything is killed, and after how many acknowledged creates each time. */
const KILLS = 2;
const CREATES = 150;
const WORKERS = 20;
const QUIET_MS = 90_000;

export const killedBurst: Trial = {
  name: 'killed-burst',
  claim: `Every acknowledged ticket is there once, in all services, after kill -9 of all five in ${KILLS} bursts of creates.`,
  async run({ stack, client }) {
    const as = admin('trial-killed');
    await publishPack(client, 'starter', as);
    // Trials that forge events leave some of them parked.
    const before = await untilQuiet(client, QUIET_MS);
    /** Ticket id by Idempotency-Key. */
    const acknowledged = new Map<string, string>();
    const unanswered: string[] = [];
    const create = (key: string) =>
      client.call<{ id: string }>('intake', 'POST', '/v1/tickets', { as, body: TICKET, headers: { 'idempotency-key': key }, timeoutMs: 5_000 });
    for (let kill = 1; kill <= KILLS; kill++) {
      const goal = acknowledged.size + CREATES;
      let killed = false;
      const work = Array.from({ length: WORKERS }, async () => {
        while (!killed) {
          const key = randomUUID();
          const made = await create(key).catch(() => undefined);
          if (made?.status === 201) acknowledged.set(key, made.body.id);
          else unanswered.push(key);
        }
      });
      while (acknowledged.size < goal) await new Promise((wake) => setTimeout(wake, 5));
      await Promise.all(SERVICES.map((service) => stack.kill(service)));
      killed = true;
      await Promise.all(work);
      await Promise.all(SERVICES.map((service) => stack.revive(service)));
    }
    must(unanswered.length > 0, 'no create was under way when the services were killed');

    // A client that got no answer repeats its request: the key makes one ticket of both, whether or not the first was stored.
    for (const key of unanswered) {
      const made = await create(key);
      must(made.status < 300, `the repetition of a create is answered with ${made.status} ${made.text}`);
      acknowledged.set(key, made.body.id);
    }
    for (const [key, id] of acknowledged) {
      const again = await create(key);
      must(again.body.id === id, `the create ${key} was acknowledged as ${id} and is ${again.status} ${again.text.slice(0, 200)} now`);
    }
    const { parked } = await untilQuiet(client, QUIET_MS);
    must(parked === before.parked, `${parked - before.parked} events were parked`);
    const { items } = await client.must<{ items: { key: string; total: number }[] }>('reporting', 'GET', '/v1/stats?by=state', { as });
    const counted = items.reduce((sum, i) => sum + i.total, 0);
    must(counted === acknowledged.size, `reporting counts ${counted} tickets, and ${acknowledged.size} were acknowledged`);
    for (const id of acknowledged.values()) {
      const found = await client.call('dispatch', 'GET', `/v1/cases/${id}`, { as });
      must(found.status === 200, `dispatch answers ${found.status} for the acknowledged ticket ${id}`);
    }
    return `${acknowledged.size} tickets, ${unanswered.length} of them without an answer at first`;
  },
}; // prettier-ignore
