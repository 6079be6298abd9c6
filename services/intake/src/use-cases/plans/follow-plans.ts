import { Injectable } from '@nestjs/common';
import { type dispatch, type EventOf } from '@gongdan/contracts';
import { idOf, iso, ms } from '@gongdan/kernel';
import { logger, type Tx } from '@gongdan/platform';
import { nextOccurrences, type Pack, readPack, settingOf } from '@gongdan/packs';
import { PlansStore } from '../../store/plans/plans.store.js';

type Published = EventOf<typeof dispatch.PackPublished>;
const log = logger('plans');

/** Takes over the plans of a published pack: those of earlier versions end where it begins. Versions may arrive in any order. */
@Injectable()
export class FollowPlans {
  constructor(private readonly plans: PlansStore) {}

  async run(tx: Tx, events: readonly Published[]): Promise<void> {
    // Rows of packs are locked in one order, whatever the order of the events in the batch.
    const sorted = [...events].sort((a, b) => compare(a.org, b.org) || compare(a.data.key, b.data.key) || a.data.version - b.data.version);
    for (const e of sorted) await this.follow(tx, e);
  }

  private async follow(tx: Tx, { org, occurredAt: from, data: { key, version, pack } }: Published): Promise<void> {
    const versions = await this.plans.heard(tx, org, key, version, from);
    const later = Object.entries(versions).flatMap(([v, at]) => (Number(v) > version ? [at] : []));
    const [until] = later.sort();
    await this.plans.endEarlier(tx, org, key, version, from);
    const readable = this.read(pack);
    if (!readable?.intake.plans?.length) return;
    const setting = settingOf(readable);
    const rows = readable.intake.plans.map((plan) => {
      const [next] = nextOccurrences(plan, setting, ms(from), 1, until === undefined ? Infinity : ms(until));
      return { id: idOf('plan', org, key, version, plan.key), plan: plan.key, next: next === undefined ? null : iso(next) };
    });
    await this.plans.begin(tx, { org, pack: key, version, from, until }, rows);
  }

  /** A pack that this release cannot read has no plans here: those of the version before end all the same, because they were replaced. */
  private read(pack: unknown): Pack | undefined {
    try {
      return readPack(pack);
    } catch (error) {
      log.error('the plans of a pack cannot be read', { error: String(error) });
      return undefined;
    }
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
