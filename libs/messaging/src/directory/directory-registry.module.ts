import { Injectable, Module, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Database, Directories } from '@gongdan/platform';
import { DirectoryRegistry } from './directory-registry.js';
import { DirectorySnapshots } from './directory-snapshots.js';

/** Starts and stops the registry with the application. */
@Injectable()
class DirectoryRegistryLifecycle implements OnModuleInit, OnModuleDestroy {
  constructor(private readonly registry: DirectoryRegistry) {}
  onModuleInit(): Promise<void> {
    return this.registry.start();
  }
  onModuleDestroy(): void {
    this.registry.stop();
  }
}

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
    DirectoryRegistryLifecycle,
  ],
  exports: [DirectoryRegistry, DirectorySnapshots, Directories],
})
export class DirectoryRegistryModule {}
