import { performance } from 'node:perf_hooks';

const LONGEST_GATHER_MS = 40;
const MEASURE_EVERY_MS = 250;

/** How busy this process is, as the share of time its event loop was not idle. */
export class Load {
  private mark = performance.eventLoopUtilization();
  private measuredAt = performance.now();
  private share = 0;

  /** From 0 (idle) to 1, over about the last second. */
  get busy(): number {
    const now = performance.now();
    if (now - this.measuredAt > MEASURE_EVERY_MS) {
      const { utilization } = performance.eventLoopUtilization(this.mark);
      this.mark = performance.eventLoopUtilization();
      this.measuredAt = now;
      this.share += (utilization - this.share) / 2;
    }
    return this.share;
  }

  /**
   * How long to wait for more events before the present ones are handled. An idle process handles a lone event at once. A busy one saves
   * statements and requests by gathering, which costs milliseconds and gives them back as CPU: 40 ms at most.
   */
  gatherMs(): number {
    return Math.min(LONGEST_GATHER_MS, Math.round(this.busy * 100));
  }
}
