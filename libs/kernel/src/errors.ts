/**
 * The eight ways a request or an event can fail on purpose. Everything else that is thrown is a bug of ours.
 * Two places translate a kind, nobody else: platform/http-errors (status) and messaging/outcomes (park or retry).
 */
export type ErrorKind = 'invalid' | 'unauthenticated' | 'forbidden' | 'not-found' | 'conflict' | 'refused' | 'too-many' | 'unavailable';

/** One mistake in the input: an RFC 6901 pointer into the body (or `?name` for a query parameter) and what is wrong there. */
export interface Violation {
  pointer: string;
  detail: string;
}

export interface ErrorFacts {
  /** What to tell the caller beyond the code; never holds personal data or another organisation's ids. */
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

/** Malformed input: 400, or parked. */
export class Invalid extends AppError {
  override readonly kind = 'invalid';
}
/** Nobody we know: 401. */
export class Unauthenticated extends AppError {
  override readonly kind = 'unauthenticated';
}
/** Known, but without the right: 403. */
export class Forbidden extends AppError {
  override readonly kind = 'forbidden';
}
/** No such thing, or not visible to this organisation: 404, the same answer for both. */
export class NotFound extends AppError {
  override readonly kind = 'not-found';
}
/** Illegal transition, stale version, duplicate: 409. */
export class Conflict extends AppError {
  override readonly kind = 'conflict';
}
/** A rule of the business says no: 422. */
export class Refused extends AppError {
  override readonly kind = 'refused';
}
/** Asked too often: 429 with Retry-After. `details.retryAfterS` says when to come back. */
export class TooMany extends AppError {
  override readonly kind = 'too-many';
}
/** Something we depend on is away: 503 with Retry-After, or retried. `details.retryAfterS` overrides the default of 1 s. */
export class Unavailable extends AppError {
  override readonly kind = 'unavailable';
}

/** The first `AppError` in an error's chain of causes. */
export function appErrorIn(error: unknown): AppError | undefined {
  for (let e = error; e instanceof Error; e = e.cause) if (e instanceof AppError) return e;
  return undefined;
}
