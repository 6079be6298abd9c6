import { Module } from '@nestjs/common';
import { Database, Directories } from '@gongdan/platform';
import { DirectoryRegistry } from './directory-registry.js';
import { DirectorySnapshots } from './directory-snapshots.js';

/**
 * The directory in a service: import it and list `directoryMigrations`. Services that do not own it handle DIRECTORY_EVENTS with `DirectoryRegistry.add`.
 */
@Module({
  providers: [
    { provide: DirectorySnapshots, useFactory: () => new DirectorySnapshots() },
    {
      provide: DirectoryRegistry,
      useFactory: (database: Database, snapshots: DirectorySnapshots) => new DirectoryRegistry(database, snapshots),
      inject: [Database, DirectorySnapshots],
    },
    { provide: Directories, useExisting: DirectoryRegistry },
  ],
  exports: [DirectoryRegistry, DirectorySnapshots, Directories],
})
export class DirectoryRegistryModule {}
