import { inScope, type Scope } from '@gongdan/directory';
import { type Case, leadOf, openTasks } from './case.js';

/** Who asks, and the units that the right of the request reaches. */
export interface Viewer {
  id: string;
  scope: Scope;
}

/** The unit that has the case; of a closed one, the last. */
export function unitOfCase(c: Case): string | undefined {
  const lead = leadOf(c);
  return lead === undefined ? c.hops.at(-1)?.unit : lead.holder.unit;
}

/**
 * A case belongs to the unit that has it, to those that wait for it in the chain of hops, to those that hold its open side tasks and to the one found at fault;
 * without any, to the unit that registered it. Who holds one of its tasks and who watches it sees it wherever it lies.
 */
export function isVisible(c: Case, viewer: Viewer): boolean {
  const open = openTasks(c);
  if (open.some((t) => t.holder.person === viewer.id) || c.watchers.includes(viewer.id)) return true;
  if (inScope(viewer.scope, unitOfCase(c) ?? c.ticket.unit)) return true;
  // The unit that was found at fault may appeal, also when it never held a task (P16).
  const { faultUnit } = c.fields;
  const units = [...c.hops.map((h) => h.unit), ...open.map((t) => t.holder.unit), ...(typeof faultUnit === 'string' ? [faultUnit] : [])];
  return units.some((u) => u !== undefined && inScope(viewer.scope, u));
}
