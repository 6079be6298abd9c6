import { type Instant } from '@gongdan/kernel';
import { type Case } from '../model/case.js';
import { type Load, type View } from '../model/env.js';

/** How many open tasks of the case the person holds. */
function heldBy({ tasks }: Pick<Case, 'tasks'>, person: string): number {
  let held = 0;
  for (const { holder, endedAt } of tasks) if (endedAt === undefined && holder.person === person) held += 1;
  return held;
}

/** The load of a person after what was decided about the case since the view was loaded: a second pick must not give away room that is taken. */
export function loadAfter(load: Load, person: string, before: Pick<Case, 'tasks'>, after: Pick<Case, 'tasks'>, at: Instant): Load {
  if (before.tasks === after.tasks) return load;
  const more = heldBy(after, person) - heldBy(before, person);
  return more > 0 ? { open: load.open + more, lastAt: at } : load;
}

/** The view for a further decision about the case in the same transaction. */
export function viewAfter(view: View, before: Pick<Case, 'tasks'> | undefined, after: Pick<Case, 'tasks' | 'since'>): View {
  if (view.loads.size === 0 || before?.tasks === after.tasks) return view;
  const loads = [...view.loads].map(([person, load]) => [person, loadAfter(load, person, before ?? { tasks: [] }, after, after.since)] as const); // prettier-ignore
  return { ...view, loads: new Map(loads) };
}
