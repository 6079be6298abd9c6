import { describe, expect, it } from '@jest/globals';
import { Health } from './health.js';
import { Metrics } from './metrics.js';

describe('health', () => {
  it('is ready without reasons against it', async () => {
    const health = new Health();
    health.add('database', () => undefined);
    health.add('bus', async () => undefined);
    expect(await health.ready()).toEqual({});
    expect(health.live()).toBeUndefined();
  });

  it('names every reason: said, thrown or late', async () => {
    const health = new Health();
    health.add('bus', () => 'not joined');
    health.add('database', async () => {
      throw new Error('connection refused');
    });
    health.add('sync', () => {
      throw new Error('at once');
    });
    health.add('slow', () => new Promise(() => undefined));
    const reasons = await health.ready();
    expect(Object.keys(reasons).sort()).toEqual(['bus', 'database', 'slow', 'sync']);
    expect(reasons['bus']).toBe('not joined');
    expect(reasons['database']).toContain('refused');
  });

  it('is not ready once it leaves, and not alive once beyond repair', async () => {
    const health = new Health();
    health.leave();
    expect(Object.keys(await health.ready())).toHaveLength(1);
    expect(health.live()).toBeUndefined();
    health.fail('the bus client is beyond repair');
    expect(health.live()).toContain('beyond repair');
  });
});

describe('metrics', () => {
  it('of two apps in one process do not meet', async () => {
    const a = new Metrics('intake');
    const b = new Metrics('dispatch');
    a.counter('sample_total', 'x', []).inc(2);
    b.counter('sample_total', 'x', []).inc(3);
    expect(await a.registry.metrics()).toMatch(/sample_total\{service="intake"\} 2/);
    expect(await b.registry.metrics()).toMatch(/sample_total\{service="dispatch"\} 3/);
  });

  it('survive a part that cannot tell its figures', async () => {
    const metrics = new Metrics('intake');
    metrics.gauge('away', 'x', [], async () => {
      throw new Error('the database is away');
    });
    metrics.gauge('throws', 'x', [], () => {
      throw new Error('at once');
    });
    metrics.gauge('fine', 'x', [], (g) => g.set(7));
    expect(await metrics.registry.metrics()).toMatch(/fine\{service="intake"\} 7/);
  });
});
