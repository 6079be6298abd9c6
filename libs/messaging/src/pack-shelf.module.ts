import { Injectable, Module, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Database } from '@gongdan/platform';
import { PackShelf } from './pack-shelf.js';

@Injectable()
class ShelfKeeper implements OnModuleInit, OnModuleDestroy {
  constructor(private readonly shelf: PackShelf) {}
  onModuleInit(): Promise<void> {
    return this.shelf.start();
  }
  onModuleDestroy(): void {
    this.shelf.stop();
  }
}

/** For services that work by packs but do not own them: import it, list `packShelfMigration`, and hear PackPublished. */
@Module({
  providers: [{ provide: PackShelf, useFactory: (database: Database) => new PackShelf(database), inject: [Database] }, ShelfKeeper],
  exports: [PackShelf],
})
export class PackShelfModule {}
