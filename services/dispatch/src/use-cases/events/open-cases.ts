import { Injectable } from '@nestjs/common';
import { depthOf, type EventOf, type intake } from '@gongdan/contracts';
import { type Load, openCase, openTasks, react, type Reacted, type View, viewAfter } from '@gongdan/engine';
import { type Instant } from '@gongdan/kernel';
import { causedBy, Outbox } from '@gongdan/messaging';
import { type Pack } from '@gongdan/packs';
import { type Tx } from '@gongdan/platform';
import { CascadesStore } from '../../store/work/cascades.store.js';
import { CaseDesk } from '../../store/cases/case-desk.js';
import { ReactionCounter } from '../../store/cases/reaction-counter.js';
import { CasesStore, type Opened } from '../../store/cases/cases.store.js';
import { PacksStore } from '../../store/packs.store.js';

/** Opens the cases of registered tickets. A batch takes one statement, because an import brings thousands of tickets a second. */
@Injectable()
export class OpenCases {
  constructor(
    private readonly packs: PacksStore,
    private readonly desk: CaseDesk,
    private readonly cases: CasesStore,
    private readonly cascades: CascadesStore,
    private readonly outbox: Outbox,
    private readonly reactions: ReactionCounter,
  ) {}

  async run(tx: Tx, registrations: readonly EventOf<typeof intake.TicketRegistered>[], now: Instant): Promise<void> {
    const opened: (Opened & { skipped: Reacted['skipped'] })[] = [];
    const views = new Map<string, View>();
    for (const e of registrations) {
      const pack = await this.packs.get(tx, e.org, e.data.pack);
      // One directory for the batch, and loads that grow with each ticket of it.
      const shared = views.get(e.org) ?? (await this.desk.view(tx, e.org, e.ticketId));
      const loads = new Map(shared.loads);
      const view = { ...shared, loads };
      const id = { org: e.org, ticketId: e.ticketId, registeredBy: e.actor.id };
      const decided = await this.desk.decide(tx, e.org, view, (now_) => {
        for (const [person, load] of now_.loads) loads.set(person, load);
        return openAndReact(pack, now_, id, e, now);
      });
      for (const { holder } of openTasks(decided.state)) if (holder.person !== undefined) grow(loads, holder.person, now);
      views.set(e.org, view);
      opened.push({ pack, cause: causedBy(e, 'dispatch'), ...decided });
    }
    const fresh = new Set((await this.cases.open(tx, opened)).map((c) => `${c.org}|${c.ticketId}`));
    for (const o of opened) if (fresh.has(`${o.state.org}|${o.state.ticketId}`)) await this.cascades.ask(tx, o.events, o.cause);
    tx.afterCommit(() => {
      this.reactions.skipped(opened.flatMap((o) => o.skipped));
      this.outbox.nudge();
    });
  }
}

// A reaction may hear the registration itself, for a class that follows from the channel (P06).
function openAndReact(
  pack: Pack,
  view: View,
  id: Parameters<typeof openCase>[2],
  e: EventOf<typeof intake.TicketRegistered>,
  now: Instant,
): Reacted {
  const opened = openCase(pack, view, id, e.data, now);
  const heard = { name: e.name, data: e.data, occurredAt: e.occurredAt, depth: depthOf(e) };
  const reacted = react(pack, viewAfter(view, undefined, opened.state), opened.state, heard, now, { decisions: opened.records.length });
  return {
    state: reacted.state,
    events: [...opened.events, ...reacted.events],
    records: [...opened.records, ...reacted.records],
    claims: [...opened.claims, ...reacted.claims],
    skipped: [...(opened.skipped === undefined ? [] : [opened.skipped]), ...reacted.skipped],
  };
}

function grow(loads: Map<string, Load>, person: string, at: Instant): void {
  const load = loads.get(person);
  if (load !== undefined) loads.set(person, { open: load.open + 1, lastAt: at });
}
