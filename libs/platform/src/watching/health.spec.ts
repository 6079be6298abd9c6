import { describe, expect, it } from '@jest/globals';
import { Health } from './health.js';
import { Metrics } from './metrics.js';

describe('health', () => {
  it('a service is ready when no check gives a reason', async () => {
    const health = new Health();
    health.add('database', () => undefined);
    health.add('bus', async () => undefined);
    expect(await health.ready()).toEqual({});
    expect(health.live()).toBeUndefined();
  });

  it('names the reason of every check that returns one, throws or takes too long', async () => {
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

  it('a service is not ready and still alive while the service drains', async () => {
    const health = new Health();
    health.drain();
    expect(Object.keys(await health.ready())).toHaveLength(1);
    expect(health.live()).toBeUndefined();
  });

  const examine = async (health: Health, times: number, between: () => void = () => undefined): Promise<void> => {
    for (let i = 0; i < times; i++, between()) await health.examine();
  };

  it('a service is not alive when a loop made no progress for long, and is alive again when it does', async () => {
    const health = new Health();
    let turn = 1;
    health.watch('relay', () => turn);
    await examine(health, 100, () => (turn += 1));
    await examine(health, 20);
    expect(health.live()).toBeUndefined();
    await examine(health, 1);
    expect(health.live()).toBe('relay has made no progress for five minutes');
    turn += 1;
    await examine(health, 1);
    expect(health.live()).toBeUndefined();
  });

  it('a service stays alive while the database is away, or while a loop has no reason to turn', async () => {
    const health = new Health();
    let away = false;
    health.add('database', () => (away ? 'connection refused' : undefined));
    health.watch('relay', () => 1);
    health.watch('consumer', () => undefined);
    await examine(health, 20);
    away = true;
    await examine(health, 100);
    expect(health.live()).toBeUndefined();
    away = false;
    await examine(health, 19);
    expect(health.live()).toBeUndefined();
    await examine(health, 1);
    expect(health.live()).toContain('relay');
  });
});

describe('metrics', () => {
  it('keeps the metrics of two apps in one process apart', async () => {
    const a = new Metrics('intake');
    const b = new Metrics('dispatch');
    a.counter('sample_total', 'x', []).inc(2);
    b.counter('sample_total', 'x', []).inc(3);
    expect(await a.registry.metrics()).toMatch(/sample_total\{service="intake"\} 2/);
    expect(await b.registry.metrics()).toMatch(/sample_total\{service="dispatch"\} 3/);
  });

  it('answers metrics when one gauge fails', async () => {
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
