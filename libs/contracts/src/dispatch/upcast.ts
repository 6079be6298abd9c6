import { caseOfOneTask, type OneTask } from './one-task.js';

type Json = Record<string, unknown>;

/**
 * An event about a case from version 1 to 2. Version 1 told one step, one unit and one person. It did not tell the pack, the class, the run (except by the
 * count of reopenings) and the hop (except of a dispatch). A payload that is no valid version 1 yields one that version 2 refuses.
 */
export function caseEventFrom1(older: Json): Json {
  const was = older['case'];
  if (typeof was !== 'object' || was === null) return older;
  const { step, state, version, unit, holder } = was as Json;
  // The schema of version 2 checks the values.
  const told = { step, state, version, unit, person: holder, waitsFor: older['reasonClass'], hop: older['hop'] } as unknown as OneTask;
  return { ...older, case: caseOfOneTask(told) };
}

/** A reopening begins the run after those that its count tells. */
export function reopenedFrom1(older: Json): Json {
  const newer = caseEventFrom1(older);
  const { count } = older;
  if (typeof newer['case'] !== 'object' || typeof count !== 'number') return newer;
  return { ...newer, case: { ...newer['case'], run: count + 1 } };
}
