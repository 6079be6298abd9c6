export * from './packs.js';
export * from './lead-events.js';
export * from './advance-events.js';
export type { CaseClass, CaseClassChange, CaseHolder, CaseNow } from './case-part.js';
export { CAUSES, caseNow, PARTIES } from './case-part.js';
export type { OneTask } from './one-task.js';
export { caseOfOneTask } from './one-task.js';
export { CASE_EVENTS } from './all-case-events.js';
