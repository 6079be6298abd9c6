import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { PROJECT, SERVICES } from 'gongdan';
import { sharedClient } from './shared-stack.js';

type Schema = Record<string, unknown>;
interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required?: boolean;
  schema?: Schema;
}
interface Operation {
  operationId: string;
  parameters?: Parameter[];
  requestBody?: { content: Record<string, { schema: Schema }> };
  responses: Record<string, { $ref?: string; content?: Record<string, unknown> }>;
}
interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema>; responses: Record<string, { content?: Record<string, unknown> }> };
}

/** Routes that are not called: they shift the clock, empty a service, publish everything again, stream a file, or never end. */
const SPARED = ['Ops_shift', 'Rebuild_start', 'Bus_republish', 'Imports_upload', 'Live_live'];
const RUNS_PER_OPERATION = 25;

/** Texts that have caused errors in some service: names of Object.prototype, instants and zones at their edges, what Postgres or a URL refuses. */
const nastyText = fc.constantFrom(
  'constructor', '__proto__', 'toString', 'hasOwnProperty', '2026-03-02T09:00:00+23:59', '2026-03-02T09:00:00-23:59', '0000-01-01T00:00:00Z',
  '9999-12-31T23:59:59.999Z', '2026-02-30T00:00:00Z', 'PRC', '+08:00', 'Asia/Kolkata', '', ' ', '%', '%00', '\u0000', '\ud800', '\u2028', '\u202e',
  "'; drop table cases; --", '../../etc/passwd', 'null', 'NaN', '-1', '1e309', '99999999999999999999', 'W10', 'eyJ4IjoxfQ', '😀'.repeat(50), 'x'.repeat(300),
); // prettier-ignore
const nastyNumber = fc.constantFrom(0, -1, 0.5, 1e21, 2 ** 31, 2 ** 53, -(2 ** 63), Number.MAX_VALUE);
const nasty = fc.oneof(nastyText, nastyNumber, fc.constant(null), fc.boolean(), fc.constant([]), fc.constant({}), fc.constant([[{}]]));

/** Tickets that exist in all five services. */
const tickets: string[] = [];
beforeAll(async () => {
  for (let n = 0; n < 4; n++) {
    const body = {
      pack: 'starter',
      type: 'complaint',
      category: 'network.outage',
      urgency: 'high',
      impact: 'area',
      title: 'No signal',
      contact: { phone: '13800135678' },
    };
    const { id } = await sharedClient().must<{ id: string }>('intake', 'POST', '/v1/tickets', { as: 'mei', body });
    tickets.push(id);
  }
});

/** Values of a schema, with one in six parts wrong. */
function valuesOf(schema: Schema | undefined, document: Document, depth = 0): fc.Arbitrary<unknown> {
  const right = (): fc.Arbitrary<unknown> => {
    if (schema === undefined || depth > 6) return nasty;
    const ref = schema['$ref'];
    if (typeof ref === 'string')
      return valuesOf(document.components.schemas[ref.replace('#/components/schemas/', '')], document, depth + 1);
    if (Array.isArray(schema['enum'])) return fc.constantFrom(...(schema['enum'] as unknown[]));
    if ('const' in schema) return fc.constant(schema['const']);
    const either = (schema['anyOf'] ?? schema['oneOf']) as Schema[] | undefined;
    if (either) return fc.oneof(...either.map((s) => valuesOf(s, document, depth + 1)));
    switch (schema['type']) {
      case 'string':
        // An id of a ticket that exists, so that not every answer is 404.
        if (schema['format'] === 'uuid') return tickets.length > 0 ? fc.oneof(fc.constantFrom(...tickets), fc.uuid()) : fc.uuid();
        if (schema['format'] === 'date-time') return fc.constantFrom('2026-03-02T09:00:00Z', '2026-03-02T09:00:00.123+05:30');
        return fc.oneof(
          fc.string({ maxLength: 40 }),
          fc.constantFrom('starter', 'billing', 'accept', 'close', '13800001234', 'a@example.com'),
        );
      case 'integer':
      case 'number':
        return fc.integer({ min: 0, max: 300 });
      case 'boolean':
        return fc.boolean();
      case 'array':
        return fc.array(valuesOf(schema['items'] as Schema | undefined, document, depth + 1), { maxLength: 3 });
      case 'object': {
        const properties = Object.entries((schema['properties'] ?? {}) as Record<string, Schema>);
        const required = new Set((schema['required'] ?? []) as string[]);
        const part = ([name, s]: [string, Schema]) => {
          const values = valuesOf(s, document, depth + 1);
          return (required.has(name) ? values : fc.option(values, { nil: undefined })).map((value) => [name, value] as const);
        };
        return fc.tuple(...properties.map(part)).map((parts) => Object.fromEntries(parts.filter(([, value]) => value !== undefined)));
      }
      default:
        return nasty;
    }
  };
  return depth === 0 && schema?.['type'] === 'object'
    ? right()
    : fc.oneof({ weight: 5, arbitrary: right() }, { weight: 1, arbitrary: nasty });
}

