import { DiscoveryService } from '@nestjs/core';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { z } from 'zod';
import { answersOf, automaticProblems, type DeclaredAnswer, problemsOf, type RouteShape } from './answers.js';
import { accessOf } from '../auth/access.js';
import { titleOf } from './problem-titles.js';
import { routesOf } from './routes.js';

const PROBLEM = {
  type: 'object',
  description: 'RFC 9457 problem details',
  required: ['type', 'title', 'status', 'code'],
  properties: {
    type: { type: 'string', description: 'A URN made from the code' },
    title: { type: 'string', description: 'In the language of Accept-Language, en or zh-CN' },
    status: { type: 'integer' },
    code: { type: 'string', description: 'Stable, `service/what`: the part to program against' },
    detail: { type: 'string', description: 'For a person; not stable' },
    correlationId: { type: 'string', description: 'Absent only where the request could not be read at all' },
    instance: { type: 'string', description: 'Path of the request' },
    errors: {
      type: 'array',
      description: 'What is wrong with the input',
      items: {
        type: 'object',
        required: ['pointer', 'detail'],
        properties: {
          pointer: { type: 'string', description: 'RFC 6901 pointer into the body, `?name` of a query parameter, or a header name' },
          detail: { type: 'string' },
        },
      },
    },
  },
  examples: [
    {
      type: 'urn:gongdan:problem:platform:invalid-input',
      title: 'The input is malformed',
      status: 400,
      code: 'platform/invalid-input',
      detail: 'the input does not fit its schema',
      correlationId: '5f0c7f9e-1f57-4a0e-9d0c-6f1f6d0f3c11',
      instance: '/v1/tickets',
      errors: [{ pointer: '/title', detail: 'Too small: expected string to have >=1 characters' }],
    },
  ],
};

type JsonSchema = Record<string, unknown>;

// By default @nestjs/swagger makes zod emit the dialect of OpenAPI 3.0, whose `exclusiveMinimum: true` is no valid schema in 3.1.
function schemaOf(schema: unknown, io: 'input' | 'output'): { schema: JsonSchema; components: Record<string, unknown> } {
  const { $schema: _, $defs, ...rest } = z.toJSONSchema(schema as z.ZodType, { target: 'draft-2020-12', io, unrepresentable: 'any' });
  return { schema: rest, components: $defs ?? {} };
}

const operationId = (controller: string, method: string): string => `${controller.replace(/Controller$/, '')}_${method}`;

interface DocumentedRoute {
  handler: object;
  public: boolean;
}

function routesByOperation(nest: NestFastifyApplication): ReadonlyMap<string, DocumentedRoute> {
  const routes = routesOf(nest.get(DiscoveryService, { strict: false }));
  return new Map(
    routes.map(({ controller, method, handler }) => {
      const access = accessOf(handler);
      return [operationId(controller.name, method), { handler, public: access !== undefined && 'public' in access }];
    }),
  );
}

interface Parameter {
  name: string;
  in: string;
  required?: boolean;
  schema?: unknown;
}

interface Operation {
  operationId?: string;
  parameters?: Parameter[];
  requestBody?: unknown;
  responses?: Record<string, unknown>;
  security?: unknown[];
}

/** Collects the schemas of answers under `#/components/schemas`. */
class Components {
  constructor(private readonly schemas: Record<string, unknown>) {}

  /** A reference to the schema, or the schema itself where it has no `.meta({ id })`. */
  add(schema: z.ZodType): { schema: JsonSchema; example?: unknown } {
    // Wrapped, so that a schema with an id comes out as a reference like those inside it.
    const { schema: wrapped, components } = schemaOf(z.object({ root: schema }), 'output');
    const names = new Map(Object.keys(components).map((id) => [id, this.nameOf(id, components)]));
    const renamed = (part: unknown): JsonSchema =>
      JSON.parse(JSON.stringify(part), (key, value: unknown) =>
        key === '$ref' && typeof value === 'string' ? `#/components/schemas/${names.get(value.replace('#/$defs/', '')) ?? value}` : value,
      ) as JsonSchema;
    for (const [id, name] of names) this.schemas[name] ??= withoutIds(renamed(components[id]));
    const root = renamed((wrapped['properties'] as Record<string, unknown>)['root']);
    const target = typeof root['$ref'] === 'string' ? this.schemas[root['$ref'].replace('#/components/schemas/', '')] : root;
    const [example] = ((target as JsonSchema | undefined)?.['examples'] as unknown[] | undefined) ?? [];
    return { schema: withoutIds(root), ...(example === undefined ? {} : { example }) };
  }

  // A schema that stands in bodies and in answers is two schemas when it has defaults: what may be absent in one is present in the other.
  private nameOf(id: string, components: Record<string, unknown>): string {
    const taken = this.schemas[id];
    if (taken === undefined) return id;
    const asReferenced = JSON.stringify(withoutIds(components[id] as JsonSchema)).replaceAll('#/$defs/', '#/components/schemas/');
    return JSON.stringify(taken) === asReferenced ? id : `${id}Answer`;
  }
}

