import { publishPack, SERVICES, startTemporaryStack, type TemporaryStack } from 'gongdan';

export interface Shared {
  shared?: TemporaryStack;
}

/** Starts the stack that the e2e files share; the test processes get its home from the environment. */
export default async function setup(): Promise<void> {
  // Demo mode: the documents are served, the clock can be shifted.
  const shared = await startTemporaryStack({ supervise: false });
  Object.assign(globalThis as Shared, { shared });
  const { stack, client } = shared;
  await publishPack(client, 'starter');
  process.env['GONGDAN_E2E_HOME'] = stack.home.path;
  process.env['GONGDAN_E2E_SERVICES'] = JSON.stringify(Object.fromEntries(SERVICES.map((name) => [name, stack.serviceEnv(name)])));
}
