import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { type Sample, startSample } from '../sample-service.js';
import { eventually } from '../testing.js';

let sample: Sample;
const lines: Record<string, unknown>[] = [];
beforeAll(async () => {
  jest.spyOn(process.stdout, 'write').mockImplementation(((text: string) => {
    for (const one of text.split('\n')) if (one.includes('"audit"')) lines.push(JSON.parse(one) as Record<string, unknown>);
    return true;
  }) as never);
  // At the level `error` a test writes no audit log.
  sample = await startSample({ env: { LOG_LEVEL: 'warn' } });
});
afterAll(async () => {
  await sample.stop();
  jest.restoreAllMocks();
});

it.each([
  ['without a token', null, 'platform/no-token'],
  ['with a forged token', 'e30.e30.forged', 'platform/bad-token'],
])('a request %s stands in the audit log with its route and network', async (_, token, code) => {
  lines.length = 0;
  const answer = await sample.call('GET', '/v1/cause', { token });
  expect(answer).toMatchObject({ status: 401, body: { code } });
  const line = { stream: 'audit', event: 'login-refused', code, route: 'GET /v1/cause', network: '127.0.0.0/24' };
  await eventually(() => expect(lines).toEqual([expect.objectContaining(line)]));
});

it('a request without the right stands in the audit log with its organisation and a digest of the caller', async () => {
  lines.length = 0;
  const token = await sample.keys.sign({ sub: 'wang', org: 'acme', roles: ['analyst'] });
  expect((await sample.call('POST', '/v1/things', { token, json: { name: 'x' } })).status).toBe(403);
  const line = { stream: 'audit', event: 'right-refused', code: 'platform/no-right tickets:create', route: 'POST /v1/things', org: 'acme' };
  await eventually(() => expect(lines).toEqual([expect.objectContaining(line)]));
  expect(lines[0]?.['caller']).toMatch(/^[0-9a-f]{16}$/);
  expect(JSON.stringify(lines)).not.toContain('wang');
});
