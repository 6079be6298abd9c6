import { Injectable } from '@nestjs/common';
import { type Case, type Decided, NeedsLoads, type View } from '@gongdan/engine';
import { DirectorySnapshots } from '@gongdan/messaging';
import { type Pack } from '@gongdan/packs';
import { type Queries, Sealer, type Tx } from '@gongdan/platform';
import { type Opening } from '../domain/case-view.js';
import { CasesStore, type LockedCase } from './cases.store.js';
import { LinksStore } from './links.store.js';
import { PacksStore } from './packs.store.js';

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
    private readonly directories: DirectorySnapshots,
    private readonly sealer: Sealer,
  ) {}

  /** The case under lock. Throws `NotFound` when there is none. */
  async take(tx: Tx, org: string, ticketId: string): Promise<OnDesk> {
    const locked = await this.cases.lock(tx, org, ticketId);
    const pack = await this.packs.get(tx, org, locked.case.pack);
    return {
      ...locked,
      case: await this.links.heardBy(tx, pack, locked.case),
      pack,
      view: await this.view(tx, org, ticketId, locked.directoryVersion),
    };
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

  async save(tx: Tx, desk: OnDesk, decided: Pick<Decided, 'state' | 'records' | 'claims'>): Promise<void> {
    await this.cases.save(tx, desk.pack, desk, decided);
  }
}

/** Binds a sealed field to its ticket (docs/adr/0011). */
export function fieldsOf(org: string, ticketId: Case['ticketId']): string {
  return `fields|${org}|${ticketId}`;
}
