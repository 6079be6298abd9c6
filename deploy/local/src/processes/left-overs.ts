import { endLeftOver } from './child.js';
import { type Home, INFRA, SERVICES } from '../home/home.js';

/** Ends the processes that a killed run left behind, in the order of a stop, and returns their names. */
export async function endLeftOvers(home: Home): Promise<string[]> {
  const { pids, ...state } = home.read();
  const ended: string[] = [];
  const end = async (name: string): Promise<void> => {
    const left = pids[name];
    // SIGINT is Postgres' fast shutdown, as in a stop; on SIGTERM it waits for every client.
    if (left && (await endLeftOver(left.pid, left.marker, name === 'postgres' ? 'SIGINT' : 'SIGTERM'))) ended.push(name);
  };
  await Promise.all(SERVICES.map(end));
  for (const name of INFRA) await end(name);
  if (Object.keys(pids).length > 0) home.write({ ...state, pids: {}, urls: {} });
  return ended;
}
