import { type Row } from '@gongdan/platform';
import { type Freshness } from '../domain/freshness.js';

export type FreshnessRow = Pick<Freshness, 'asOf' | 'incompleteBecause'> & Row;

/**
 * Messages without a valid signature do not count: it is unknown whether there is such an event, and a client that can write to Kafka could make every answer
 * look incomplete.
 *
 * One row, for the organisation `$1`. It is joined to the figures in their own statement: read before or after them it would miss a rebuild that
 * emptied the tables in between.
 */
export const FRESHNESS = `(
  select gongdan_now() as "asOf", array_remove(array[
    case when exists (select 1 from rebuilds where finished_at is null) then 'rebuild' end,
    case when exists (select 1 from gaps where org = $1 and not unproven) then 'missing-events' end,
    case when exists (select 1 from parked_events where org = $1 and ticket_id is not null and kind <> 'unproven') then 'parked-events' end
  ], null) as "incompleteBecause"
)`;

export function freshnessOf(row: FreshnessRow | undefined): Freshness {
  if (!row) throw new TypeError('a statement about freshness gave no row');
  return { asOf: row.asOf, complete: row.incompleteBecause.length === 0, incompleteBecause: row.incompleteBecause };
}
