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

  it('is not ready once it leaves, and still alive', async () => {
    const health = new Health();
    health.leave();
    expect(Object.keys(await health.ready())).toHaveLength(1);
    expect(health.live()).toBeUndefined();
  });

  const look = async (health: Health, times: number, between: () => void = () => undefined): Promise<void> => {
    for (let i = 0; i < times; i++, between()) await health.look();
  };

  it('is not alive when a loop stood still for long, and is again when it turns', async () => {
    const health = new Health();
    let turn = 1;
    health.watch('relay', () => turn);
    await look(health, 100, () => (turn += 1));
    await look(health, 20);
    expect(health.live()).toBeUndefined();
    await look(health, 1);
    expect(health.live()).toBe('relay has stopped turning');
    turn += 1;
    await look(health, 1);
    expect(health.live()).toBeUndefined();
  });

  it('stays alive while the database is away, or a loop has no reason to turn', async () => {
    const health = new Health();
    let away = false;
    health.add('database', () => (away ? 'connection refused' : undefined));
    health.watch('relay', () => 1);
    health.watch('consumer', () => undefined);
    await look(health, 20);
    away = true;
    await look(health, 100);
    expect(health.live()).toBeUndefined();
    away = false;
    await look(health, 19);
    expect(health.live()).toBeUndefined();
    await look(health, 1);
    expect(health.live()).toContain('relay');
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
