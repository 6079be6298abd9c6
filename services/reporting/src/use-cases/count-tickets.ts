import { Injectable } from '@nestjs/common';
import { Invalid } from '@gongdan/kernel';
import { Database } from '@gongdan/platform';
import { type Dimension, dimensionOf, type Figures, PROPERTIES, SPANS } from '../domain/figures.js';
import { type Freshness } from '../domain/freshness.js';
import { FiguresStore } from '../store/figures.store.js';
import { PacksStore } from '../store/packs.store.js';
import { type Search } from '../store/search.js';
import { ZonesStore } from '../store/zones.store.js';

export interface Count extends Freshness {
  by: string;
  /** The zone in which days and months were counted. */
  zone: string;
  /** How many groups there are; `items` holds the largest of them, as many as the limit allows. */
  groups: number;
  items: Figures[];
}

/** Counts and rates by a dimension. */
@Injectable()
export class CountTickets {
  constructor(
    private readonly database: Database,
    private readonly figures: FiguresStore,
    private readonly packs: PacksStore,
    private readonly zones: ZonesStore,
  ) {}

  /** Without `zone` the organisation's own is used: that of the pack it published last. */
  async run(org: string, by: string, zone: string | undefined, search: Search, limit: number): Promise<Count> {
    const dimension = await this.dimension(org, by);
    const inZone = await this.zone(org, zone);
    const { freshness, ...figures } = await this.figures.count(this.database, org, dimension, inZone, search, limit);
    return { by, zone: inZone, ...freshness, ...figures };
  }

  private async dimension(org: string, by: string): Promise<Dimension> {
    const dimension = dimensionOf(by);
    if (dimension && dimension.kind !== 'attribute') return dimension;
    const attributes = await this.packs.attributes(this.database, org);
    if (dimension && attributes.includes(dimension.key)) return dimension;
    const known = [...PROPERTIES, ...SPANS, ...attributes.map((key) => `attribute.${key}`)];
    throw new Invalid('reporting/no-such-dimension', { violations: [{ pointer: '?by', detail: `must be one of ${known.join(', ')}` }] });
  }

  private async zone(org: string, name: string | undefined): Promise<string> {
    const known = await this.zones.zone(this.database, org, name);
    if (!known) throw new Invalid('reporting/no-such-zone', { violations: [{ pointer: '?zone', detail: 'is not an IANA time zone' }] });
    return known;
  }
}
