import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { PackRegistry } from '@gongdan/messaging';
import { Database, logger } from '@gongdan/platform';
import { FollowPlans, type UnreadPack } from '../../use-cases/plans/follow-plans.js';

const BATCH = 100;
const log = logger('plans');

/** Takes over plans of packs that the release before could not read: a pack was published before this service was updated. Once, when the service starts. */
@Injectable()
export class UnreadPlansJob implements OnApplicationBootstrap {
  constructor(
    private readonly database: Database,
    private readonly packs: PackRegistry,
    private readonly followPlans: FollowPlans,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    let after: UnreadPack | undefined;
    do {
      const rows = await this.followPlans.unread(this.database, after, BATCH);
      for (const row of rows) for (const version of row.unread) await this.takeOver(row, version);
      after = rows.length < BATCH ? undefined : rows.at(-1);
    } while (after !== undefined);
  }

  private async takeOver({ org, pack: key, versions }: UnreadPack, version: number): Promise<void> {
    try {
      const pack = await this.packs.get(org, key, version);
      if (pack === undefined) return;
      await this.database.transaction((tx) => this.followPlans.takeOver(tx, org, pack, version, versions[version] ?? ''));
    } catch (error) {
      log.warn('the plans of a pack still cannot be read', { org, pack: key, version, error: String(error) });
    }
  }
}
