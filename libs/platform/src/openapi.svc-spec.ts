import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openApiOf } from './openapi.js';
import { type Sample, startSample } from './sample-service.js';

type Json = Record<string, never>;
let sample: Sample;
let document: Json;
const at = (...path: string[]): unknown => path.reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], document);

beforeAll(async () => {
  sample = await startSample();
  document = JSON.parse(JSON.stringify(openApiOf(sample.app.nest, 'intake'))) as Json;
});
afterAll(() => sample.stop());

describe('the OpenAPI document', () => {
  it('is 3.1, and made from the schemas that validate', () => {
    expect(at('openapi')).toBe('3.1.0');
    expect(at('paths', '/v1/things', 'post', 'requestBody', 'content', 'application/json', 'schema')).toEqual({ $ref: '#/components/schemas/Thing' });
    expect(at('components', 'schemas', 'Thing')).toMatchObject({
      type: 'object',
      additionalProperties: false,
      required: ['name'],
      properties: { name: { type: 'string', maxLength: 20 }, count: { type: 'integer' }, place: expect.anything() },
    });
    expect(at('components', 'schemas', 'Place')).toMatchObject({ additionalProperties: false });
  });

  it('expands query schemas into parameters', () => {
    const parameters = at('paths', '/v1/things', 'get', 'parameters') as { name: string; in: string; required: boolean; schema: unknown }[];
    expect(parameters).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ name: 'limit', in: 'query', required: false, schema: expect.objectContaining({ maximum: 200, default: 50 }) }),
        expect.objectContaining({ name: 'word', in: 'query', required: false }),
      ]),
    );
  });

  it('says what is answered, and how it fails', () => {
    expect(at('paths', '/v1/things', 'post', 'responses', '201', 'content', 'application/json', 'schema')).toEqual({ $ref: '#/components/schemas/Stored' });
    expect(at('paths', '/v1/things', 'post', 'responses', 'default', 'content', 'application/problem+json', 'schema')).toEqual({ $ref: '#/components/schemas/Problem' });
    expect(at('components', 'schemas', 'Problem', 'required')).toEqual(expect.arrayContaining(['type', 'title', 'status', 'code']));
  });

  it('resolves all its references', () => {
    const refs = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map((m) => m[1]);
    expect(refs.length).toBeGreaterThan(5);
    for (const ref of refs) expect(at('components', 'schemas', ref ?? '')).toBeDefined();
    expect(JSON.stringify(document)).not.toContain('$defs');
  });

  it('has operation ids that differ', () => {
    const ids = Object.values((at('paths') ?? {}) as Record<string, Record<string, { operationId: string }>>).flatMap((item) => Object.values(item).map((o) => o.operationId));
    expect(new Set(ids).size).toBe(ids.length);
  });
});
