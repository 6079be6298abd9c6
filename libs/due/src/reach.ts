import { type Instant } from '@gongdan/kernel';

/** How far the service has applied one partition of `gongdan.tickets`: an `AppliedPartition` of libs/messaging. */
export interface PartitionProgress {
  partition: number;
  until: Instant | null;
  readToEndForMs: number;
}

/** Up to where the points of one partition may fire. */
export interface Reach {
  partition: number;
  /** Everything recorded before this instant has been applied; null when that is not known. A point that is due until then fires. */
  until: Instant | null;
  /** The partition has been read to its end for the whole wait: a point that has been due for that long fires, and its breach is marked `unheard`. */
  waited: boolean;
}

/** Partition of points that were written before points had one. */
export const UNKNOWN_PARTITION = -1;

/**
 * Computes up to where points may fire. A promise counts as broken only when everything recorded until its due instant has been applied, because an event that
 * stopped or paused it in time may still be on its way. The wait for such events ends after `waitMs`, counted only while the partition is read to its end,
 * so a service that lags or cannot reach the broker fires nothing.
 */
export function reachOf(progress: readonly PartitionProgress[], waitMs: number): Reach[] {
  if (progress.length === 0) return [];
  const reach = progress.map((p) => ({ partition: p.partition, until: p.until, waited: p.readToEndForMs >= waitMs }));
  const untils = reach.map((r) => r.until);
  const earliest = untils.reduce((a, b) => (a === null || b === null ? null : a < b ? a : b));
  return [...reach, { partition: UNKNOWN_PARTITION, until: earliest, waited: reach.every((r) => r.waited) }];
}
