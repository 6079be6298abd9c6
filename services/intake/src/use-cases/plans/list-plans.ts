import { Injectable } from '@nestjs/common';
import { localDate } from '@gongdan/business-time';
import { type Scope } from '@gongdan/directory';
import { iso, type Instant, ms, NotFound, type Violation } from '@gongdan/kernel';
import { DirectoryRegistry, PackRegistry } from '@gongdan/messaging';
import { Database } from '@gongdan/platform';
import { planRefusal } from '../../domain/planned.js';
import { nextOccurrences, type Pack, type Plan, settingOf } from '@gongdan/packs';
import { type PlanInForce, PlansStore } from '../../store/plans/plans.store.js';

/** Occurrences and tickets shown of each plan. */
const SHOWN = 3;

/** A plan in force as the API shows it. */
export interface PlanView {
  pack: { key: string; version: number };
  key: string;
  names: Plan['names'];
  recurrence: Omit<Plan, 'key' | 'names' | 'ticket'>;
  next: Instant[];
  last: { id: string; number: string; occurrence: Instant; registeredAt: Instant }[];
  skipped: { count: number; until: Instant } | null;
  /** `code` and `errors`: what is wrong with its ticket at this moment; without them something else failed, which the log tells. */
  failing: { times: number; retryAt: Instant | null; code?: string; errors?: Violation[] } | null;
}

/** The plans in force, when they occur next and what they registered. */
@Injectable()
export class ListPlans {
  constructor(
    private readonly database: Database,
    private readonly plans: PlansStore,
    private readonly packs: PackRegistry,
    private readonly directories: DirectoryRegistry,
  ) {}

  /** Tickets out of reach are left out; everybody who reads packs sees the plans themselves. */
  async all(org: string, scope: Scope): Promise<PlanView[]> {
    const rows = await this.plans.inForce(this.database, org);
    const last = await this.plans.lastTickets(this.database, org, scope, SHOWN);
    const views: PlanView[] = [];
    for (const row of rows) {
      const found = await this.planOf(row);
      if (!found) continue;
      const { key, names, ticket: _, ...recurrence } = found.plan;
      views.push({
        pack: { key: row.pack, version: row.version },
        ...{ key, names, recurrence },
        next: this.next(found, row, row.now, SHOWN),
        last: last
          .filter((t) => t.pack === row.pack && t.plan === row.plan)
          .map((t) => ({ id: t.ticket_id, number: t.number, occurrence: t.occurrence, registeredAt: t.registered_at })),
        skipped: row.skipped_until === null ? null : { count: row.skipped, until: row.skipped_until },
        failing: row.failures === 0 ? null : { times: row.failures, retryAt: row.retry_at, ...(await this.refusal(found, row)) },
      });
    }
    return views;
  }

  /** The next occurrences of a plan in force after an instant, now when it is not given. */
  async occurrences(org: string, pack: string, plan: string, after: Instant | undefined, count: number): Promise<Instant[]> {
    const [row] = await this.plans.inForce(this.database, org, { pack, plan });
    const found = row && (await this.planOf(row));
    if (!row || !found) throw new NotFound('intake/no-such-plan');
    return this.next(found, row, after ?? row.now, count);
  }

  private next(of: { pack: Pack; plan: Plan }, { until_at, from_at }: PlanInForce, after: Instant, count: number): Instant[] {
    const from = Math.max(ms(after), ms(from_at));
    return nextOccurrences(of.plan, settingOf(of.pack), from, count, until_at === null ? Infinity : ms(until_at)).map(iso);
  }

  private async refusal({ pack, plan }: { pack: Pack; plan: Plan }, { org, now }: PlanInForce): Promise<ReturnType<typeof planRefusal>> {
    return planRefusal(plan, pack, localDate(pack.pack.zone, ms(now)), await this.directories.of(org));
  }

  private async planOf(row: PlanInForce): Promise<{ pack: Pack; plan: Plan } | undefined> {
    const pack = await this.packs.get(row.org, row.pack, row.version);
    const plan = pack?.intake.plans?.find((p) => p.key === row.plan);
    return pack && plan && { pack, plan };
  }
}
