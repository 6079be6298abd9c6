import { type Case, leadOf } from '@gongdan/engine';
import { type Pack } from '@gongdan/packs';

/** The unit that has the case; of a closed one, the last. */
export function unitOfCase(c: Case): string | undefined {
  const lead = leadOf(c);
  return lead === undefined ? c.hops.at(-1)?.unit : lead.holder.unit;
}

/** How often actions of the pack that say so were done. */
export function timesSaid(pack: Pack, c: Case, says: 'returned' | 'reopened'): number {
  return Object.entries(c.done).reduce((sum, [key, d]) => sum + (pack.process.actions[key]?.says === says ? d.total : 0), 0);
}
