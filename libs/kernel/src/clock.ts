/**
 * An instant: UTC, ISO 8601 with milliseconds and `Z` (`2026-03-02T09:00:00.000Z`). Instants of this form sort as strings.
 * Events, HTTP bodies and SQL rows all carry this form; arithmetic goes through `ms` and `iso`.
 */
export type Instant = string;

/** Epoch milliseconds of an instant; throws a RangeError on text that is none. */
export function ms(instant: Instant): number {
  const n = Date.parse(instant);
  if (Number.isNaN(n)) throw new RangeError(`not an instant: ${instant}`);
  return n;
}

/** The instant of epoch milliseconds. */
export function iso(epochMs: number): Instant {
  return new Date(epochMs).toISOString();
}

export function plusMs(instant: Instant, add: number): Instant {
  return iso(ms(instant) + add);
}

/** Where code outside the domain asks for the time. Rules never do: they take `now`. */
export interface Clock {
  now(): Instant;
}
