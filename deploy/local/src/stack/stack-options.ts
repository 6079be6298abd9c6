import { type ServiceName } from '../home/home.js';

export interface StackOptions {
  home?: string;
  mode?: 'demo' | 'test';
  services?: readonly ServiceName[];
  /** The ports are above this number, whatever an earlier run had. 0 takes any free ports, for tests. */
  portBase?: number;
  /** Runs Postgres without fsync; for tests only. */
  unsafePostgres?: boolean;
  quiet?: boolean;
  /** More settings for every service. */
  env?: Record<string, string>;
  /**
   * Settings that may name parts which run elsewhere. `gongdan start` passes its environment. Without them a stack starts all parts itself,
   * whatever is exported: a test must never join the consumer groups of a live broker.
   */
  outside?: NodeJS.ProcessEnv;
  /** Whether a part that ends by itself is restarted; true by default. */
  supervise?: boolean;
}
