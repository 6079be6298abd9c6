import { Injectable } from '@nestjs/common';
import { localDate } from '@gongdan/business-time';
import { DueFiring, type DueOwner, type DuePoint, type Firing, type Subject, subjectId } from '@gongdan/due';
import { idOf, type Instant, iso, ms, Unavailable } from '@gongdan/kernel';
import { DirectoryRegistry, Outbox, PackRegistry } from '@gongdan/messaging';
import { logger, type Tx } from '@gongdan/platform';
import { nextOccurrences, occurrences, type Pack, type Plan, settingOf } from '@gongdan/packs';
import { planNumber } from '../../domain/numbering.js';
import { catchUp, contentOfPlan } from '../../domain/planned.js';
import { unitCodeOf } from '../../domain/content.js';
import { registered } from '../../domain/ticket.js';
import { nextNumber } from '../../store/numbers/next-number.js';
import { PlanPointsStore } from '../../store/plans/plan-points.store.js';
import { type PlanRow, PlansStore } from '../../store/plans/plans.store.js';
import { contentColumns } from '../../store/ticket-columns.js';
import { TicketsStore } from '../../store/tickets.store.js';

const log = logger('plans');
/** Who registers planned tickets. */
const PLANNER = 'system:intake';

/** What became of the due occurrences of a plan. */
export interface Planned {
  registered: number;
  skipped: number;
}

/**
 * Registers the tickets of plans that are due. The point, the ticket, its event and the next point change in one transaction, and an occurrence has one id of
 * a ticket, so each is registered once, whatever is killed in between.
 */
@Injectable()
export class RegisterPlanned implements DueOwner<PlanRow> {
  readonly firing: DueFiring<PlanRow>;
  private readonly listeners: ((done: Planned) => void)[] = [];

  constructor(
    points: PlanPointsStore,
    private readonly plans: PlansStore,
    private readonly tickets: TicketsStore,
    private readonly packs: PackRegistry,
    private readonly directories: DirectoryRegistry,
    private readonly outbox: Outbox,
  ) {
    this.firing = new DueFiring(points, this);
  }

  /** Calls back after each commit of a plan that was due. */
  onPlanned(listener: (done: Planned) => void): void {
    this.listeners.push(listener);
  }

  async subjectsOf(tx: Tx, points: readonly DuePoint[]): Promise<ReadonlyMap<string, Subject<PlanRow>>> {
    const rows = await this.plans.ofPoints(tx, points);
    return new Map(
      rows.map((state) => [subjectId({ org: state.org, ticketId: state.id, subject: state.plan }), { gen: state.gen, state }]),
    );
  }

  async fire(tx: Tx, firings: readonly Firing<PlanRow>[]): Promise<void> {
    for (const { point, state } of firings) await this.registerDue(tx, state, point.firedAt);
  }

  private async registerDue(tx: Tx, row: PlanRow, now: Instant): Promise<void> {
    const pack = await this.packs.get(row.org, row.pack, row.version);
    const plan = pack?.intake.plans?.find((p) => p.key === row.plan);
    if (!pack || !plan) throw new Unavailable('intake/no-pack', {}, 'the pack of the plan has not been received');
    const setting = settingOf(pack);
    const end = row.until_at === null ? Infinity : ms(row.until_at);
    const until = Math.min(ms(now), end);
    const due = catchUp(occurrences(plan, setting, ms(row.done_until), until), ms(now));
    let fresh = 0;
    for (const at of due.register) if (await this.register(tx, row, { pack, plan }, iso(at), now)) fresh += 1;
    const [next] = nextOccurrences(plan, setting, until, 1, end);
    await this.plans.moveOn(tx, row, {
      until: iso(until),
      skipped: due.skipped,
      skippedUntil: due.skippedUntil === undefined ? undefined : iso(due.skippedUntil),
      next: next === undefined ? undefined : iso(next),
    });
    const { org, pack: key, plan: name } = row;
    tx.afterCommit(() => {
      for (const listener of this.listeners) listener({ registered: fresh, skipped: due.skipped });
      if (due.skipped > 0) log.warn('missed occurrences of a plan were skipped', { org, pack: key, plan: name, skipped: due.skipped });
    });
  }

  private async register(tx: Tx, row: PlanRow, of: { pack: Pack; plan: Plan }, occurrence: Instant, now: Instant): Promise<boolean> {
    const { org } = row;
    const { pack, plan } = of;
    const id = idOf('planned', org, row.pack, row.plan, occurrence);
    if (!(await this.plans.claimOccurrence(tx, row, occurrence, id, now))) return false;
    const units = await this.directories.of(org);
    const content = contentOfPlan(plan, pack, localDate(pack.pack.zone, ms(occurrence)), units);
    const numbers = planNumber(pack.intake.numbering, localDate(pack.pack.zone, ms(now)), unitCodeOf(content.unit, pack, units));
    const number = await nextNumber(tx, this.tickets, org, numbers, pack.intake.numbering.gapFree);
    await this.tickets.insertAll(tx, [
      {
        ...contentColumns(content),
        ...{ contact_sealed: null, has_email: false, phone_tail: null, source: null, external_key: null, content_digest: null },
        ...{ org, id, number, pack_key: row.pack, pack_version: row.version, registered_at: now, registered_by: PLANNER },
        plan: { key: row.plan, occurrence },
      },
    ]);
    const event = registered({
      ...{ org, ticketId: id, number, pack: { key: row.pack, version: row.version }, content, registeredAt: now },
      ...{ hasEmail: false, plan: { key: row.plan, occurrence } },
    });
    await this.outbox.append(tx, [event], { correlationId: id, actor: { id: PLANNER } });
    return true;
  }
}
