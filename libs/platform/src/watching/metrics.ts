import { performance } from 'node:perf_hooks';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** One value of a counted gauge: `value`, and a label under each of its names. */
export type GaugeRow = { value: number } & Record<string, string | number>;

/** A gauge that counts rows of the database queries it at most this often, however often it is scraped. */
const COUNT_EVERY_MS = 1_000;
/** The longer a count takes, the less often it runs: it may use a twentieth of one connection. */
const COUNT_SHARE = 20;
/** A scrape waits no longer for a count; its result is shown by the next scrape. */
const SCRAPE_WAITS_MS = 1_000;

/** How often the lag of the event loop is sampled. Every 10 ms, as prom-client does, was most of an idle service's CPU. */
const LAG_EVERY_MS = 50;
const LAG_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** The metrics that prom-client makes of its own sampling; `gongdan_eventloop_lag_seconds` takes its place. */
const LAG_METRICS = ['', 'min_', 'max_', 'mean_', 'stddev_', 'p50_', 'p90_', 'p99_'].map((part) => `nodejs_eventloop_lag_${part}seconds`);

/** Prometheus metrics of one process; docs/metrics.md describes each. */
export class Metrics {
  readonly registry = new Registry();
  private readonly lagTimer: NodeJS.Timeout;

  constructor(service: string) {
    this.registry.setDefaultLabels({ service });
    // The precision is that of the metrics removed in the next line: their histogram should not wake the process.
    collectDefaultMetrics({ register: this.registry, eventLoopMonitoringPrecision: 2 ** 31 - 1 });
    for (const name of LAG_METRICS) this.registry.removeSingleMetric(name);
    this.lagTimer = this.watchEventLoop();
  }

  /** Ends the sampling; what was counted stays readable. */
  close(): void {
    clearInterval(this.lagTimer);
  }

  counter(name: string, help: string, labelNames: string[]): Counter {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }

  /** A counter whose value another component keeps: `read` returns its total since boot. */
  countedElsewhere(name: string, help: string, read: () => number): void {
    let seen = 0;
    new Counter({
      name,
      help,
      registers: [this.registry],
      collect() {
        const now = read();
        (this as Counter).inc(Math.max(0, now - seen));
        seen = now;
      },
    });
  }

  histogram(
    name: string,
    help: string,
    labelNames: string[],
    buckets = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
  ): Histogram {
    return new Histogram({ name, help, labelNames, buckets, registers: [this.registry] });
  }

  /** `collect` runs on each scrape. When it throws, the gauge has no value, because an old value would look like a current one. */
  gauge(name: string, help: string, labelNames: string[], collect: (gauge: Gauge) => Promise<void> | void): Gauge {
    return new Gauge({
      name,
      help,
      labelNames,
      registers: [this.registry],
      async collect() {
        await Promise.resolve()
          .then(() => collect(this as Gauge))
          .catch(() => clear(this as Gauge, labelNames));
      },
    });
  }

  /**
   * A gauge over rows of the database: queue depths, ages. `count` returns all its values and runs on a scrape, at most every second, and less
   * often when it takes longer than 50 ms; only one runs at a time. A count that fails leaves the gauge without values. The values are those
   * of the whole service, so that all its replicas show the same.
   */
  countedGauge(name: string, help: string, labelNames: string[], count: () => Promise<readonly GaugeRow[]>): Gauge {
    let due = -Infinity;
    let running: Promise<void> | undefined;
    const counted = this.gauge(name, help, labelNames, async (gauge) => {
      const run = async (): Promise<void> => {
        const start = performance.now();
        const rows = await count().catch(() => []);
        due = start + Math.max(COUNT_EVERY_MS, (performance.now() - start) * COUNT_SHARE);
        clear(gauge, labelNames);
        for (const { value, ...labels } of rows) gauge.set(labels, value);
      };
      if (running === undefined && performance.now() >= due) running = run().finally(() => (running = undefined));
      if (running) await Promise.race([running, new Promise((wake) => void setTimeout(wake, SCRAPE_WAITS_MS).unref())]);
    });
    // prom-client starts a gauge without labels at 0, although nothing was counted yet.
    clear(counted, labelNames);
    return counted;
  }

  private watchEventLoop(): NodeJS.Timeout {
    const lag = this.histogram('gongdan_eventloop_lag_seconds', 'How late a timer of 50 ms fires', [], LAG_BUCKETS);
    let last = performance.now();
    const timer = setInterval(() => {
      const now = performance.now();
      lag.observe(Math.max(0, now - last - LAG_EVERY_MS) / 1_000);
      last = now;
    }, LAG_EVERY_MS);
    timer.unref();
    return timer;
  }
}

/** Takes every value away; `reset` alone sets a gauge without labels to 0. */
function clear(gauge: Gauge, labelNames: readonly string[]): void {
  gauge.reset();
  if (labelNames.length === 0) gauge.remove();
}
