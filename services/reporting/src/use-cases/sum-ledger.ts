import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { Invalid } from '@gongdan/kernel';
import { Database, streamOf } from '@gongdan/platform';
import { stringify } from 'csv-stringify';
import { inertCell } from '../domain/csv.js';
import { type Freshness } from '../domain/freshness.js';
import { type LedgerDimension, type LedgerSum } from '../domain/ledger.js';
import { LedgerStore, type LedgerSearch } from '../store/ledger.store.js';
import { ZonesStore } from '../store/zones.store.js';

export interface LedgerReport {
  /** The zone in which months were counted. */
  zone: string;
  /** How many sums there are; `sums` holds as many as the limit allows. */
  groups: number;
  sums: LedgerSum[];
  freshness: Freshness;
}

/** Sums of ledger entries: parts used, hours worked, points deducted. */
@Injectable()
export class SumLedger {
  constructor(
    private readonly database: Database,
    private readonly ledger: LedgerStore,
    private readonly zones: ZonesStore,
  ) {}

  /** Without `zone` the organisation's own is used: that of the pack it published last. */
  async run(
    org: string,
    by: LedgerDimension,
    zone: string | undefined,
    search: LedgerSearch,
    limit: number | undefined,
  ): Promise<LedgerReport> {
    const inZone = await this.zones.zone(this.database, org, zone);
    if (inZone === undefined)
      throw new Invalid('reporting/no-such-zone', { violations: [{ pointer: '?zone', detail: 'is not an IANA time zone' }] });
    return { zone: inZone, ...(await this.ledger.sum(this.database, org, by, inZone, search, limit)) };
  }

  /** The sums as CSV with the columns account, the dimension, quantity and entries. */
  csv(by: LedgerDimension, sums: readonly LedgerSum[]): Promise<Readable> {
    const rows = sums.map((s) => [s.account, s.key, s.quantity, s.entries].map(inertCell));
    return streamOf(
      Readable.from(rows),
      stringify({ header: true, bom: true, quoted: true, columns: ['account', by, 'quantity', 'entries'] }),
    );
  }
}
