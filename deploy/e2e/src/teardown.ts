import { rmSync } from 'node:fs';
import { type Shared } from './setup.js';

export default async function teardown(): Promise<void> {
  const { stack, folder } = globalThis as Shared;
  await stack?.stop();
  if (folder) rmSync(folder, { recursive: true, force: true });
}
