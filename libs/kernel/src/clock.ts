/**
 * An instant: UTC, ISO 8601 with milliseconds and `Z` (`2026-03-02T09:00:00.000Z`). Instants of this form sort as strings.
 * Events, HTTP bodies and SQL rows have this form; arithmetic uses `ms` and `iso`.
 */
export type Instant = string;

/** Returns the epoch milliseconds of an instant; throws a RangeError when the text is no instant. */
export function ms(instant: Instant): number {
  const n = Date.parse(instant);
  if (Number.isNaN(n)) throw new RangeError(`not an instant: ${instant}`);
  return n;
}

/** Returns the instant of epoch milliseconds. */
export function iso(epochMs: number): Instant {
  return new Date(epochMs).toISOString();
}

export function plusMs(instant: Instant, add: number): Instant {
  return iso(ms(instant) + add);
}

/** The source of the time for code outside the domain. Rules do not use it: they take `now` as an argument. */
export interface Clock {
  now(): Instant;
}
