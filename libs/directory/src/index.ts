export type { Coordinates, Deputy, DirectoryPerson, DirectoryRows, DirectoryUnit, Membership, Presence, Shift, Weekday } from './rows.js';
export { WEEKDAYS } from './rows.js';
export type { Principal } from './deputies.js';
export { Directory } from './directory.js';
export type { Near } from './units.js';
export { spanOf } from './shift.js';
export type { Caller, Grant, Scope } from './reach.js';
export { Reach, reachOf } from './reach.js';
