import { type Client, startTemporaryStack } from 'gongdan';

/** A running product: its doors, and the way to kill one of its services and to have it started again. */
export interface Product {
  client: Client;
  crash(service: string): Promise<void>;
}

/** Starts the whole product on free ports for the time of `use`; the clock can be shifted. */
export async function withProduct<T>(use: (product: Product) => Promise<T>): Promise<T> {
  const { stack, client, stop } = await startTemporaryStack({
    // One address makes all the load.
    env: { RATE_CALLER_PER_S: '0', RATE_ORG_PER_S: '0' },
  });
  try {
    const crash = async (service: string): Promise<void> => {
      await stack.kill(service);
      await stack.revive(service);
    };
    return await use({ client, crash });
  } finally {
    await stop();
  }
}
