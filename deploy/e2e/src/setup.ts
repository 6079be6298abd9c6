import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { Client, publishPack, SERVICES, Stack } from 'gongdan';

export interface Shared {
  stack?: Stack;
  folder?: string;
}

/** Starts the stack that the e2e files share; the test processes get its home from the environment. */
export default async function setup(): Promise<void> {
  // Without a handler a signal ends the process before `exit`, and the stack would stay.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));
  const folder = mkdtempSync(join(tmpdir(), 'gongdan-e2e-'));
  chmodSync(folder, 0o755);
  // Demo mode: the documents are served, the clock can be shifted.
  const stack = await Stack.start({
    home: join(folder, 'home'),
    mode: 'demo',
    portBase: 0,
    unsafePostgres: true,
    quiet: true,
    supervise: false,
  });
  const client = new Client(stack.home, stack.urls);
  await publishPack(client, 'starter');
  process.env['GONGDAN_E2E_HOME'] = stack.home.path;
  process.env['GONGDAN_E2E_SERVICES'] = JSON.stringify(Object.fromEntries(SERVICES.map((name) => [name, stack.serviceEnv(name)])));
  Object.assign(globalThis as Shared, { stack, folder });
}
