export { eventually } from '@gongdan/platform/testing';
export { skewWallClock } from './skew-wall-clock.js';
export type { TestStack } from './stack.js';
export { testStack } from './stack.js';
export type { TestDatabase } from './test-database.js';
export { testDatabase } from './test-database.js';
export type { WorkbookParts } from './workbook.js';
export { type PackedEntry, workbookOf, zipOf } from './workbook.js';
export { StatementCounter } from './statements.js';
