import { Body, Controller, Delete, Get, Header, HttpCode, Module, Param, Post, Res } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Conflict, Refused } from '@gongdan/kernel';
import { type FastifyReply } from 'fastify';
import { z } from 'zod';
import { Answers, AnswersEmpty, AnswersEvents, AnswersText, Problems } from './answers.js';
import { Public, Right } from '../auth/access.js';
import { openApiOf } from './openapi.js';
import { type Sample, startSample } from '../sample-service.js';

const Lamp = z
  .object({ id: z.uuid(), lit: z.boolean(), inside: z.object({ watts: z.number() }) })
  .meta({ id: 'Lamp', examples: [{ id: '0192f3a4-5b6c-7d8e-9f00-112233445566', lit: true, inside: { watts: 40 } }] });
const lamp = { id: '0192f3a4-5b6c-7d8e-9f00-112233445566', lit: true, inside: { watts: 40 } };
const Wish = z.strictObject({ count: z.number().default(1) }).meta({ id: 'Wish' });

@Controller('v1/lamps')
class LampsController {
  @Get('one/:kind')
  @Right('tickets:read')
  @Answers(200, Lamp, 'A lamp', { headers: { ETag: 'Version of the lamp' } })
  @Problems({ 409: ['sample/broken'] })
  one(@Param('kind') kind: string, @Res({ passthrough: true }) reply: FastifyReply): unknown {
    if (kind === 'conflict') throw new Conflict('sample/broken');
    if (kind === 'other-conflict') throw new Conflict('sample/other');
    if (kind === 'refused') throw new Refused('sample/undeclared');
    if (kind === 'status') reply.status(202);
    if (kind === 'location') reply.header('location', '/v1/lamps/1');
    if (kind !== 'no-etag') reply.header('etag', '"v1"');
    if (kind === 'extra') return { ...lamp, inside: { watts: 40, secret_column: 1 } };
    if (kind === 'wrong') return { ...lamp, lit: 'yes' };
    return lamp;
  }

  @Delete(':id')
  @HttpCode(204)
  @Right('tickets:read')
  @AnswersEmpty(204, 'The lamp is gone')
  remove(): void {}

  @Get('list.csv')
  @Public('for the specs')
  @Header('content-type', 'text/csv; charset=utf-8')
  @AnswersText(200, 'text/csv', 'Every lamp')
  list(): string {
    return 'id\n1\n';
  }

  @Get('live')
  @Right('tickets:read')
  @AnswersEvents(Lamp, 'Lamps as they change')
  live(): void {}

  @Post('wishes')
  @Right('tickets:read')
  @Answers(201, Wish, 'The wish as it is kept')
  wish(@Body({ schema: Wish }) body: z.infer<typeof Wish>): z.infer<typeof Wish> {
    return body;
  }
}
@Module({ controllers: [LampsController] })
class LampsModule {}

let sample: Sample;
let document: { paths: Record<string, Record<string, { responses: Record<string, unknown> }>>; components: Record<string, object> };
beforeAll(async () => {
  sample = await startSample({ module: LampsModule });
  document = JSON.parse(JSON.stringify(openApiOf(sample.app.nest, 'intake'))) as typeof document;
});
afterAll(() => sample.stop());

const detailOf = async (kind: string): Promise<unknown> => {
  const { status, body } = await sample.call('GET', `/v1/lamps/one/${kind}`);
  return status === 500 && body['code'] === 'platform/undeclared-answer' ? body['detail'] : status;
};

