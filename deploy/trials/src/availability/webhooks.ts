import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { publishPack } from 'gongdan';
import { admin, TICKET } from '../callers.js';
import { must, type Trial, within } from '../trial.js';

const SILENT = 100;
/** The limit of an organisation; the silent webhooks belong to five organisations because of it. */
const PER_ORG = 20;
const EVENTS = 3;
/** In the fault the delivery of another organisation waited for more than 40 s. */
const ARRIVES_MS = 10_000;

async function receiver(onDelivery: (host: string) => boolean): Promise<{ server: Server; port: number }> {
  const server = createServer((request, response) => {
    request.resume();
    if (onDelivery(request.headers.host ?? '')) request.once('end', () => response.writeHead(204).end());
  });
  await new Promise<void>((done) => server.listen(0, '0.0.0.0', done));
  return { server, port: (server.address() as AddressInfo).port };
}

export const silentWebhooks: Trial = {
  name: 'silent-webhooks',
  claim: `${SILENT} webhooks that never answer delay no delivery of another organisation for more than ${ARRIVES_MS / 1_000} s.`,
  async run({ client }) {
    const silentHosts = new Set<string>();
    let delivered = 0;
    const silent = await receiver((host) => {
      silentHosts.add(host);
      return false;
    });
    const other = await receiver(() => {
      delivered += 1;
      return true;
    });
    try {
      const subscribe = (org: string, url: string) =>
        client.call('notify', 'POST', '/v1/webhooks', { as: admin(org), body: { url, types: ['intake.*'] } });
      const register = (org: string) => client.must('intake', 'POST', '/v1/tickets', { as: admin(org), body: TICKET });
      const orgs = Array.from({ length: SILENT / PER_ORG }, (_, n) => `trial-silent-${n}`);
      for (const org of [...orgs, 'trial-answering']) await publishPack(client, 'starter', admin(org));
      for (const [i, org] of orgs.entries()) {
        // Each address of 127.0.0.0/8 is a receiver of its own.
        const made = await Promise.all(
          Array.from({ length: PER_ORG }, (_, n) => subscribe(org, `http://127.0.${i + 1}.${n + 1}:${silent.port}/hook`)),
        );
        const refused = made.find(({ status }) => status !== 201);
        must(refused === undefined, `one of ${PER_ORG} webhooks of ${org} is answered with ${refused?.status} ${refused?.text}`);
        const beyond = await subscribe(org, `http://127.0.${i + 1}.99:${silent.port}/hook`);
        must(beyond.status === 422, `webhook ${PER_ORG + 1} of ${org} is answered with ${beyond.status}`);
      }
      must((await subscribe('trial-answering', `http://127.0.0.1:${other.port}/hook`)).status === 201, 'the other webhook was refused');
      for (let n = 0; n < EVENTS; n++) for (const org of orgs) await register(org);
      await within(10_000, 'no silent receiver was tried', async () => Promise.resolve(silentHosts.size >= 16));
      const began = performance.now();
      for (let n = 1; n <= EVENTS; n++) {
        await register('trial-answering');
        await within(ARRIVES_MS, `delivery ${n} of another organisation did not arrive`, async () => Promise.resolve(delivered >= n));
      }
      const ms = Math.round((performance.now() - began) / EVENTS);
      return `${silentHosts.size} silent receivers tried; another organisation's delivery arrived after ${ms} ms`;
    } finally {
      for (const { server } of [silent, other]) {
        server.closeAllConnections();
        server.close();
      }
    }
  },
};
