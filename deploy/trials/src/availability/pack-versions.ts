import { publishPack, SERVICES, untilQuiet } from 'gongdan';
import { admin, TICKET } from '../callers.js';
import { must, type Product, type Trial } from '../trial.js';

const VERSIONS = 20;
/** About 0.74 MB of units in each version. */
const UNITS = 8_000;
/** What a service may hold more afterwards: 0 to 10 MB with the bounded cache, 25 to 30 MB with a cache that keeps all versions. */
const MOST_MORE_MB = 18;
const WARM_UP = 25;
const HEAP_EVERY_MS = 500;
/** Quota of an organisation by default. */
const QUOTA_BYTES = 100_000_000;
/** The heap in use of each service, in MB. */
async function heaps({ stack }: Product): Promise<number[]> {
  return Promise.all(
    SERVICES.map(async (service) => {
      const text = await (await fetch(`${stack.urls[service]}/metrics`)).text();
      return Math.round(Number(/^nodejs_heap_size_used_bytes\S* (\S+)$/m.exec(text)?.[1]) / 1e6);
    }),
  );
}

/** The least heap of each service while `work` runs. Garbage is part of every sample but those that follow a collection. */
async function leastHeaps(product: Product, work: () => Promise<unknown>): Promise<number[]> {
  let least = await heaps(product);
  let sampling = Promise.resolve();
  const timer = setInterval(() => {
    sampling = sampling.then(async () => {
      const now = await heaps(product);
      least = least.map((mb, i) => Math.min(mb, now[i] ?? mb));
    });
  }, HEAP_EVERY_MS);
  await work().finally(() => clearInterval(timer));
  await sampling;
  return least;
}

export const packVersions: Trial = {
  name: 'pack-versions',
  claim: `${VERSIONS} versions of a large pack, each with a ticket, cost no service more than ${MOST_MORE_MB} MB, and an organisation has a quota.`,
  async run(product) {
    const { client } = product;
    const as = admin('trial-packs');
    await publishPack(client, 'starter', as);
    const { pack } = await client.must<{ pack: { pack: { version: number }; org: { units: object[] } } }>('dispatch', 'GET', '/v1/packs/starter', { as });
    const units = Array.from({ length: UNITS }, (_, i) => ({ key: `u${i}`, names: { 'zh-CN': '单位', en: `A unit with a long name, number ${i}` } }));
    const version = (n: number) => ({
      ...pack,
      pack: { ...pack.pack, version: pack.pack.version + n },
      org: { ...pack.org, units: [...pack.org.units, ...units] },
    });
    const publish = (n: number, by = as) => client.call<{ code?: string }>('dispatch', 'PUT', '/v1/packs/starter', { as: by, body: version(n) });
    const bytes = Buffer.byteLength(JSON.stringify(version(1)));

    // Versions without tickets, of another organisation: they create garbage, so that the services collect what their start left behind.
    await publishPack(client, 'starter', admin('trial-packs-before'));
    const before = await leastHeaps(product, async () => {
      for (let n = 1; n <= WARM_UP; n++) await publish(n, admin('trial-packs-before'));
      await untilQuiet(client);
    });
    for (let n = 1; n <= VERSIONS; n++) {
      const made = await publish(n);
      must(made.status === 201, `version ${n} is answered with ${made.status} ${made.text.slice(0, 300)}`);
      // Every service loads a version when a ticket needs it.
      await untilQuiet(client);
      await client.must('intake', 'POST', '/v1/tickets', { as, body: TICKET });
    }
    await untilQuiet(client);

    // These versions have no tickets. They create garbage, so that the services collect what the first twenty left behind.
    let published = VERSIONS;
    let last = await publish(published + 1);
    const after = await leastHeaps(product, async () => {
      while (last.status === 201) {
        published += 1;
        must(published * bytes <= QUOTA_BYTES, `${published} versions of ${bytes} bytes were accepted`);
        last = await publish(published + 1);
      }
      await untilQuiet(client);
    });
    must(last.body.code === 'dispatch/pack-quota', `version ${published + 1} is answered with ${last.status} ${last.text.slice(0, 300)}`);
    const grown = SERVICES.map((service, i) => ({ service, mb: (after[i] ?? NaN) - (before[i] ?? NaN) }));
    const figures = grown.map(({ service, mb }) => `${service} ${mb < 0 ? '' : '+'}${mb} MB`).join(', ');
    must(grown.every(({ mb }) => mb <= MOST_MORE_MB), `the heaps in use grew: ${figures}`);
    return `${figures}; the quota stopped version ${published + 1} of ${(bytes / 1e6).toFixed(2)} MB`;
  },
}; // prettier-ignore
