import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type TestAnswer, type TestService } from '@gongdan/messaging/testing';
import { type BadRequest, bodies, elsewhere } from './bad-requests.js';
import { aTicket, startIntake, starter } from './intake-service.js';

describe('bad input', () => {
  let s: TestService;
  beforeAll(async () => {
    const attributes = ['account', 'constructor', 'toString', 'number'].map((key) => ({
      key,
      names: { 'zh-CN': key, en: key },
      type: 'text' as const,
    }));
    s = await startIntake({ acme: { ...starter, intake: { ...starter.intake, attributes } } });
  });
  afterAll(() => s.close());

  const written = async () =>
    s.running.app.database.one(
      `select (select count(*) from tickets) as tickets, (select count(*) from ticket_event) as events, (select count(*) from idempotency_keys) as keys, (select count(*) from import_jobs) as imports,
              (select coalesce(sum(last), 0) from number_counters) as counted`,
    );

  async function send(bad: BadRequest): Promise<TestAnswer> {
    const headers: Record<string, string> = {
      'idempotency-key': '"bad-input"',
      ...(bad.type === undefined ? {} : { 'content-type': bad.type }),
      ...bad.headers,
    };
    return s.call(bad.method ?? 'POST', bad.path ?? '/v1/tickets', {
      headers,
      ...('body' in bad ? { body: bad.body } : {}),
      ...(bad.raw === undefined ? {} : { raw: bad.raw }),
    });
  }

  it.each([...bodies, ...elsewhere])('a request is refused with a reason, and nothing is written: %s', async (_, bad) => {
    const before = await written();
    const answer = await send(bad);
    expect([answer.status, answer.body['code']]).toEqual([bad.status, bad.code]);
    expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    expect(answer.body).toMatchObject({
      type: `urn:gongdan:problem:${bad.code.replace('/', ':')}`,
      title: expect.any(String),
      correlationId: answer.headers.get('x-correlation-id'),
    });
    const pointers = ((answer.body['errors'] ?? []) as { pointer: string }[]).map((e) => e.pointer);
    for (const pointer of bad.at ?? []) expect(pointers).toContain(pointer);
    expect(answer.text).not.toMatch(/node_modules|\.js:\d|at Object|select |insert /);
    expect(answer.text.length).toBeLessThan(20_000);
    expect(await written()).toEqual(before);
  });

  it('a request is refused when its headers are too large', async () => {
    const { hostname, port } = new URL(s.running.url);
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(port), hostname, () =>
        socket.write(`GET /v1/tickets HTTP/1.1\r\nhost: x\r\nx-large: ${'x'.repeat(40_000)}\r\n\r\n`),
      );
      let text = '';
      socket.on('data', (d) => (text += d.toString()));
      socket.on('close', () => resolve(text));
      socket.on('error', reject);
    });
    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
    expect(JSON.parse(answer.slice(answer.indexOf('{')))).toMatchObject({ status: 431, code: 'platform/headers-too-large' });
  });

  it('accepts texts that only look dangerous', async () => {
    const title = `'; drop table tickets; -- \${7*7} {{7*7}} <script> 😀 @number@`;
    const made = await s.call('POST', '/v1/tickets', {
      body: aTicket({ title, description: '\u2028 \\u0000', attributes: { constructor: 'x', toString: 'y', number: '@number@' } }),
      headers: { 'idempotency-key': '"looks"' },
    });
    expect(made.status).toBe(201);
    const read = await s.call('GET', `/v1/tickets/${String(made.body['id'])}`);
    expect(read.body).toMatchObject({
      title,
      description: '\n \\u0000',
      attributes: { constructor: 'x', toString: 'y', number: '@number@' },
    });
  });

  it('leaves the service ready after all bad requests', async () => {
    expect((await s.call('GET', '/health/ready', { as: null })).status).toBe(200);
    expect((await s.call('POST', '/v1/tickets', { body: aTicket() })).status).toBe(201);
  });
});