function withoutIds(schema: JsonSchema): JsonSchema {
  const { id: _, ...rest } = schema;
  return rest;
}

function responseOf(answer: DeclaredAnswer, components: Components): unknown {
  const headers = Object.fromEntries(
    Object.entries(answer.headers).map(([name, description]) => [name, { description, schema: { type: 'string' } }]),
  );
  const content = (): Record<string, unknown> => {
    if (answer.contentType === undefined || answer.schema === undefined) return {};
    const { schema, example } = components.add(answer.schema);
    // OpenAPI 3.1 cannot describe single events: to it a stream is text, in which each `data:` line is JSON of this shape.
    if (answer.contentType === 'text/event-stream')
      return {
        content: { [answer.contentType]: { schema: { type: 'string', contentMediaType: 'application/json', contentSchema: schema } } },
      };
    const text = answer.orText === undefined ? {} : { [answer.orText]: { schema: { type: 'string' } } };
    return { content: { [answer.contentType]: { schema, ...(example === undefined ? {} : { example }) }, ...text } };
  };
  return { description: answer.description, ...(Object.keys(headers).length > 0 ? { headers } : {}), ...content() };
}

const PROBLEM_HEADERS: Record<number, Record<string, string>> = {
  401: { 'WWW-Authenticate': 'Bearer' },
  429: { 'Retry-After': 'Seconds to wait' },
  503: { 'Retry-After': 'Seconds to wait' },
};

function problemResponse(status: number, codes: readonly string[] = []): unknown {
  const known = codes.length === 0 ? '' : ` Codes: ${codes.map((c) => `\`${c}\``).join(', ')}.`;
  const headers = Object.entries(PROBLEM_HEADERS[status] ?? {}).map(([name, description]) => [
    name,
    { description, schema: { type: 'string' } },
  ]);
  return {
    description: `${titleOf(status, 'en')}.${known}`,
    ...(headers.length > 0 ? { headers: Object.fromEntries(headers) as unknown } : {}),
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
  };
}

function responsesOf(handler: object, shape: RouteShape, components: Components): Record<string, unknown> {
  const problems = problemsOf(handler);
  const statuses = new Set([...automaticProblems(shape), ...Object.keys(problems).map(Number)]);
  return {
    ...Object.fromEntries(
      [...statuses].map((status) => {
        const codes = problems[String(status)];
        return [status, codes ? problemResponse(status, codes) : { $ref: `#/components/responses/Problem${status}` }];
      }),
    ),
    ...Object.fromEntries(answersOf(handler).map((answer) => [answer.status, responseOf(answer, components)])),
  };
}

const COMMON = automaticProblems({ token: true, parameters: true, body: true });

/** The OpenAPI 3.1 document of a service, made from the zod schemas that validate and from what its routes declare. */
export function openApiOf(nest: NestFastifyApplication, service: string): OpenAPIObject {
  const builder = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle(`Gongdan ${service}`)
    .setDescription(`The HTTP interface of the service ${service} of Gongdan, a platform for complaint and service tickets.`)
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .setVersion('1')
    .addServer('/', 'The host that serves this document')
    .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'JWT' }, 'token');
  const document = SwaggerModule.createDocument(nest, builder.build(), {
    operationIdFactory: operationId,
    standardSchemaConverter: (schema, { schemaType }) => schemaOf(schema, schemaType),
  });
  const routes = routesByOperation(nest);
  const schemas: Record<string, unknown> = { ...document.components?.schemas, Problem: PROBLEM };
  const components = new Components(schemas);
  for (const [path, item] of Object.entries(document.paths)) {
    for (const operation of Object.values(item as Record<string, Operation>)) {
      const route = typeof operation === 'object' ? routes.get(operation.operationId ?? '') : undefined;
      if (!route) continue;
      // @TicketId is a decorator of ours, which the scanner does not read.
      for (const [, name] of path.matchAll(/\{(\w+)\}/g)) {
        if (name === undefined || operation.parameters?.some((p) => p.in === 'path' && p.name === name)) continue;
        (operation.parameters ??= []).push({ name, in: 'path', required: true, schema: { type: 'string', format: 'uuid' } });
      }
      operation.security = route.public ? [] : [{ token: [] }];
      const shape = { token: !route.public, parameters: path.includes('{'), body: operation.requestBody !== undefined };
      operation.responses = responsesOf(route.handler, shape, components);
    }
  }
  document.components = {
    ...document.components,
    schemas: schemas as never,
    responses: Object.fromEntries(COMMON.map((status) => [`Problem${status}`, problemResponse(status)])) as never,
  };
  return document;
}
