import { publishPack, SERVICES, startTemporaryStack, type TemporaryStack } from 'gongdan';

export interface Shared {
  shared?: TemporaryStack;
}

/** Starts the stack that the e2e files share; the test processes get its home from the environment. */
export default async function setup(): Promise<void> {
  // Demo mode: the documents are served, the clock can be shifted.
  const shared = await startTemporaryStack({
    supervise: false,
    // One address makes all the load: on a fast machine, the limits would refuse most of it.
    env: { RATE_CALLER_PER_S: '0', RATE_ORG_PER_S: '0' },
  });
  Object.assign(globalThis as Shared, { shared });
  const { stack, client } = shared;
  await publishPack(client, 'starter');
  process.env['GONGDAN_E2E_HOME'] = stack.home.path;
  process.env['GONGDAN_E2E_SERVICES'] = JSON.stringify(Object.fromEntries(SERVICES.map((name) => [name, stack.serviceEnv(name)])));
}
