import { doublingMs } from '@gongdan/kernel';

/** `doublingMs`, with half of it left to chance so that replicas do not try again together. */
export function backoffMs(failures: number, firstMs = 100, longestMs = 2_000): number {
  return doublingMs(failures, firstMs, longestMs) * (0.5 + Math.random() / 2);
}
