/**
 * The eight kinds of expected failure of a request or an event. Anything else that is thrown is a bug of ours. Only two places translate a
 * kind: platform/http-errors (to a status) and messaging/outcomes (to park or retry).
 */
export type ErrorKind = 'invalid' | 'unauthenticated' | 'forbidden' | 'not-found' | 'conflict' | 'refused' | 'too-many' | 'unavailable';

/** One mistake in the input: an RFC 6901 pointer into the body (or `?name` for a query parameter), and what is wrong there. */
export interface Violation {
  pointer: string;
  detail: string;
}

export interface ErrorFacts {
  /** Further properties of the problem that the caller gets; they never contain personal data or ids of another organisation. */
  details?: Record<string, unknown>;
  /** Which parts of the input are wrong (RFC 9457 `errors`). */
  violations?: Violation[];
  cause?: unknown;
}

/** An expected failure with a stable code `service/what`; the code is a contract, the message is not. */
export abstract class AppError extends Error {
  abstract readonly kind: ErrorKind;
  readonly details: Record<string, unknown>;
  readonly violations: Violation[];

  constructor(
    readonly code: string,
    facts: ErrorFacts = {},
    message = code,
  ) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.name = new.target.name;
    this.details = facts.details ?? {};
    this.violations = facts.violations ?? [];
  }
}

/** The input is malformed: 400, or the event is parked. */
export class Invalid extends AppError {
  override readonly kind = 'invalid';
}
/** The caller is unknown: 401. */
export class Unauthenticated extends AppError {
  override readonly kind = 'unauthenticated';
}
/** The caller is known and lacks the right: 403. */
export class Forbidden extends AppError {
  override readonly kind = 'forbidden';
}
/** The thing does not exist, or this organisation may not see it: 404, the same answer for both. */
export class NotFound extends AppError {
  override readonly kind = 'not-found';
}
/** The transition is illegal, the version stale, or the thing exists already: 409. */
export class Conflict extends AppError {
  override readonly kind = 'conflict';
}
/** A business rule forbids it: 422. */
export class Refused extends AppError {
  override readonly kind = 'refused';
}
/** The caller sends too many requests: 429 with Retry-After, in `details.retryAfterS` seconds. */
export class TooMany extends AppError {
  override readonly kind = 'too-many';
}
/** A dependency cannot be reached: 503 with Retry-After, or the event is retried. `details.retryAfterS` overrides the default of 1 s. */
export class Unavailable extends AppError {
  override readonly kind = 'unavailable';
}

/** Returns the first `AppError` in an error's chain of causes. */
export function appErrorIn(error: unknown): AppError | undefined {
  for (let e = error; e instanceof Error; e = e.cause) if (e instanceof AppError) return e;
  return undefined;
}
