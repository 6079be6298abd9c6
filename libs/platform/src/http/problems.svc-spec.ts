import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { exchange, outcome, pointers } from './problem-answers.suite.js';
import { type Sample, startSample, ThingsController } from '../sample-service.js';

let sample: Sample;
beforeAll(async () => {
  sample = await startSample();
});
afterAll(() => sample.stop());

const JSON_TYPE = { 'content-type': 'application/json' };
const post = (body: string | Buffer, headers: Record<string, string> = JSON_TYPE) => sample.call('POST', '/v1/things', { body, headers });

describe('a body that does not fit', () => {
  const nul = '\\u0000';

  it.each<[string, string, string[]]>([
    ['unknown properties', '{"name":"x","orgId":"other","place":{"area":"a","secret":1}}', ['/orgId', '/place/secret']],
    ['wrong types', '{"name":["x"],"count":"3"}', ['/count', '/name']],
    ['an array for an object', '[{"name":"x"}]', ['']],
    ['a missing property', '{}', ['/name']],
    ['an element of a list', '{"name":"x","tags":["a",5,null]}', ['/tags/1', '/tags/2']],
    ['a number beyond doubles', '{"name":"x","count":1e400}', ['/count']],
    ['NUL in text', `{"name":"a${nul}b"}`, ['/name']],
    ['half a surrogate pair', '{"name":"a\\ud800b"}', ['/name']],
    ['constructor as a property', '{"name":"x","constructor":{"a":1}}', ['/constructor']],
    ['a property whose name needs escaping', '{"name":"x","place":{"area":"a","a/b~c":"no"}}', ['/place/a~1b~0c']],
    ['null', 'null', ['']],
  ])('answers 400 with a pointer to each mistake of a body: %s', async (_, body, expected) => {
    const before = ThingsController.written;
    const answer = await post(body);
    expect(outcome(answer)).toBe('400 platform/invalid-input');
    expect(pointers(answer)).toEqual(expected);
    expect(ThingsController.written).toBe(before);
  });

  it('answers 400 with the position of the mistake to a body that is not JSON', async () => {
    const answer = await post('{"name":"x",}');
    expect(outcome(answer)).toBe('400 platform/malformed-json');
    expect(String(answer.body['detail'])).toMatch(/position 12|column 13/);
  });

  it.each([
    ['truncated', '{"name":"x"'],
    ['trailing text', '{"name":"x"} x'],
    ['single quotes', "{'name':'x'}"],
    ['empty', ''],
    ['a byte order mark of another encoding', Buffer.from('\ufeff{"name":"x"}', 'utf16le')],
    ['bare word', 'undefined'],
  ])('answers 400 to a body that is not JSON: %s', async (_, body) => {
    const answer = await post(body);
    expect(answer.status).toBe(400);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(String(answer.body['code'])).toMatch(/^platform\//);
  });

  it.each([
    '{"name":"x","__proto__":{"admin":true}}',
    '{"name":"x","\\u005f_proto__":{"admin":true}}',
    '{"name":"x","place":{"area":"a","__proto__":{}}}',
    '{"name":"x","constructor":{"prototype":{"admin":true}}}',
  ])('answers 400 to a body that tries to change a prototype, and changes none: %s', async (body) => {
    const answer = await post(body);
    expect(answer.status).toBe(400);
    expect(({} as Record<string, unknown>)['admin']).toBeUndefined();
  });

  it('answers 400 to a body that is not UTF-8', async () => {
    expect(outcome(await post(Buffer.concat([Buffer.from('{"name":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')])))).toBe(
      '400 platform/not-utf8',
    );
    expect(outcome(await post(Buffer.from([0x7b, 0x22, 0xd6, 0xd0, 0xb9, 0xfa, 0x22, 0x3a, 0x31, 0x7d])))).toBe('400 platform/not-utf8');
  });

  it.each([
    ['another charset', 'application/json; charset=gbk'],
    ['a form', 'application/x-www-form-urlencoded'],
    ['XML', 'application/xml'],
    ['multipart', 'multipart/form-data; boundary=x'],
    ['plain text', 'text/plain'],
    ['a type without a slash', 'a'],
  ])('answers 415 to a body of a type that is not accepted: %s', async (_, type) => {
    expect(outcome(await post('{"name":"x"}', { 'content-type': type }))).toBe('415 platform/media-type');
  });

  it('refuses a file without reading it when the route takes JSON', async () => {
    const answer = await post('name\nx', { 'content-type': 'text/csv' });
    expect([400, 415]).toContain(answer.status);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
  });

  it('answers 413 to a body that is too large', async () => {
    expect(outcome(await post(JSON.stringify({ name: 'x', text: 'x'.repeat(1_048_577) })))).toBe('413 platform/body-too-large');
  });

  it('answers 400 to a body of 100,000 levels and serves the next request', async () => {
    const answer = await post(`{"name":"x","place":${'['.repeat(100_000)}${']'.repeat(100_000)}}`);
    expect(answer.status).toBe(400);
    expect((await sample.call('GET', '/health/live', { token: null })).status).toBe(200);
  });

  it('accepts any spelling of UTF-8 in the type of a body', async () => {
    for (const type of ['application/json; charset=utf-8', 'application/json;charset="UTF-8"', 'Application/JSON']) {
      expect((await post('{"name":"路灯不亮"}', { 'content-type': type })).status).toBe(201);
    }
  });
});

describe('a path or query that does not fit', () => {
  it('answers 400 with ?name for each wrong query parameter', async () => {
    const answer = await sample.call('GET', '/v1/things?limit=5000&colour=red');
    expect(outcome(answer)).toBe('400 platform/invalid-input');
    expect(pointers(answer)).toEqual(['?colour', '?limit']);
  });

  it('answers 400 to a query parameter that appears twice or is named __proto__', async () => {
    expect((await sample.call('GET', '/v1/things?limit=1&limit=2')).status).toBe(400);
    expect((await sample.call('GET', '/v1/things?__proto__=1')).status).toBe(400);
  });

  it('answers 400 with the name of a path parameter that does not fit its schema', async () => {
    const answer = await sample.call('GET', '/v1/things/x/parts/minus');
    expect(outcome(answer)).toBe('400 platform/invalid-input');
    expect(pointers(answer)).toEqual([expect.stringContaining('part')]);
  });

  it('answers 400 to a NUL that would reach SQL', async () => {
    expect((await sample.call('GET', '/v1/things?word=a%00b')).status).toBe(400);
  });

  it('answers 404 to text in place of an id, as to an id that does not exist', async () => {
    for (const id of ['1', 'x'.repeat(90), '..%2f..%2fetc', "';drop table x", '%00'])
      expect((await sample.call('GET', `/v1/things/${id}`)).status).toBe(404);
    expect((await sample.call('GET', '/v1/things/0192F3A4-5B6C-7D8E-9F00-112233445566')).body['id']).toBe(
      '0192f3a4-5b6c-7d8e-9f00-112233445566',
    );
  });

  it('answers 404 on a path that does not exist, for every method', async () => {
    for (const method of ['GET', 'POST', 'DELETE', 'OPTIONS'])
      expect(outcome(await sample.call(method, '/v1/nothing'))).toBe('404 platform/no-such-route');
    expect(outcome(await sample.call('GET', '/.git/config', { token: null }))).toBe('404 platform/no-such-route');
  });

  it('answers 404 for a path parameter of any length that is not an id', async () => {
    for (const length of [101, 200, 499, 600, 4_000])
      expect((await sample.call('GET', `/v1/things/${'x'.repeat(length)}`)).body).toMatchObject({
        status: 404,
        code: 'platform/no-such-thing',
      });
  });

  it('answers 400 to a query of more parameters than any route has', async () => {
    const query = Array.from({ length: 1_000 }, (_, i) => `a${i}=1`).join('&');
    expect(outcome(await sample.call('GET', `/v1/things?${query}`))).toBe('400 platform/invalid-input');
  });

  it('answers 400 with a problem document to a URL that cannot be decoded', async () => {
    const answer = await sample.call('GET', '/v1/things/%ff');
    expect(answer.status).toBe(400);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  });
});

describe('an error that a handler throws', () => {
  it('answers with code, details and message of an expected error', async () => {
    const answer = await sample.call('GET', '/v1/fails/conflict');
    expect(outcome(answer)).toBe('409 sample/stale');
    expect(answer.body).toMatchObject({ version: 3, detail: 'another request was faster' });
  });

  it('finds the expected error in the chain of causes', async () => {
    expect(outcome(await sample.call('GET', '/v1/fails/refused'))).toBe('422 sample/no');
  });

  it('sends Retry-After when the caller may try again', async () => {
    const many = await sample.call('GET', '/v1/fails/too-many');
    expect(outcome(many)).toBe('429 sample/too-many');
    expect(many.headers.get('retry-after')).toBe('60');
    const away = await sample.call('GET', '/v1/fails/away');
    expect(outcome(away)).toBe('503 sample/away');
    expect(Number(away.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  it('answers 503 while the database is away', async () => {
    const answer = await sample.call('GET', '/v1/fails/database');
    expect(outcome(answer)).toBe('503 platform/database-away');
    expect(JSON.stringify(answer.body)).not.toContain('5432');
  });

  it('answers 503 when a row stayed locked until the tries were over', async () => {
    const answer = await sample.call('GET', '/v1/fails/locked');
    expect(outcome(answer)).toBe('503 platform/row-locked');
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  it('answers a generic 500 to a bug, without its message', async () => {
    const answer = await sample.call('GET', '/v1/fails/bug');
    expect(outcome(answer)).toBe('500 platform/unexpected');
    expect(JSON.stringify(answer.body)).not.toMatch(/secret|select|stack|node_modules/);
  });

  it('titles a problem in the language the caller accepts, Chinese or English', async () => {
    const zh = await sample.call('GET', '/v1/nothing', { headers: { 'accept-language': 'zh-CN,zh;q=0.9,en;q=0.8' } });
    expect(zh.headers.get('content-language')).toBe('zh-CN');
    expect(String(zh.body['title'])).toMatch(/[\u4e00-\u9fff]/);
    const en = await sample.call('GET', '/v1/nothing', { headers: { 'accept-language': 'en-GB,en;q=0.9,zh;q=0.5' } });
    expect(en.headers.get('content-language')).toBe('en');
    expect(String(en.body['title'])).toMatch(/^[\x20-\x7e]+$/);
  });
});

describe('a request', () => {
  it('passes a file to the handler as a stream, without a limit of size', async () => {
    const answer = await sample.call('POST', '/v1/files', { body: Buffer.alloc(3_000_000, 'x'), headers: { 'content-type': 'text/csv' } });
    expect(answer).toMatchObject({ status: 200, body: { bytes: 3_000_000 } });
  });

  it('keeps a valid correlation id and trace of a request, and makes new ones otherwise', async () => {
    const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const given = await sample.call('GET', '/v1/cause', { headers: { 'x-correlation-id': 'case-2026.11:17', traceparent: trace } });
    const cause = given.body['cause'] as { correlationId: string; traceparent: string; actor: unknown };
    expect(cause.correlationId).toBe('case-2026.11:17');
    expect(cause.traceparent.split('-')[1]).toBe(trace.split('-')[1]);
    expect(cause.actor).toEqual({ id: 'wang', name: '王芳' });
    expect(given.headers.get('x-correlation-id')).toBe('case-2026.11:17');
    const made = await sample.call('GET', '/v1/cause', { headers: { 'x-correlation-id': 'a b"<script>', traceparent: '00-xyz' } });
    const own = made.body['cause'] as { correlationId: string; traceparent: string };
    expect(own.correlationId).toMatch(/^[\w-]{16,}$/);
    expect(own.traceparent).toMatch(/^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/);
  });

  it('makes a new trace when the given one is all zeros, which W3C forbids', async () => {
    for (const bad of [`00-${'0'.repeat(32)}-b7ad6b7169203331-01`, `00-0af7651916cd43dd8448eb211c80319c-${'0'.repeat(16)}-01`]) {
      const answer = await sample.call('GET', '/v1/cause', { headers: { traceparent: bad } });
      expect((answer.body['cause'] as { traceparent: string }).traceparent).not.toBe(bad);
    }
  });

  it('treats a request to a public route as anonymous, whatever its headers claim', async () => {
    const answer = await sample.call('GET', '/v1/open', { token: null, headers: { 'x-user-id': 'root', 'x-org-id': 'other' } });
    expect((answer.body['cause'] as { actor: unknown }).actor).toEqual({ id: 'anonymous' });
  });

  it('answers 400 to bytes that are not HTTP', async () => {
    const reply = await exchange(sample, 'NONSENSE\r\n\r\n');
    expect(reply).toMatch(/^HTTP\/1\.1 400/);
    expect((await sample.call('GET', '/health/live', { token: null })).status).toBe(200);
  });

  it('measures requests by route, not by path', async () => {
    await sample.call('GET', '/v1/things/0192f3a4-5b6c-7d8e-9f00-112233445566');
    const metrics = await sample.call('GET', '/metrics', { token: null });
    expect(metrics.headers.get('content-type')).toContain('text/plain');
    const text = String(metrics.body['text']);
    expect(text).toMatch(/route="\/v1\/things\/:id"/);
    expect(text).not.toContain('0192f3a4');
    expect(text).toContain('service="intake"');
    expect(text).toMatch(/gongdan_db_waiting\{[^}]*\} 0/);
    expect(text).toMatch(/gongdan_db_statements_total\{[^}]*\} \d+/);
  });
});
