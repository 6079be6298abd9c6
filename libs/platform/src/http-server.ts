import { type FastifyInstance, type FastifyRequest } from 'fastify';
import { Invalid, Unavailable } from '@gongdan/kernel';
import { type Metrics } from './metrics.js';

/** Requests worked on at once by one process; more are shed before their body is read (reliability.md 2.10). */
const MOST_IN_FLIGHT = 1_000;

/** Types whose body is handed on as a stream: files of an import. */
const STREAMS = ['text/csv', 'application/octet-stream', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'];

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** What Nest does not set on Fastify: strict JSON, streams, headers, shedding, durations. */
export function configureHttp(fastify: FastifyInstance, metrics: Metrics): void {
  const parse = fastify.getDefaultJsonParser('error', 'error');
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request: FastifyRequest, body: Buffer, done) => {
    const charset = /charset="?([\w-]+)/i.exec(request.headers['content-type'] ?? '')?.[1];
    if (charset !== undefined && !/^utf-?8$/i.test(charset)) {
      done(Object.assign(new Error('only UTF-8 is accepted'), { statusCode: 415, code: 'FST_ERR_CTP_INVALID_MEDIA_TYPE' }), undefined);
      return;
    }
    let text: string;
    try {
      text = utf8.decode(body);
    } catch (cause) {
      done(new Invalid('platform/not-utf8', { cause, violations: [{ pointer: '', detail: 'is not valid UTF-8' }] }), undefined);
      return;
    }
    void parse(request, text, done);
  });
  for (const type of STREAMS) fastify.addContentTypeParser(type, (_request, payload, done) => done(null, payload));

  const seconds = metrics.histogram('gongdan_http_seconds', 'Duration of requests', ['method', 'route', 'status']);
  let inFlight = 0;
  fastify.addHook('onRequest', async (request, reply) => {
    inFlight += 1;
    reply.raw.once('close', () => (inFlight -= 1));
    reply.headers({ 'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY', 'referrer-policy': 'no-referrer', 'x-correlation-id': request.id });
    if (!request.url.startsWith('/docs')) reply.headers({ 'cache-control': 'no-store', 'content-security-policy': "default-src 'none'; frame-ancestors 'none'" });
    if (inFlight > MOST_IN_FLIGHT && !request.url.startsWith('/health')) throw new Unavailable('platform/overloaded');
  });
  fastify.addHook('onResponse', async (request, reply) => {
    seconds.observe({ method: request.method, route: request.routeOptions.url ?? 'none', status: reply.statusCode }, reply.elapsedTime / 1_000);
  });
}
