import { type Type } from '@nestjs/common';
import { type Producer } from '@gongdan/contracts';
import { type BaseConfig } from './config.js';
import { type Queries } from './database/database.js';
import { type MigrationClass } from './database/migrations.js';

/** The parts of a service that `runService` needs. The service's module file defines it. */
export interface ServiceDefinition<C extends BaseConfig = BaseConfig> {
  name: Producer;
  module: Type;
  config: (env: NodeJS.ProcessEnv) => C;
  migrations: MigrationClass[];
  /** Tables in which the service may only insert and read, when another role owns them (`<SERVICE>_MIGRATION_DB_URL`). */
  insertOnly?: readonly string[];
  /**
   * The ids of the events that were applied under these numbers of their streams, in the same order, for a service that stores all it consumes:
   * another event with an old number then raises an alarm. The others know the ids of the last eight events of a stream.
   */
  storedEventIds?: (
    db: Queries,
    events: readonly { org: string; ticketId: string; producer: string; seq: number }[],
  ) => Promise<(string | undefined)[]>;
  /**
   * Milliseconds that the consumer waits after a small batch before it fetches the next one; 0 by default. A lone event is still handled at
   * once. For services whose effects no service waits for: the events of one ticket then share their statements.
   */
  gatherMs?: number;
}

/** Injection token of the service's settings, its own ones included. */
export const CONFIG = Symbol('config');
