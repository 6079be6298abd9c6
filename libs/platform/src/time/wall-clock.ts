/**
 * The wall clock of the process, in epoch milliseconds. It may be wrong by hours, so no rule uses it: log lines carry it, and
 * SystemClock compares it with the database's clock. `npm run boundaries` allows `Date.now()` and `new Date()` here alone; other code uses
 * SystemClock for an instant and `performance.now()` for a duration.
 */
export function wallClockMs(): number {
  return Date.now();
}
