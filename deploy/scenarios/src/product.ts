import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Stack } from 'gongdan';

/** A running product: its doors, and the way to kill one of its services and to have it started again. */
export interface Product {
  client: Client;
  crash(service: string): Promise<void>;
}

/** Starts the whole product on free ports for the time of `use`; the clock can be shifted. */
export async function withProduct<T>(use: (product: Product) => Promise<T>): Promise<T> {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));
  const folder = mkdtempSync(join(tmpdir(), 'gongdan-scenarios-'));
  chmodSync(folder, 0o755);
  const stack = await Stack.start({
    home: join(folder, 'home'),
    mode: 'demo',
    portBase: 0,
    unsafePostgres: true,
    quiet: true,
  });
  try {
    const crash = async (service: string): Promise<void> => {
      await stack.kill(service);
      await stack.revive(service);
    };
    return await use({ client: new Client(stack.home, stack.urls), crash });
  } finally {
    await stack.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
