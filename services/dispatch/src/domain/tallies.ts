import { type Case, leadOf } from '@gongdan/engine';
import { type Pack } from '@gongdan/packs';

/** The unit that has the case; of a closed one, the last. */
export function unitOfCase(c: Case): string | undefined {
  const lead = leadOf(c);
  return lead === undefined ? c.hops.at(-1)?.unit : lead.holder.unit;
}

/** How often actions of the pack that say so were done. */
export function timesSaid(pack: Pack, c: Case, says: 'returned' | 'reopened'): number {
  return c.done.reduce((sum, { key, total }) => sum + (pack.process.actions[key]?.says === says ? total : 0), 0);
}
