import { type Shared } from './setup.js';

export default async function teardown(): Promise<void> {
  await (globalThis as Shared).shared?.stop();
}
