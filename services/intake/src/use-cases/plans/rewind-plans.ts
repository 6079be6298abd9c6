import { Injectable } from '@nestjs/common';
import { iso, ms } from '@gongdan/kernel';
import { PackRegistry } from '@gongdan/messaging';
import { logger, type Tx } from '@gongdan/platform';
import { nextOccurrences, settingOf } from '@gongdan/packs';
import { PlansStore } from '../../store/plans/plans.store.js';

const MOST = 200;
const log = logger('plans');

/** Sets plans back that are ahead of the clock: a clock that jumped and was put right would otherwise silence them until the instant of the jump. */
@Injectable()
export class RewindPlans {
  constructor(
    private readonly plans: PlansStore,
    private readonly packs: PackRegistry,
  ) {}

  async run(tx: Tx): Promise<void> {
    for (const row of await this.plans.ahead(tx, MOST)) {
      const { org, plan: key, pack: packKey, version, done_until: from } = row;
      const pack = await this.packs.get(org, packKey, version);
      const plan = pack?.intake.plans?.find((p) => p.key === key);
      if (!pack || !plan) continue;
      const until = Math.max(ms(row.now), ms(row.from_at));
      const [next] = nextOccurrences(plan, settingOf(pack), until, 1, row.until_at === null ? Infinity : ms(row.until_at));
      await this.plans.rewind(tx, row, { until: iso(until), next: next === undefined ? undefined : iso(next) });
      log.warn('a plan was ahead of the clock and was set back', { org, pack: packKey, plan: key, from });
    }
  }
}
