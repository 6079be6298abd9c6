import { endLeftOver } from './child.js';
import { type Home, INFRA, SERVICES } from './home.js';

/** Ends what a killed run left behind, in the order of a stop. */
export async function endLeftOvers(home: Home): Promise<void> {
  const { pids } = home.read();
  const end = async (name: string): Promise<void> => {
    const left = pids[name];
    // Fast shutdown, as in a stop: on SIGTERM Postgres waits for every client.
    if (left) await endLeftOver(left.pid, left.marker, name === 'postgres' ? 'SIGINT' : 'SIGTERM');
  };
  await Promise.all(SERVICES.map(end));
  for (const name of INFRA) await end(name);
}
