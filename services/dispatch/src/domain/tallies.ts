import { type Case } from '@gongdan/engine';
import { type Pack } from '@gongdan/packs';

/** How often actions of the pack that say so were done. */
export function timesSaid(pack: Pack, c: Case, says: 'returned' | 'reopened'): number {
  return c.done.reduce((sum, { key, total }) => sum + (pack.process.actions[key]?.says === says ? total : 0), 0);
}
