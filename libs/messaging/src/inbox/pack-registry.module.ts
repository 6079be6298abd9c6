import { Injectable, Module, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Database } from '@gongdan/platform';
import { PackRegistry } from './pack-registry.js';

@Injectable()
class ShelfKeeper implements OnModuleInit, OnModuleDestroy {
  constructor(private readonly shelf: PackRegistry) {}
  onModuleInit(): Promise<void> {
    return this.shelf.start();
  }
  onModuleDestroy(): void {
    this.shelf.stop();
  }
}

/** For services that work by packs but do not own them: import it, list `packRegistryMigration`, and hear PackPublished. */
@Module({
  providers: [{ provide: PackRegistry, useFactory: (database: Database) => new PackRegistry(database), inject: [Database] }, ShelfKeeper],
  exports: [PackRegistry],
})
export class PackRegistryModule {}