describe('an answer in test mode', () => {
  it('an answer is sent when it is as declared', async () => {
    expect(await detailOf('fine')).toBe(200);
    expect((await sample.call('DELETE', '/v1/lamps/1')).status).toBe(204);
    expect((await sample.call('GET', '/v1/lamps/list.csv', { token: null })).status).toBe(200);
    expect((await sample.call('POST', '/v1/lamps/wishes', { json: {} })).body).toEqual({ count: 1 });
  });

  it('an answer is sent when it is a problem with a declared status', async () => {
    expect(await detailOf('conflict')).toBe(409);
    expect((await sample.call('GET', '/v1/lamps/one/fine', { token: null })).status).toBe(401);
    expect((await sample.call('POST', '/v1/lamps/wishes', { json: { count: 'many' } })).status).toBe(400);
  });

  it.each([
    ['has an undeclared property', 'extra', '200: not as declared: /inside/secret_column is an undeclared property'],
    ['has a property of another type', 'wrong', expect.stringContaining('/lit')],
    ['has an undeclared status', 'status', '202: the status 202 is not declared'],
    ['lacks a declared ETag', 'no-etag', '200: the declared header etag is missing'],
    ['has an undeclared header', 'location', '200: the header location is not declared'],
    [
      'is a problem whose code is missing among those of its status',
      'other-conflict',
      '409: the problem code sample/other is not declared',
    ],
    ['is a problem with an undeclared status', 'refused', '422: the problem status 422 is not declared'],
  ])('is replaced by a 500 when it %s', async (_, kind, detail) => {
    expect(await detailOf(kind)).toEqual(detail);
  });

  it('an answer is not checked in production', async () => {
    const production = await startSample({
      module: LampsModule,
      env: { GONGDAN_MODE: 'production', ALLOW_PLAINTEXT: 'kafka,postgres,redis' },
    });
    try {
      expect((await production.call('GET', '/v1/lamps/one/extra')).status).toBe(200);
    } finally {
      await production.stop();
    }
  });
});

describe('declared answers in the OpenAPI document', () => {
  const responses = (path: string, method: string) => document.paths[path]?.[method]?.responses ?? {};

  it('declared answers have their schema, example and headers', () => {
    expect(responses('/v1/lamps/one/{kind}', 'get')['200']).toEqual({
      description: 'A lamp',
      headers: { ETag: { description: 'Version of the lamp', schema: { type: 'string' } } },
      content: { 'application/json': { schema: { $ref: '#/components/schemas/Lamp' }, example: lamp } },
    });
  });

  it('declared answers have no content where there is no body', () => {
    expect(responses('/v1/lamps/{id}', 'delete')['204']).toEqual({ description: 'The lamp is gone' });
  });

  it('declared answers name the content type of files and of event streams', () => {
    expect(responses('/v1/lamps/list.csv', 'get')['200']).toMatchObject({ content: { 'text/csv': { schema: { type: 'string' } } } });
    expect(responses('/v1/lamps/live', 'get')['200']).toMatchObject({
      content: { 'text/event-stream': { schema: { type: 'string', contentSchema: { $ref: '#/components/schemas/Lamp' } } } },
    });
  });

  it('declared answers list every problem status, with the codes of the route', () => {
    const own = responses('/v1/lamps/one/{kind}', 'get');
    expect(Object.keys(own)).toEqual(['200', '400', '401', '403', '404', '409', '429', '500', '503']);
    expect(own['409']).toMatchObject({ description: expect.stringContaining('`sample/broken`') });
    expect(Object.keys(responses('/v1/lamps/list.csv', 'get'))).toEqual(['200', '400', '429', '500', '503']);
    expect(Object.keys(responses('/v1/lamps/wishes', 'post'))).toEqual(
      expect.arrayContaining(['201', '400', '401', '403', '408', '413', '415']),
    );
  });

  it('declared answers keep the schema of a body apart from that of an answer when a default makes them differ', () => {
    expect(document.components['schemas']).toMatchObject({ Wish: expect.anything(), WishAnswer: { required: ['count'] } });
    expect(responses('/v1/lamps/wishes', 'post')['201']).toMatchObject({
      content: { 'application/json': { schema: { $ref: '#/components/schemas/WishAnswer' } } },
    });
  });
});
