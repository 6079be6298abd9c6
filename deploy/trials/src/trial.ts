import { type Client, type Stack } from 'gongdan';

/** The product that is attacked: all five services as processes of this machine, with the settings of production where those exist. */
export interface Product {
  stack: Stack;
  client: Client;
}

/**
 * One attack from outside and what must hold afterwards. A trial uses only what an outsider can reach: HTTP, the broker, files and signals to
 * processes. It throws when the product does not stand it, and returns what it measured or counted, in a few words.
 */
export interface Trial {
  /** The name on the command line, such as `broken-connections`. */
  name: string;
  /** What must hold, as a sentence. */
  claim: string;
  run(product: Product): Promise<string>;
}

/** Throws with a sentence when the condition does not hold. */
export function must(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(what);
}

/** Polls every 100 ms until `check` returns true; throws with the sentence after `withinMs`. A check that throws counts as false. */
export async function within(withinMs: number, what: string, check: () => Promise<boolean>): Promise<void> {
  for (const end = performance.now() + withinMs; ; await new Promise((wake) => setTimeout(wake, 100))) {
    if (await check().catch(() => false)) return;
    if (performance.now() > end) throw new Error(`${what} (waited ${Math.round(withinMs / 1_000)} s)`);
  }
}
