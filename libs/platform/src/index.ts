export type { DatabaseOptions, MigrationClass, Queries, Row, SqlValue } from './database.js';
export { Database, isDatabaseAway, migration, sqlState, Tx } from './database.js';
export { clockMigration, SystemClock } from './system-clock.js';
