import { SSE_METADATA } from '@nestjs/common/constants.js';
import { Invalid, NotFound, Unavailable } from '@gongdan/kernel';
import { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { accessOf, authenticate, type Tokens } from './auth.js';
import { answerProblem, SAFE_HEADERS, TooSlow } from './http-errors.js';
import { type Metrics } from './metrics.js';

export interface HttpLimits {
  /** Requests worked on at once by one process; more are shed before their body is read. */
  atOnce: number;
  /** Live streams of one process: they cost a socket each, not work. */
  live: number;
  /** A body that is no file is here by then. */
  bodyMs: number;
}

const LIMITS: HttpLimits = { atOnce: 1_000, live: 10_000, bodyMs: 30_000 };

/** Types whose body is handed on as a stream: files of an import. */
const STREAMS = ['text/csv', 'application/octet-stream', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'];

const isFile = (request: FastifyRequest): boolean =>
  STREAMS.includes(request.headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? '');

const utf8 = new TextDecoder('utf-8', { fatal: true });

// Fastify's own message hides where; the engine's quotes the body, so only the place is taken from it.
function jsonError(text: string, error: Error): Error {
  if ((error as { code?: unknown }).code !== 'FST_ERR_CTP_INVALID_JSON_BODY') return error;
  let detail = 'a property like __proto__ is not allowed';
  try {
    JSON.parse(text);
  } catch (syntax) {
    const place = /position (\d+)/.exec(String(syntax))?.[1];
    detail = place === undefined ? 'the JSON ends too early' : `the JSON breaks at position ${place}`;
  }
  return new Invalid('platform/malformed-json', { cause: error, violations: [{ pointer: '', detail }] }, detail);
}

export interface HttpDoor {
  /** Requests being worked on, without the live streams, which never end by themselves. */
  busy(): number;
  /** From now on each answer ends its connection: nothing new comes in over the ones that are open. */
  drain(): void;
}

// Swagger UI sets styles from its own script; everything else comes from files of this host.
const DOCS_CSP =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'";
const API_CSP = "default-src 'none'; frame-ancestors 'none'";

/** What Nest does not set on Fastify: strict JSON, streams, headers, shedding, durations. */
export function configureHttp(fastify: FastifyInstance, metrics: Metrics, tokens: Tokens, limits: Partial<HttpLimits> = {}): HttpDoor {
  const most = { ...LIMITS, ...limits };
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
    void parse(request, text, (error, value) => done(error === null ? null : jsonError(text, error), value));
  });
  for (const type of STREAMS) fastify.addContentTypeParser(type, (_request, payload, done) => done(null, payload));

  const seconds = metrics.histogram('gongdan_http_seconds', 'Duration of requests', ['method', 'route', 'status']);
  const working = new Set<FastifyReply>();
  const live = new Set<FastifyReply>();
  const enter = (among: Set<FastifyReply>, reply: FastifyReply) => {
    among.add(reply);
    reply.raw.once('close', () => among.delete(reply));
  };
  let draining = false;
  fastify.addHook('onRequest', async (request, reply) => {
    enter(working, reply);
    reply
      .headers(SAFE_HEADERS)
      .header('x-correlation-id', request.id)
      .header('content-security-policy', request.url.startsWith('/docs') ? DOCS_CSP : API_CSP);
    if (draining) reply.header('connection', 'close');
    if (working.size > most.atOnce && !request.url.startsWith('/health')) throw new Unavailable('platform/overloaded');
    // Fastify would read the body first.
    if (request.is404) throw new NotFound('platform/no-such-route');
  });
  const known = async (request: FastifyRequest) => void (await authenticate(request, tokens));
  const listening = async (_request: FastifyRequest, reply: FastifyReply) => {
    if (live.size >= most.live) throw new Unavailable('platform/overloaded');
    working.delete(reply);
    enter(live, reply);
  };
  // Nest's guard runs after the body was read; who has no token shall not make us wait for one. Nest copies what a method declares to the
  // handler it gives Fastify. What stands on the class alone is left to the guard.
  fastify.addHook('onRoute', (route) => {
    const access = accessOf(route.handler);
    const hooks = [
      ...(access && 'right' in access ? [known] : []),
      ...(Reflect.hasMetadata(SSE_METADATA, route.handler) ? [listening] : []),
    ];
    if (hooks.length > 0) route.onRequest = hooks;
  });
  const hurry = setInterval(
    () => {
      for (const reply of working) {
        if (reply.elapsedTime < most.bodyMs) break;
        if (!reply.request.raw.complete && !reply.sent && !isFile(reply.request))
          answerProblem(new TooSlow(), reply.request, reply.header('connection', 'close'));
      }
    },
    Math.min(most.bodyMs, 1_000),
  );
  hurry.unref();
  fastify.addHook('onClose', async () => clearInterval(hurry));
  fastify.addHook('onSend', (_request, reply, _payload, done) => {
    if (draining) reply.header('connection', 'close');
    done();
  });
  fastify.addHook('onResponse', async (request, reply) => {
    seconds.observe(
      { method: request.method, route: request.routeOptions.url ?? 'none', status: reply.statusCode },
      reply.elapsedTime / 1_000,
    );
  });
  return {
    drain: () => (draining = true),
    busy: () => working.size,
  };
}
