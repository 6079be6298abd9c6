import { type Type } from '@nestjs/common';
import { type Producer } from '@gongdan/contracts';
import { type BaseConfig } from './config.js';
import { type MigrationClass } from './database.js';

/** The parts of a service that `runService` needs. The service's module file defines it. */
export interface ServiceDefinition<C extends BaseConfig = BaseConfig> {
  name: Producer;
  module: Type;
  config: (env: NodeJS.ProcessEnv) => C;
  migrations: MigrationClass[];
}

/** Injection token of the service's settings, its own ones included. */
export const CONFIG = Symbol('config');
