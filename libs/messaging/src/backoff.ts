/**
 * Milliseconds to wait before the next try after so many failures in a row: doubling from `firstMs` up to `longestMs`, with half of it left
 * to chance so that replicas do not try again together.
 */
export function backoffMs(failures: number, firstMs = 100, longestMs = 2_000): number {
  return Math.min(longestMs, firstMs * 2 ** Math.min(failures - 1, 30)) * (0.5 + Math.random() / 2);
}
