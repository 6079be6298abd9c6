import { Module } from '@nestjs/common';
import { Database } from '@gongdan/platform';
import { DirectoryRegistry } from './directory-registry.js';

/** For services that hear the directory: import it, list `directoryMigrations`, and handle DIRECTORY_EVENTS with `DirectoryRegistry.add`. */
@Module({
  providers: [{ provide: DirectoryRegistry, useFactory: (database: Database) => new DirectoryRegistry(database), inject: [Database] }],
  exports: [DirectoryRegistry],
})
export class DirectoryRegistryModule {}
