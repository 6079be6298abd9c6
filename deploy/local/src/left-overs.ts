import { endLeftOver } from './child.js';
import { type Home, INFRA, SERVICES } from './home.js';

/** Ends what a killed run left behind, in the order of a stop; returns the names of what still ran. */
export async function endLeftOvers(home: Home): Promise<string[]> {
  const { pids, ...state } = home.read();
  const ended: string[] = [];
  const end = async (name: string): Promise<void> => {
    const left = pids[name];
    // Fast shutdown, as in a stop: on SIGTERM Postgres waits for every client.
    if (left && (await endLeftOver(left.pid, left.marker, name === 'postgres' ? 'SIGINT' : 'SIGTERM'))) ended.push(name);
  };
  await Promise.all(SERVICES.map(end));
  for (const name of INFRA) await end(name);
  if (Object.keys(pids).length > 0) home.write({ ...state, pids: {}, urls: {} });
  return ended;
}
