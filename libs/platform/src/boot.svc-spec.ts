import { Controller, Get, Module } from '@nestjs/common';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Public, Right } from './auth.js';
import { type Sample, startSample } from './sample-service.js';

@Controller('v1/careless')
class CarelessController {
  @Get('fine')
  @Right('tickets:read')
  fine(): string {
    return 'fine';
  }
  @Get('open')
  forgotten(): string {
    return 'open';
  }
}
@Module({ controllers: [CarelessController] })
class CarelessModule {}

class InheritedBase {
  @Get('inherited')
  inherited(): string {
    return 'inherited';
  }
}
@Controller('v1/heir')
class HeirController extends InheritedBase {}
@Module({ controllers: [HeirController] })
class HeirModule {}

@Controller('v1/class-wide')
@Right('tickets:read')
class ClassWideController {
  @Get()
  covered(): string {
    return 'covered';
  }
  @Get('public')
  @Public('narrower than the class')
  open(): string {
    return 'open';
  }
}
@Module({ controllers: [ClassWideController] })
class ClassWideModule {}

let sample: Sample | undefined;
afterEach(async () => {
  await sample?.stop();
  sample = undefined;
});

describe('the boot of a service', () => {
  it('fails when a route declares neither a right nor that it is public, and names it', async () => {
    await expect(startSample({ module: CarelessModule })).rejects.toThrow('CarelessController.forgotten');
  });

  it('finds a forgotten route that is inherited', async () => {
    await expect(startSample({ module: HeirModule })).rejects.toThrow('HeirController.inherited');
  });

  it('accepts a declaration on the class, and a narrower one on the method', async () => {
    sample = await startSample({ module: ClassWideModule });
    expect((await sample.call('GET', '/v1/class-wide', { token: null })).status).toBe(401);
    expect((await sample.call('GET', '/v1/class-wide')).status).toBe(200);
    expect((await sample.call('GET', '/v1/class-wide/public', { token: null })).status).toBe(200);
  });

  it('hides its documents in production', async () => {
    sample = await startSample({ env: { GONGDAN_MODE: 'production' } });
    expect((await sample.call('GET', '/openapi.json')).status).toBe(404);
    expect((await sample.call('GET', '/docs')).status).toBe(404);
    const shift = await sample.call('PUT', '/v1/clock', { json: { offsetMs: 1_000 } });
    expect(shift).toMatchObject({ status: 403, body: { code: 'platform/clock-fixed' } });
  });

  it('refuses a database whose clock was shifted, in production', async () => {
    sample = await startSample();
    expect((await sample.call('PUT', '/v1/clock', { json: { offsetMs: 86_400_000 } })).status).toBe(200);
    const clock = await sample.call('GET', '/v1/clock');
    expect(Date.parse(String(clock.body['now'])) - Date.now()).toBeGreaterThan(86_000_000);
    const url = sample.app.config.databaseUrl;
    await expect(startSample({ env: { GONGDAN_MODE: 'production', INTAKE_DB_URL: url } })).rejects.toThrow('shifted clock');
  });
});

describe('the way out', () => {
  it('finishes a running request, takes no new connection, and says so to the balancer', async () => {
    sample = await startSample();
    const { app, url } = sample;
    expect(await sample.call('GET', '/health/ready', { token: null })).toMatchObject({ status: 200, body: { reasons: {} } });
    // A request whose body is still on its way when the end begins.
    let feed: (done: boolean) => void = () => undefined;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        controller.enqueue(Buffer.from('first '));
        feed = () => {
          controller.enqueue(Buffer.from('second'));
          controller.close();
        };
      },
    });
    const token = await sample.keys.sign();
    const running = fetch(`${url}/v1/files`, { method: 'POST', body, duplex: 'half', headers: { authorization: `Bearer ${token}`, 'content-type': 'text/csv' } } as RequestInit);
    await new Promise((wake) => setTimeout(wake, 200));
    const quiet = app.quiesce();
    expect(Object.keys(await app.health.ready())).not.toHaveLength(0);
    await expect(fetch(`${url}/health/live`, { headers: { connection: 'close' } })).rejects.toThrow('fetch failed');
    feed(true);
    const answer = await running;
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ bytes: 12 });
    await quiet;
  });
});
