import { Injectable, Module, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Database, Metrics } from '@gongdan/platform';
import { watchedPackCache } from './pack-cache.js';
import { PackRegistry } from './pack-registry.js';

/** Starts and stops the registry with the application. */
@Injectable()
class PackRegistryLifecycle implements OnModuleInit, OnModuleDestroy {
  constructor(private readonly registry: PackRegistry) {}
  onModuleInit(): Promise<void> {
    return this.registry.start();
  }
  onModuleDestroy(): void {
    this.registry.stop();
  }
}

const registry = {
  provide: PackRegistry,
  useFactory: (database: Database, metrics: Metrics) => new PackRegistry(database, watchedPackCache(metrics)),
  inject: [Database, Metrics],
};

/** For services that use packs and do not own them: import it, list `packRegistryMigrations`, and handle PackPublished with `PackRegistry.add`. */
@Module({ providers: [registry, PackRegistryLifecycle], exports: [PackRegistry] })
export class PackRegistryModule {}
