import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { exchange, outcome } from './problem-answers.suite.js';
import { type Sample, startSample } from '../sample-service.js';

let sample: Sample;
beforeAll(async () => {
  sample = await startSample();
});
afterAll(() => sample.stop());

describe('methods', () => {
  const THINGS = 'GET, HEAD, OPTIONS, POST';

  it.each([
    ['DELETE', '/v1/things', THINGS],
    ['PATCH', '/v1/things?limit=1', THINGS],
    ['PUT', '/v1/things/0192f3a4-5b6c-7d8e-9f00-112233445566', 'GET, HEAD, OPTIONS'],
    ['GET', '/v1/files', 'OPTIONS, POST'],
    ['HEAD', '/v1/files', 'OPTIONS, POST'],
    ['POST', '/health/live', 'GET, HEAD, OPTIONS'],
    ['DELETE', '/v1/clock', 'GET, HEAD, OPTIONS, PUT'],
  ])('answers 405 with Allow to %s %s', async (method, path, allow) => {
    const answer = await sample.call(method, path, { token: null });
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, allow]);
    if (method !== 'HEAD') expect(outcome(answer)).toBe('405 platform/method-not-allowed');
  });

  it('answers OPTIONS with 204 and Allow', async () => {
    const answer = await sample.call('OPTIONS', '/v1/things', { token: null });
    expect([answer.status, answer.headers.get('allow'), answer.body]).toEqual([204, THINGS, { text: '' }]);
  });

  it('answers OPTIONS * with 204', async () => {
    const answer = await exchange(sample, 'OPTIONS * HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 204 /);
  });

  it('answers HEAD like GET, without a body', async () => {
    const get = await sample.call('GET', '/v1/cause');
    const head = await sample.call('HEAD', '/v1/cause');
    expect([head.status, head.headers.get('content-type')]).toEqual([200, get.headers.get('content-type')]);
    expect((await sample.call('HEAD', '/v1/cause', { token: null })).status).toBe(401);
    expect((await sample.call('HEAD', '/v1/nothing')).status).toBe(404);
  });
});
