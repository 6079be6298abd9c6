import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Metrics } from './metrics.js';
import { eventually } from '../testing.js';

let metrics: Metrics;
beforeEach(() => {
  metrics = new Metrics('intake');
});
afterEach(() => metrics.close());

const scrape = () => metrics.registry.metrics();
const block = (ms: number) => {
  for (const end = performance.now() + ms; performance.now() < end;);
};

describe('the lag of the event loop', () => {
  const slow = async (): Promise<{ over: number; total: number }> => {
    const text = await scrape();
    const value = (pattern: RegExp) => Number(pattern.exec(text)?.[1]);
    const total = value(/lag_seconds_count\{service="intake"\} (\d+)/);
    return { total, over: total - value(/lag_seconds_bucket\{le="0\.1",service="intake"\} (\d+)/) };
  };
  const pause = () => new Promise((wake) => setTimeout(wake, 300));

  it('shows a loop that was blocked for 200 ms, once', async () => {
    await pause();
    const before = await slow();
    block(200);
    await pause();
    const after = await slow();
    expect(after.total).toBeGreaterThan(before.total);
    expect(after.over - before.over).toBeGreaterThanOrEqual(1);
  });

  it('claims no seconds of a process that is idle', async () => {
    // Samples may be late on a busy machine; a clock that counted its own period would be late each time.
    const punctual = async () => Number(/lag_seconds_bucket\{le="0\.025",service="intake"\} (\d+)/.exec(await scrape())?.[1]);
    await eventually(async () => expect(await punctual()).toBeGreaterThan(0));
    const text = await scrape();
    expect(text).not.toContain('nodejs_eventloop_lag');
  });
});

describe('a gauge over rows of the database', () => {
  it('shows every value that was counted', async () => {
    metrics.countedGauge('queue', 'x', ['state'], async () => [
      { state: 'queued', value: 3 },
      { state: 'held', value: 0 },
    ]);
    const text = await scrape();
    expect(text).toMatch(/queue\{state="queued",service="intake"\} 3/);
    expect(text).toMatch(/queue\{state="held",service="intake"\} 0/);
  });

  it('a gauge is counted once for scrapes in a row and at once', async () => {
    let counts = 0;
    metrics.countedGauge('queue', 'x', [], async () => [{ value: ++counts }]);
    await Promise.all([scrape(), scrape(), scrape()]);
    expect(await scrape()).toMatch(/queue\{service="intake"\} 1/);
    expect(counts).toBe(1);
  });

  it('does not hold up a scrape, and shows the value when it is there', async () => {
    let finish: () => void = () => undefined;
    metrics.countedGauge('queue', 'x', [], async () => {
      await new Promise<void>((resolve) => (finish = resolve));
      return [{ value: 7 }];
    });
    expect(await scrape()).not.toMatch(/^queue\{/m);
    finish();
    await new Promise((wake) => setImmediate(wake));
    expect(await scrape()).toMatch(/queue\{service="intake"\} 7/);
  });

  it('a gauge has no value when it cannot be counted', async () => {
    metrics.countedGauge('queue', 'x', [], () => Promise.reject(new Error('the database is away')));
    expect(await scrape()).not.toMatch(/^queue\{/m);
  });
});

describe('a gauge whose collection fails', () => {
  it('shows no value instead of the last one', async () => {
    let broken = false;
    metrics.gauge('lag', 'x', [], (gauge) => {
      if (broken) throw new Error('away');
      gauge.set(5);
    });
    expect(await scrape()).toMatch(/lag\{service="intake"\} 5/);
    broken = true;
    expect(await scrape()).not.toMatch(/^lag\{/m);
  });
});

it('a counter that is counted elsewhere grows by the difference', async () => {
  let total = 4;
  metrics.countedElsewhere('statements_total', 'x', () => total);
  expect(await scrape()).toMatch(/statements_total\{service="intake"\} 4/);
  total = 9;
  expect(await scrape()).toMatch(/statements_total\{service="intake"\} 9/);
});
