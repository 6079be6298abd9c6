export type { Actor, Cause } from './actor.js';
export type { Clock, Instant } from './clock.js';
export { iso, ms, plusMs } from './clock.js';
export type { Decision } from './decision.js';
export { decided } from './decision.js';
export type { ErrorFacts, ErrorKind, Violation } from './errors.js';
export { AppError, appErrorIn, Conflict, Forbidden, Invalid, NotFound, Refused, TooMany, Unauthenticated, Unavailable } from './errors.js';
export { hash32, idOf, isId, newId } from './ids.js';
