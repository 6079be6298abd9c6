/** Milliseconds to wait before the next try after so many failures in a row (1 for the first): doubling from `firstMs` up to `longestMs`. */
export function doublingMs(failures: number, firstMs: number, longestMs: number): number {
  return Math.min(longestMs, firstMs * 2 ** Math.min(failures - 1, 30));
}
