import { type Child, until } from '../processes/child.js';

/** Waits until a service answers that it is ready. `restarted`: a process that ended is started again meanwhile. Throws with the end of its log. */
export async function serviceReady(url: string, name: string, child: Child, restarted: boolean): Promise<void> {
  await until(
    name,
    async () => (await fetch(url, { signal: AbortSignal.timeout(3_000) })).ok,
    90_000,
    () => child.alive || restarted,
  ).catch((error: unknown) => {
    throw new Error(`${error instanceof Error ? error.message : ''}\n${child.tail()}`, { cause: error });
  });
}
