import { Injectable, type OnModuleInit } from '@nestjs/common';
import { newId } from '@gongdan/kernel';
import { Database, SystemClock } from '@gongdan/platform';
import { FillDirectory } from '../../use-cases/directory/fill-directory.js';

/**
 * Fills the directories of organisations whose packs an older release published, once, before the service takes requests. It is no SQL migration because
 * contacts are sealed and each entry is told in an event.
 */
@Injectable()
export class FillDirectoryJob implements OnModuleInit {
  constructor(
    private readonly database: Database,
    private readonly clock: SystemClock,
    private readonly fillDirectory: FillDirectory,
  ) {}

  async onModuleInit(): Promise<void> {
    const cause = { correlationId: newId(), actor: { id: 'system:dispatch' } };
    for (const org of await this.fillDirectory.waiting(this.database))
      await this.database.transaction((tx) => this.fillDirectory.all(tx, org, this.clock.now(), cause));
  }
}
