import { Injectable } from '@nestjs/common';
import { type Case, NeedsLoads, type View } from '@gongdan/engine';
import { type EventDraft } from '@gongdan/contracts';
import { type Cause } from '@gongdan/kernel';
import { DirectorySnapshots, Outbox } from '@gongdan/messaging';
import { type Pack } from '@gongdan/packs';
import { type Connection, type Queries, Sealer, type Tx } from '@gongdan/platform';
import { type Opening } from '../../domain/case-view.js';
import { CascadesStore } from '../work/cascades.store.js';
import { CasesStore, type LockedCase, type ReadCase } from './cases.store.js';
import { LinksStore } from './links.store.js';
import { PacksStore } from '../packs.store.js';
import { type AtOnce, type Written } from './save-case.js';

/** A case under lock with everything that its rules may ask for. */
export interface OnDesk extends LockedCase {
  pack: Pack;
  view: Opening;
}

/** Puts a case on the desk, lets a pure rule decide, and writes the decision. */
@Injectable()
export class CaseDesk {
  constructor(
    private readonly packs: PacksStore,
    private readonly cases: CasesStore,
    private readonly links: LinksStore,
    private readonly cascades: CascadesStore,
    private readonly outbox: Outbox,
    private readonly directories: DirectorySnapshots,
    private readonly sealer: Sealer,
  ) {}

  /** The case under lock. Throws `NotFound` when there is none. */
  async take(tx: Tx, org: string, ticketId: string): Promise<OnDesk> {
    return this.withRules(tx, await this.cases.lock(tx, org, ticketId));
  }

  /** The case without a lock, for `saveAtOnce`. Throws `NotFound` when there is none. */
  async read(q: Queries, org: string, ticketId: string, client: string, key: string | undefined): Promise<OnDesk & ReadCase> {
    return this.withRules(q, await this.cases.read(q, org, ticketId, client, key));
  }

  /** What rules may ask about an organisation. */
  async view(q: Queries, org: string, ticketId: string, version?: number): Promise<Opening> {
    const directory = await this.directories.directory(q, org, version);
    const place = fieldsOf(org, ticketId);
    const { sealer } = this;
    return { directory, loads: new Map(), seal: (value) => sealer.seal(value, place), open: (sealed) => sealer.open(sealed, place) };
  }

  /** Decides with the loads of the people whom the rule asks about; they stay locked until the transaction ends. */
  async decide<D>(tx: Tx, org: string, view: View, rule: (view: View) => D): Promise<D> {
    const loads = new Map(view.loads);
    for (;;) {
      try {
        return rule({ ...view, loads });
      } catch (error) {
        if (!(error instanceof NeedsLoads) || error.people.every((p) => loads.has(p))) throw error;
        for (const [person, load] of await this.cases.lockLoads(tx, org, error.people)) loads.set(person, load);
      }
    }
  }

  /** Writes what was decided about a case under lock, with its events (law 6) and the work on linked tickets that it asks for. `root`: see `CascadesStore.ask`. */
  async save(tx: Tx, desk: OnDesk, decided: Written & { events: readonly EventDraft[] }, cause: Cause, root?: string): Promise<void> {
    await this.cases.save(tx, desk.pack, desk, decided);
    await this.cascades.ask(tx, decided.events, cause, root);
    await this.outbox.append(tx, decided.events, cause);
  }

  /** Decides about a case that was read without a lock. Undefined when the rule asks for loads: they are read under a lock. */
  decideAtOnce<D>(view: View, rule: (view: View) => D): D | undefined {
    try {
      return rule(view);
    } catch (error) {
      if (error instanceof NeedsLoads) return undefined;
      throw error;
    }
  }

  /** False when nothing was written, because the case has changed since `read` or too much time has passed; see `CasesStore.saveAtOnce`. */
  saveAtOnce(connection: Connection, desk: OnDesk & ReadCase, decided: Written, at: AtOnce): Promise<boolean> {
    return this.cases.saveAtOnce(connection, desk.pack, desk, decided, at);
  }

  private async withRules<C extends LockedCase>(q: Queries, found: C): Promise<C & OnDesk> {
    const { org, ticketId, pack: ref } = found.case;
    const pack = await this.packs.get(q, org, ref);
    const view = await this.view(q, org, ticketId, found.directoryVersion);
    return { ...found, case: await this.links.heardBy(q, pack, found.case), pack, view };
  }
}

/** Binds a sealed field to its ticket (docs/adr/0011). */
export function fieldsOf(org: string, ticketId: Case['ticketId']): string {
  return `fields|${org}|${ticketId}`;
}
