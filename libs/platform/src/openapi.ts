import { applyDecorators } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { ApiResponse, DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { z } from 'zod';
import { accessOf } from './auth.js';

/** Says what a route answers with; the schema is the same zod object the code uses. */
export function Answers(status: number, schema: z.ZodType, description: string): MethodDecorator {
  return applyDecorators(ApiResponse({ status, description, standardSchema: schema } as unknown as Parameters<typeof ApiResponse>[0]));
}

const PROBLEM = {
  type: 'object',
  description: 'RFC 9457 problem details',
  required: ['type', 'title', 'status', 'code', 'correlationId'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string', description: 'stable, `service/what`' },
    detail: { type: 'string' },
    correlationId: { type: 'string' },
    instance: { type: 'string' },
    errors: {
      type: 'array',
      items: { type: 'object', required: ['pointer', 'detail'], properties: { pointer: { type: 'string' }, detail: { type: 'string' } } },
    },
  },
};

// Left to itself @nestjs/swagger asks zod for the dialect of OpenAPI 3.0, whose `exclusiveMinimum: true` is no schema in 3.1.
function schemaOf(schema: unknown, io: 'input' | 'output'): { schema: unknown; components: Record<string, unknown> } {
  const { $schema: _, $defs, ...rest } = z.toJSONSchema(schema as z.ZodType, { target: 'draft-2020-12', io, unrepresentable: 'any' });
  return { schema: rest, components: $defs ?? {} };
}

const operationId = (controller: string, method: string): string => `${controller.replace(/Controller$/, '')}_${method}`;

/** Operations that need no token, by what their routes declare. */
function openOperations(nest: NestFastifyApplication): ReadonlySet<string> {
  const scanner = new MetadataScanner();
  const open = new Set<string>();
  for (const { instance, metatype } of nest.get(DiscoveryService, { strict: false }).getControllers()) {
    if (!instance || !metatype) continue;
    const prototype = Object.getPrototypeOf(instance) as Record<string, object>;
    for (const name of scanner.getAllMethodNames(prototype)) {
      const access = accessOf(prototype[name] ?? {}, metatype);
      if (access && 'public' in access) open.add(operationId(metatype.name, name));
    }
  }
  return open;
}

interface Operation {
  operationId?: string;
  parameters?: { name: string; in: string; required?: boolean; schema?: unknown }[];
  responses?: Record<string, unknown>;
  security?: unknown[];
}

/** The OpenAPI 3.1 document of a service, made from the zod schemas that validate. */
export function openApiOf(nest: NestFastifyApplication, service: string): OpenAPIObject {
  const builder = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle(`Gongdan ${service}`)
    .setVersion('1')
    .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'JWT' }, 'token');
  const document = SwaggerModule.createDocument(nest, builder.build(), {
    operationIdFactory: operationId,
    standardSchemaConverter: (schema, { schemaType }) => schemaOf(schema, schemaType),
  });
  const open = openOperations(nest);
  document.components = { ...document.components, schemas: { ...document.components?.schemas, Problem: PROBLEM as never } };
  for (const [path, item] of Object.entries(document.paths)) {
    for (const operation of Object.values(item as Record<string, Operation>)) {
      if (typeof operation !== 'object' || !operation.responses) continue;
      operation.responses['default'] = {
        description: 'A problem',
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      };
      if (!open.has(operation.operationId ?? '')) operation.security = [{ token: [] }];
      // @TicketId is a decorator of ours, which the scanner does not read.
      for (const [, name] of path.matchAll(/\{(\w+)\}/g)) {
        if (name === undefined || operation.parameters?.some((p) => p.in === 'path' && p.name === name)) continue;
        (operation.parameters ??= []).push({ name, in: 'path', required: true, schema: { type: 'string', format: 'uuid' } });
      }
    }
  }
  return document;
}