interface Call {
  path: string;
  headers: Record<string, string>;
  body?: unknown;
}

function callsOf(path: string, operation: Operation, document: Document): fc.Arbitrary<Call> {
  const parameters = operation.parameters ?? [];
  const values = fc.tuple(
    ...parameters.map((p) => {
      const some = valuesOf(p.schema, document, 1).map((value) => String(value));
      return p.in === 'path' || p.required === true ? some : fc.option(some, { nil: undefined });
    }),
  );
  const bodySchema = operation.requestBody?.content['application/json']?.schema;
  const body = bodySchema === undefined ? fc.constant(undefined) : valuesOf(bodySchema, document);
  return fc.tuple(values, body).map(([given, json]) => {
    let url = path;
    const query = new URLSearchParams();
    const headers: Record<string, string> = {};
    for (const [i, p] of parameters.entries()) {
      const value = given[i];
      if (value === undefined) continue;
      // A lone surrogate cannot be written into a URL.
      const text = value.replaceAll(/\p{Surrogate}/gu, '?');
      if (p.in === 'path') url = url.replace(`{${p.name}}`, encodeURIComponent(text) || '%20');
      else if (p.in === 'query') query.append(p.name, text);
      // eslint-disable-next-line no-control-regex -- what fetch itself refuses to send
      else headers[p.name] = text.replaceAll(/[^\x20-\x7e]/g, '?').trim() || 'x';
    }
    return { path: query.size > 0 ? `${url}?${query.toString()}` : url, headers, ...(json === undefined ? {} : { body: json }) };
  });
}

/** Each parameter once with each of these: chance alone gave `constructor` to one parameter in ten, and missed a 500 that a test had planted. */
const ALWAYS = ['constructor', '__proto__', '2026-03-02T09:00:00+23:59', 'x'.repeat(60)];

function examplesOf(path: string, operation: Operation): [Call][] {
  const parameters = (operation.parameters ?? []).filter((p) => p.in !== 'header');
  return parameters.flatMap((odd) =>
    ALWAYS.map((text): [Call] => {
      const url = parameters.reduce(
        (u, p) => (p.in === 'path' ? u.replace(`{${p.name}}`, encodeURIComponent(p === odd ? text : (tickets[0] ?? 'x'))) : u),
        path,
      );
      return [{ path: odd.in === 'query' ? `${url}?${new URLSearchParams({ [odd.name]: text }).toString()}` : url, headers: {} }];
    }),
  );
}

/** How an answer differs from the document; undefined when it is declared. */
function wrong(operation: Operation, document: Document, status: number, contentType: string): string | undefined {
  if (status >= 500) return `${status}`;
  const declared = operation.responses[String(status)];
  if (declared === undefined) return `${status} is not declared`;
  const response = declared.$ref ? document.components.responses[declared.$ref.replace('#/components/responses/', '')] : declared;
  const types = Object.keys(response?.content ?? {});
  const sent = contentType.split(';')[0] ?? '';
  return types.length === 0 || types.includes(sent) ? undefined : `${status} has the content type ${sent}, declared is ${types.join()}`;
}

describe.each(SERVICES)('the contract of %s', (service) => {
  it('holds for generated requests: no 5xx, no undeclared status, no undeclared content type', async () => {
    const document = JSON.parse(readFileSync(join(PROJECT, `docs/openapi/${service}.json`), 'utf8')) as Document;
    const client = sharedClient();
    const found = new Map<string, string>();
    let answered = 0;
    let throttled = 0;
    for (const [path, item] of Object.entries(document.paths)) {
      for (const [method, operation] of Object.entries(item)) {
        if (SPARED.includes(operation.operationId)) continue;
        await fc.assert(
          fc.asyncProperty(callsOf(path, operation, document), async (call) => {
            const { status, headers, text } = await client.call(service, method.toUpperCase(), call.path, { as: 'root', ...call });
            answered += 1;
            if (status === 429) throttled += 1;
            const mistake = wrong(operation, document, status, headers.get('content-type') ?? '');
            if (mistake !== undefined && !found.has(`${operation.operationId}: ${mistake}`))
              found.set(`${operation.operationId}: ${mistake}`, `${method} ${JSON.stringify(call).slice(0, 400)} -> ${text.slice(0, 300)}`);
          }),
          // The examples count as runs.
          { numRuns: RUNS_PER_OPERATION + examplesOf(path, operation).length, seed: 42, examples: examplesOf(path, operation) },
        );
      }
    }
    expect(Object.fromEntries(found)).toEqual({});
    // A run in which every request was refused would prove nothing.
    expect(throttled).toBeLessThan(answered / 2);
  });
});
