import { type IncomingMessage, request } from 'node:http';
import { Controller, Get, Module, Post, Sse } from '@nestjs/common';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { interval, map, type Observable } from 'rxjs';
import { Public, Right } from './auth/access.js';
import { type Sample, startSample, ThingsController } from './sample-service.js';
import { eventually } from './testing.js';

@Controller('v1/undeclared')
class UndeclaredController {
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
@Module({ controllers: [UndeclaredController] })
class UndeclaredModule {}

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

@Controller('v1/rich-heir')
@Right('tickets:read')
class RichHeirController extends InheritedBase {}
@Module({ controllers: [RichHeirController] })
class RichHeirModule {}

@Controller('v1/class-wide')
@Right('tickets:read')
class ClassWideController {
  @Get()
  covered(): string {
    return 'covered';
  }
  @Post()
  write(): string {
    return 'written';
  }
  @Get('public')
  @Public('narrower than the class')
  open(): string {
    return 'open';
  }
}
@Controller('v1/mostly-public')
@Public('a class that is open')
class MostlyPublicController {
  @Get('open')
  open(): string {
    return 'open';
  }
  @Get('strict')
  @Right('bus:operate')
  strict(): string {
    return 'strict';
  }
}

@Controller('v1/live')
class LiveController {
  @Sse()
  @Right('live:read')
  live(): Observable<{ data: { n: number } }> {
    return interval(20).pipe(map((n) => ({ data: { n } })));
  }
}

@Module({ controllers: [ClassWideController, MostlyPublicController, LiveController] })
class ClassWideModule {}

let sample: Sample | undefined;
afterEach(async () => {
  await sample?.stop();
  sample = undefined;
});

describe('the boot of a service', () => {
  it('fails when a route declares neither a right nor that it is public, and names it', async () => {
    await expect(startSample({ module: UndeclaredModule })).rejects.toThrow('UndeclaredController.forgotten');
  });

  it('fails when an inherited route declares neither a right nor that it is public', async () => {
    await expect(startSample({ module: HeirModule })).rejects.toThrow('HeirController.inherited');
  });

  it('accepts a declaration on the class, and lets one on the method win', async () => {
    sample = await startSample({ module: ClassWideModule });
    expect((await sample.call('GET', '/v1/class-wide', { token: null })).status).toBe(401);
    expect((await sample.call('GET', '/v1/class-wide')).status).toBe(200);
    expect((await sample.call('GET', '/v1/class-wide/public', { token: null })).status).toBe(200);
  });

  it('checks a right that the class declares before it reads the body', async () => {
    sample = await startSample({ module: ClassWideModule });
    const status = async (token: string | undefined): Promise<number | undefined> => {
      const asking = request(`${sample?.url}/v1/class-wide`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          // The body never comes.
          'content-length': '1000',
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
      });
      asking.flushHeaders();
      const answer = await new Promise<IncomingMessage>((resolve, reject) => asking.once('response', resolve).once('error', reject));
      asking.on('error', () => undefined).destroy();
      return answer.statusCode;
    };
    expect(await status(undefined)).toBe(401);
    expect(await status(await sample.keys.sign({ roles: ['operator'] }))).toBe(403);
  });

  it('fails when only the class of an inherited route declares a right, which would be checked after the body', async () => {
    await expect(startSample({ module: RichHeirModule })).rejects.toThrow('RichHeirController.inherited');
  });

  it('keeps a right on a method of a public class', async () => {
    sample = await startSample({ module: ClassWideModule });
    expect((await sample.call('GET', '/v1/mostly-public/open', { token: null })).status).toBe(200);
    expect((await sample.call('GET', '/v1/mostly-public/strict', { token: null })).status).toBe(401);
    expect((await sample.call('GET', '/v1/mostly-public/strict', { token: await sample.keys.sign({ roles: ['agent'] }) })).status).toBe(
      403,
    );
  });

  it('serves no documents in production', async () => {
    sample = await startSample({ env: { GONGDAN_MODE: 'production', ALLOW_PLAINTEXT: 'kafka,postgres,redis' } });
    expect((await sample.call('GET', '/openapi.json')).status).toBe(404);
    expect((await sample.call('GET', '/docs')).status).toBe(404);
    const shift = await sample.call('PUT', '/v1/clock', { json: { offsetMs: 1_000 } });
    expect(shift).toMatchObject({ status: 403, body: { code: 'platform/clock-fixed' } });
  });

  it('fails in production on a database whose clock was shifted', async () => {
    sample = await startSample();
    expect((await sample.call('PUT', '/v1/clock', { json: { offsetMs: 86_400_000 } })).status).toBe(200);
    const clock = await sample.call('GET', '/v1/clock');
    expect(Date.parse(String(clock.body['now'])) - Date.now()).toBeGreaterThan(86_000_000);
    const url = sample.app.config.databaseUrl;
    await expect(
      startSample({ env: { GONGDAN_MODE: 'production', ALLOW_PLAINTEXT: 'kafka,postgres,redis', INTAKE_DB_URL: url } }),
    ).rejects.toThrow('shifted clock');
  });
});

async function logOf<T>(work: () => Promise<T>): Promise<string> {
  let text = '';
  const spy = jest.spyOn(process.stdout, 'write').mockImplementation(((chunk: string) => {
    text += chunk;
    return true;
  }) as never);
  await work().finally(() => spy.mockRestore());
  return text;
}

describe('the log of a service', () => {
  it('carries the correlation id of the request in what a handler logs', async () => {
    sample = await startSample({ env: { LOG_LEVEL: 'info' } });
    const text = await logOf(
      () =>
        sample?.call('POST', '/v1/things', { json: { name: 'loud' }, headers: { 'x-correlation-id': 'case-12345' } }) ??
        Promise.reject(new Error('no sample')),
    );
    const line = text.split('\n').find((l) => l.includes('a thing was made'));
    expect(JSON.parse(line ?? '{}')).toMatchObject({ correlationId: 'case-12345' });
  });
});

describe('the shutdown of a service', () => {
  it('finishes a running request, accepts no new connection, and is not ready', async () => {
    sample = await startSample();
    const { app, url } = sample;
    expect(await sample.call('GET', '/health/ready', { token: null })).toMatchObject({ status: 200, body: { reasons: {} } });
    // A request whose body is still arriving when the shutdown begins.
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
    const running = fetch(`${url}/v1/files`, {
      method: 'POST',
      body,
      duplex: 'half',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'text/csv' },
    } as RequestInit);
    await eventually(() => expect(ThingsController.uploaded).toBeGreaterThan(0));
    const closing = app.quiesce();
    expect(Object.keys(await app.health.ready())).not.toHaveLength(0);
    // The door closes a moment after the shutdown has begun.
    await eventually(() => expect(fetch(`${url}/health/live`, { headers: { connection: 'close' } })).rejects.toThrow('fetch failed'));
    feed(true);
    const answer = await running;
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ bytes: 12 });
    const since = performance.now();
    await closing;
    // The shutdown does not wait 72 s for the time-out of idle connections.
    expect(performance.now() - since).toBeLessThan(20_000);
  });

  it('disconnects live streams, which do not end by themselves', async () => {
    sample = await startSample({ module: ClassWideModule });
    const token = await sample.keys.sign();
    const live = await fetch(`${sample.url}/v1/live`, { headers: { authorization: `Bearer ${token}`, accept: 'text/event-stream' } });
    const reader = live.body?.getReader();
    await reader?.read();
    await sample.stop();
    sample = undefined;
    // Whether it ends or breaks: nothing comes any more.
    expect(await reader?.read().catch(() => ({ done: true }))).toMatchObject({ done: true });
  });
});
