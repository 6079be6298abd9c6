import { publishPack, SERVICES, type ServiceName, untilQuiet } from 'gongdan';
import { admin, TICKET } from '../callers.js';
import { residentMb } from '../memory.js';
import { must, type Product, type Trial, within } from '../trial.js';

const VERSIONS = 20;
/** About 0.74 MB of units in each version. */
const UNITS = 8_000;
/** What a service may have more afterwards. In the fault four services had 80 to 130 MB more, for ever. */
const MOST_MORE_MB = 60;
/** Quota of an organisation by default. */
const QUOTA_BYTES = 100_000_000;
const SETTLES_MS = 60_000;

const memoryOf = ({ stack }: Product): Map<ServiceName, number> =>
  new Map(SERVICES.map((service) => [service, residentMb(stack.pid(service))]));

export const packVersions: Trial = {
  name: 'pack-versions',
  claim: `${VERSIONS} versions of a large pack, each with a ticket, cost no service more than ${MOST_MORE_MB} MB, and an organisation has a quota`,
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
    const publish = (n: number) => client.call<{ code?: string }>('dispatch', 'PUT', '/v1/packs/starter', { as, body: version(n) });
    // Every service loads a version when a ticket needs it.
    const useNewest = async (): Promise<void> => {
      await untilQuiet(client);
      await client.must('intake', 'POST', '/v1/tickets', { as, body: TICKET });
      await untilQuiet(client);
    };
    const bytes = Buffer.byteLength(JSON.stringify(version(1)));

    // The first version loads code and fills caches that every pack needs.
    must((await publish(1)).status === 201, 'the first version was refused');
    await useNewest();
    const before = memoryOf(product);
    for (let n = 2; n <= VERSIONS; n++) {
      const made = await publish(n);
      must(made.status === 201, `version ${n} is answered with ${made.status} ${made.text.slice(0, 300)}`);
      await useNewest();
    }
    // Garbage of the last version is collected when memory is needed, not at once; the least that is seen within a minute counts.
    let grown: [ServiceName, number][] = [];
    await within(SETTLES_MS, 'memory', () => {
      const now = memoryOf(product);
      grown = SERVICES.map((service) => [service, (now.get(service) ?? 0) - (before.get(service) ?? 0)]);
      return Promise.resolve(grown.every(([, mb]) => mb <= MOST_MORE_MB));
    }).catch(() => {
      throw new Error(`memory grew by ${grown.map(([service, mb]) => `${service} ${mb} MB`).join(', ')}`);
    });

    let published = VERSIONS;
    let last = await publish(published + 1);
    while (last.status === 201) {
      published += 1;
      must(published * bytes <= QUOTA_BYTES, `${published} versions of ${bytes} bytes were accepted`);
      last = await publish(published + 1);
    }
    must(last.body.code === 'dispatch/pack-quota', `version ${published + 1} is answered with ${last.status} ${last.text.slice(0, 300)}`);
    return `${grown.map(([service, mb]) => `${service} ${mb < 0 ? '' : '+'}${mb} MB`).join(', ')}; the quota stopped version ${published + 1} of ${(bytes / 1e6).toFixed(2)} MB`;
  },
}; // prettier-ignore
