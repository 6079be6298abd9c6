import { Module } from '@nestjs/common';
import { serviceConfig } from '@gongdan/platform';
import { afterEach, describe, expect, it } from '@jest/globals';
import { MemoryBus, TestService } from '../testing.js';

@Module({})
class NothingModule {}

describe('the status of the bus', () => {
  let s: TestService;
  afterEach(() => s.close());

  async function start(lag?: MemoryBus['lag']): Promise<void> {
    const bus = new MemoryBus();
    if (lag) bus.lag = lag;
    s = await TestService.start({ name: 'sla', module: NothingModule, config: serviceConfig('sla', {}), migrations: [] }, { bus });
  }

  it('shows the lag of the service', async () => {
    await start();
    expect((await s.call('GET', '/v1/ops/bus')).body).toMatchObject({ service: 'sla', lagTotal: 0, lag: expect.any(Array) });
  });

  it.each<[string, MemoryBus['lag']]>([
    ['refuses', () => Promise.reject(new Error('connect ECONNREFUSED'))],
    ['does not answer', () => new Promise(() => undefined)],
  ])('shows everything but the lag while the broker %s', async (_, lag) => {
    await start(lag);
    const { status, body } = await s.call('GET', '/v1/ops/bus');
    expect(status).toBe(200);
    expect(body).toMatchObject({ lag: null, lagTotal: null, outbox: { rows: 0 }, parked: { rows: 0 }, leases: expect.any(Array) });
    expect(await (await fetch(`${s.running.url}/metrics`)).text()).toContain('gongdan_bus{what="outbox_rows"');
  });
});
