import { Injectable } from '@nestjs/common';
import { type dispatch, type EventOf } from '@gongdan/contracts';
import { idOf, type Instant, iso, ms } from '@gongdan/kernel';
import { logger, type Queries, type Tx } from '@gongdan/platform';
import { nextOccurrences, type Pack, readPack, settingOf } from '@gongdan/packs';
import { PlansStore, type UnreadPack } from '../../store/plans/plans.store.js';

export type { UnreadPack } from '../../store/plans/plans.store.js';

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
    await this.plans.endEarlier(tx, org, key, version, from);
    const readable = this.read(pack);
    if (readable === undefined) await this.plans.markUnread(tx, org, key, version);
    else await this.begin(tx, org, readable, version, versions);
  }

  unread(q: Queries, after: UnreadPack | undefined, limit: number): Promise<UnreadPack[]> {
    return this.plans.unread(q, after, limit);
  }

  /** The plans of a version that an earlier release could not read. */
  async takeOver(tx: Tx, org: string, pack: Pack, version: number, publishedAt: Instant): Promise<void> {
    const { key } = pack.pack;
    // Locks the pack: a later version may be heard at this moment.
    const versions = await this.plans.heard(tx, org, key, version, publishedAt);
    await this.begin(tx, org, pack, version, versions);
    await this.plans.markRead(tx, org, key, version);
  }

  /** The plans of a version, from its publication until a later one took over. What fell due meanwhile is caught up. */
  private async begin(tx: Tx, org: string, pack: Pack, version: number, versions: Readonly<Record<string, Instant>>): Promise<void> {
    const from = versions[version];
    if (from === undefined || !pack.intake.plans?.length) return;
    const [until] = Object.entries(versions)
      .flatMap(([v, at]) => (Number(v) > version ? [at] : []))
      .sort();
    const setting = settingOf(pack);
    const { key } = pack.pack;
    const rows = pack.intake.plans.map((plan) => {
      const [next] = nextOccurrences(plan, setting, ms(from), 1, until === undefined ? Infinity : ms(until));
      return { id: idOf('plan', org, key, version, plan.key), plan: plan.key, next: next === undefined ? null : iso(next) };
    });
    await this.plans.begin(tx, { org, pack: key, version, from, until }, rows);
  }

  /** Undefined: this release cannot read the pack. The plans of the version before end all the same, because they were replaced. */
  private read(pack: unknown): Pack | undefined {
    try {
      return readPack(pack);
    } catch (error) {
      log.error('the plans of a pack cannot be read; a newer release takes them over when it starts', { error: String(error) });
      return undefined;
    }
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
