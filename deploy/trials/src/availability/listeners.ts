import { publishPack } from 'gongdan';
import { admin, authorization } from '../callers.js';
import { watchMemory } from '../memory.js';
import { must, type Product, type Trial, within } from '../trial.js';
import { head, Wire } from '../wire.js';
import { CSV_MAPPING, endOfImport, startImport } from './imports.js';

const LISTENERS = 100;
/** Callers of the organisation, so that all listeners are connected although one caller may have ten. */
const CALLERS = 10;
const MOST_PER_CALLER = 10;
/** Closed tickets of an import: each is several live updates to each listener. */
const TICKETS = 4_000;
/**
 * Beyond what the same import costs without listeners. An import alone leaves 100 MB of garbage, so that the 115 MB of the fault cannot be
 * told from outside; this bound finds memory that grows with every update.
 */
const MOST_MORE_MB = 200;
const ENDS_WITHIN_MS = 120_000;

/** Imports closed tickets, waits until reporting has counted them, and returns how much memory reporting had at most. */
async function peakOfImport({ stack, client }: Product, org: string): Promise<number> {
  const as = admin(org);
  await publishPack(client, 'starter', as);
  const memory = watchMemory(() => stack.pid('reporting'));
  const rows = Array.from({ length: TICKETS }, (_, n) => `K${n},title ${n} ${'x'.repeat(200)}`);
  const id = await startImport(client, as, Buffer.from(['key,title', ...rows].join('\n')), CSV_MAPPING);
  const view = await endOfImport(client, as, id, ENDS_WITHIN_MS);
  must(view.created === TICKETS, `${view.created} of ${TICKETS} tickets were imported: ${view.error}`);
  await within(ENDS_WITHIN_MS, 'reporting did not count the imported tickets', async () => {
    const { items } = await client.must<{ items: { key: string; total: number }[] }>('reporting', 'GET', '/v1/stats?by=state', { as });
    return items.find((i) => i.key === 'closed')?.total === TICKETS;
  });
  return memory.stop().peakMb;
}

/** One caller opens all listeners: the first ten are served, all others are refused. */
async function oneCallerIsCapped(wire: Wire, request: string): Promise<void> {
  const statuses: string[] = [];
  for (const socket of await wire.sendMany(LISTENERS, () => request))
    socket.once('data', (chunk: Buffer) => statuses.push(chunk.toString().slice(9, 12)));
  await within(10_000, 'not every live connection was answered', () => Promise.resolve(statuses.length === LISTENERS));
  const count = (status: string) => statuses.filter((s) => s === status).length;
  must(
    count('200') === MOST_PER_CALLER && count('429') === LISTENERS - MOST_PER_CALLER,
    `${count('200')} live connections of one caller were served and ${count('429')} were answered with 429`,
  );
}

export const listeners: Trial = {
  name: 'live-listeners',
  claim: `${LISTENERS} live listeners that never read cost reporting at most ${MOST_MORE_MB} MB more, and one caller has ${MOST_PER_CALLER} at most.`,
  async run(product) {
    const live = async (org: string, id: string) => head('GET', '/v1/live', await authorization(product, admin(org, id)));
    const greedy = new Wire(product.stack.urls.reporting);
    await oneCallerIsCapped(greedy, await live('trial-live', 'greedy'));
    greedy.close();

    // The first import of a process takes memory that it keeps.
    const without = Math.max(await peakOfImport(product, 'trial-live-1'), await peakOfImport(product, 'trial-live-2'));
    const wire = new Wire(product.stack.urls.reporting);
    const heads = await Promise.all(Array.from({ length: CALLERS }, (_, n) => live('trial-live-3', `caller-${n}`)));
    for (const socket of await wire.sendMany(LISTENERS, (n) => heads[n % CALLERS] ?? '')) socket.pause();
    const peak = await peakOfImport(product, 'trial-live-3');
    const connected = wire.open;
    wire.close();
    must(peak - without < MOST_MORE_MB, `reporting had ${peak} MB with listeners that do not read and ${without} MB without listeners`);
    return `${peak} MB at most with silent listeners, ${without} MB without; ${connected} silent ones were still connected at the end`;
  },
};
