import { Injectable } from '@nestjs/common';
import { inScope, type Scope } from '@gongdan/directory';
import { type Actor, NotFound, Unavailable } from '@gongdan/kernel';
import { SystemClock, Database, Directories, type Tx } from '@gongdan/platform';
import { dataInSight } from '../domain/field-sight.js';
import { type Freshness } from '../domain/freshness.js';
import { type ClockRow } from '../projections/clock-row.js';
import { type TicketRow } from '../projections/ticket-row.js';
import { PacksStore } from '../store/packs.store.js';
import { type Search } from '../store/search.js';
import { type StoredEvent, TicketsStore } from '../store/tickets.store.js';

export interface TicketHistory extends Freshness {
  ticket: TicketRow;
  clocks: ClockRow[];
  events: StoredEvent[];
}

@Injectable()
export class SearchTickets {
  constructor(
    private readonly database: Database,
    private readonly tickets: TicketsStore,
    private readonly packs: PacksStore,
    private readonly directories: Directories,
    private readonly clock: SystemClock,
  ) {}

  /** Newest first, after the ticket that the cursor names. */
  page(
    org: string,
    search: Search,
    after: { at: string; id: string } | undefined,
    limit: number,
  ): Promise<{ tickets: TicketRow[]; freshness: Freshness }> {
    return this.tickets.page(this.database, org, search, after, limit);
  }

  /**
   * A ticket with its clocks and a page of its events. Throws NotFound for a ticket that is unknown, of another organisation or out of the caller's
   * reach, and Unavailable while a rebuild may not have reached it.
   */
  async history(who: Actor, scope: Scope, id: string, after: number, limit: number): Promise<TicketHistory> {
    const { org } = who;
    const roles = await this.rolesOf(who);
    // Both are read in one snapshot: a row from before an event would contradict a history from after it.
    return this.database.transaction(async (tx) => {
      await tx.run('set transaction isolation level repeatable read, read only');
      const { ticket, clocks, freshness } = await this.tickets.ticket(tx, org, id);
      if (!ticket && freshness.incompleteBecause.includes('rebuild'))
        throw new Unavailable('reporting/rebuilding', { details: { retryAfterS: 10 } });
      if (!ticket || !inScope(scope, ticket.unit)) throw new NotFound('reporting/no-such-ticket');
      const events = await this.tickets.history(tx, org, id, after, limit);
      return { ...freshness, ticket, clocks, events: await this.inSight(tx, org, events, roles) };
    });
  }

  /** A field that its form shows to some roles only is shown to people with one of them, as dispatch does. */
  private async inSight(tx: Tx, org: string, events: StoredEvent[], roles: ReadonlySet<string>): Promise<StoredEvent[]> {
    const packs = new Map(events.flatMap((e) => packOf(e) ?? []).map((p) => [`${p.key} ${p.version}`, p]));
    const known = await this.packs.fieldRoles(tx, org, [...packs.values()]);
    return events.map((e) => {
      const pack = packOf(e);
      return pack === undefined ? e : { ...e, data: dataInSight(e.data, known.get(`${pack.key} ${pack.version}`), roles) };
    });
  }

  private async rolesOf({ org, id, roles }: Actor): Promise<ReadonlySet<string>> {
    const directory = await this.directories.of(org);
    return new Set([...roles, ...directory.rolesOf(id, undefined, this.clock.now())]);
  }
}

function packOf({ data }: StoredEvent): { key: string; version: number } | undefined {
  return (data['case'] as { pack?: { key: string; version: number } } | undefined)?.pack;
}
