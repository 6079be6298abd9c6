import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openApiOf } from './openapi.js';
import { type Sample, startSample } from '../sample-service.js';

type Json = Record<string, never>;
let sample: Sample;
let document: Json;
const at = (...path: string[]): unknown =>
  path.reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], document);

beforeAll(async () => {
  sample = await startSample();
  document = JSON.parse(JSON.stringify(openApiOf(sample.app.nest, 'intake'))) as Json;
});
afterAll(() => sample.stop());

describe('the OpenAPI document', () => {
  it('the document has version 3.1 and contains the schemas that validate', () => {
    expect(at('openapi')).toBe('3.1.0');
    expect(at('paths', '/v1/things', 'post', 'requestBody', 'content', 'application/json', 'schema')).toEqual({
      $ref: '#/components/schemas/Thing',
    });
    expect(at('components', 'schemas', 'Thing')).toMatchObject({
      type: 'object',
      additionalProperties: false,
      required: ['name'],
      properties: { name: { type: 'string', maxLength: 20 }, count: { type: 'integer' }, place: expect.anything() },
    });
    expect(at('components', 'schemas', 'Place')).toMatchObject({ additionalProperties: false });
  });

  it('lists the properties of a query schema as parameters', () => {
    const parameters = at('paths', '/v1/things', 'get', 'parameters') as { name: string; in: string; required: boolean; schema: unknown }[];
    expect(parameters).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          name: 'limit',
          in: 'query',
          required: false,
          schema: expect.objectContaining({ maximum: 200, default: 50 }),
        }),
        expect.objectContaining({ name: 'word', in: 'query', required: false }),
      ]),
    );
  });

  it('names the path parameters of every path', () => {
    for (const [path, item] of Object.entries(
      (at('paths') ?? {}) as Record<string, Record<string, { parameters?: { name: string; in: string }[] }>>,
    )) {
      const wanted = [...path.matchAll(/\{(\w+)\}/g)].map((m) => String(m[1])).sort();
      for (const operation of Object.values(item)) {
        const named = (operation.parameters ?? []).filter((p) => p.in === 'path').map((p) => p.name);
        expect({ path, named: named.sort() }).toEqual({ path, named: wanted });
      }
    }
  });

  it('declares the success shape and the problems of an operation', () => {
    expect(at('paths', '/v1/things', 'post', 'responses', '201', 'content', 'application/json', 'schema')).toEqual({
      $ref: '#/components/schemas/Stored',
    });
    expect(at('paths', '/v1/things', 'post', 'responses', '400')).toEqual({ $ref: '#/components/responses/Problem400' });
    expect(at('components', 'responses', 'Problem400', 'content', 'application/problem+json', 'schema')).toEqual({
      $ref: '#/components/schemas/Problem',
    });
    expect(at('components', 'schemas', 'Problem', 'required')).toEqual(expect.arrayContaining(['type', 'title', 'status', 'code']));
  });

  it('requires a token exactly where the guard does', async () => {
    expect(at('components', 'securitySchemes')).toMatchObject({ token: { type: 'http', scheme: 'bearer' } });
    const wrong: string[] = [];
    for (const [path, item] of Object.entries((at('paths') ?? {}) as Record<string, Record<string, { security?: unknown[] }>>)) {
      for (const [method, operation] of Object.entries(item)) {
        const url = path.replaceAll(/\{\w+\}/g, '0192f3a4-5b6c-7d8e-9f00-112233445566');
        const { status } = await sample.call(method.toUpperCase(), url, { token: null });
        if ((status === 401) !== (operation.security ?? []).length > 0) wrong.push(`${method} ${path}: ${status}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('resolves all its references', () => {
    const refs = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/(\w+)\/([^"]+)"/g)];
    expect(refs.length).toBeGreaterThan(5);
    for (const [, kind = '', name = ''] of refs)
      expect({ name, value: at('components', kind, name) }).toEqual({ name, value: expect.anything() });
    expect(JSON.stringify(document)).not.toContain('$defs');
  });

  it('the document has a different id for each operation', () => {
    const ids = Object.values((at('paths') ?? {}) as Record<string, Record<string, { operationId: string }>>).flatMap((item) =>
      Object.values(item).map((o) => o.operationId),
    );
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('writes exclusive bounds as numbers, as version 3.1 requires', () => {
    const parameters = at('paths', '/v1/things/{id}/parts/{part}', 'get', 'parameters') as {
      name: string;
      schema: Record<string, unknown>;
    }[];
    expect(parameters.find((p) => p.name === 'part')?.schema).toMatchObject({ type: 'integer', exclusiveMinimum: 0 });
    expect(JSON.stringify(document)).not.toMatch(/"exclusiveM\w+":true|"nullable":/);
  });
});
