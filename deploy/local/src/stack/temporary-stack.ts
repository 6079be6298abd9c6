import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '../clients/client.js';
import { Stack } from './stack.js';
import { type StackOptions } from './stack-options.js';

/** A product that exists for one run of a test or a bench. */
export interface TemporaryStack {
  stack: Stack;
  client: Client;
  /** Ends all processes and removes the folder. */
  stop(): Promise<void>;
}

/**
 * Starts the product in a folder of its own, on free ports and with a clock that can be shifted. When this process ends, also by a signal, its
 * parts end with it.
 */
export async function startTemporaryStack(options: Omit<StackOptions, 'home' | 'portBase'> = {}): Promise<TemporaryStack> {
  // Without a handler a signal ends the process before `exit`, and the parts would stay.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));
  const folder = mkdtempSync(join(tmpdir(), 'gongdan-run-'));
  // Postgres does not run as root: another user must be able to enter its folder.
  chmodSync(folder, 0o755);
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    const stack = await Stack.start({
      mode: 'demo',
      unsafePostgres: true,
      quiet: true,
      ...options,
      home: join(folder, 'home'),
      portBase: 0,
    });
    const stop = async (): Promise<void> => {
      await stack.stop();
      remove();
    };
    return { stack, client: new Client(stack.home, stack.urls), stop };
  } catch (error) {
    remove();
    throw error;
  }
}
