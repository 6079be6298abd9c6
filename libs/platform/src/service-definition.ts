import { type Type } from '@nestjs/common';
import { type Producer } from '@gongdan/contracts';
import { type BaseConfig } from './config.js';
import { type MigrationClass } from './database.js';

/** A service as its main.ts hands it over: the one place where its parts are named. */
export interface ServiceDefinition<C extends BaseConfig = BaseConfig> {
  name: Producer;
  module: Type;
  config: (env: NodeJS.ProcessEnv) => C;
  migrations: MigrationClass[];
}

/** Injection token of the service's own typed settings. */
export const CONFIG = Symbol('config');
