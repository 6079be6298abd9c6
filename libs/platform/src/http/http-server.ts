import { SSE_METADATA } from '@nestjs/common/constants.js';
import { NotFound } from '@gongdan/kernel';
import { type FastifyInstance, type FastifyReply, type FastifyRequest, type RouteOptions } from 'fastify';
import { accessOf } from '../auth/access.js';
import { type Gatekeeper } from '../auth/gatekeeper.js';
import { Admission, HTTP_LIMITS, type HttpLimits } from './http-admission.js';
import { answerProblem, SAFE_HEADERS, TooSlow } from './http-errors.js';
import { MethodTable } from './http-methods.js';
import { isFile, JSON_LIMITS, type JsonLimits, jsonLimitsOf, parseBodies } from './json-body.js';
import { type Metrics } from '../watching/metrics.js';
import { type RateLimits } from './rate-limits.js';

export interface HttpState {
  /** Requests that are being handled, without the live streams, which do not end by themselves. */
  busy(): number;
  /** The reason why the process should get no more requests; undefined when it can take more. */
  overloaded(): string | undefined;
  /** Routes without a check before the body is read. Those of the API's documents are left out: they need no right and are read with GET. */
  unchecked(): readonly string[];
  /** From now on each answer closes its connection, so that clients connect to another replica. */
  drain(): void;
}

export interface HttpParts {
  metrics: Metrics;
  gatekeeper: Gatekeeper;
  rates: RateLimits;
  /** Overrides of the default limits, for tests. */
  limits?: Partial<HttpLimits>;
}

// Swagger UI sets styles from its own script; everything else comes from files of this host.
const DOCS_CSP =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'";
const API_CSP = "default-src 'none'; frame-ancestors 'none'";

/** A full process stays ready for a moment: a balancer that moved all traffic at each peak would overload the next replica. */
const OVERLOADED_AFTER_MS = 2_000;

/** Swagger's own routes, in demo mode. */
const DOCUMENTS = /^\/(docs|openapi\.json)/;

type Hook = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;

/** Adds to Fastify what Nest does not: admission, rights before bodies, strict JSON, methods, headers, durations. */
export function configureHttp(fastify: FastifyInstance, parts: HttpParts): HttpState {
  const { gatekeeper, rates } = parts;
  const limits = { ...HTTP_LIMITS, ...parts.limits };
  const bodies = new Map<string, JsonLimits>();
  parseBodies(fastify, (request) => bodies.get(`${request.method} ${request.routeOptions.url ?? ''}`) ?? JSON_LIMITS);
  const methods = new MethodTable();
  const admission = new Admission(limits, (request, reply) => answerProblem(new TooSlow(), request, reply.header('connection', 'close')));
  fastify.addHook('onClose', async () => admission.stop());

  let draining = false;
  fastify.addHook('onRequest', async (request, reply) => {
    reply
      .headers(SAFE_HEADERS)
      .header('x-correlation-id', request.id)
      .header('content-security-policy', request.url.startsWith('/docs') ? DOCS_CSP : API_CSP);
    if (draining) reply.header('connection', 'close');
    if (!admission.open(request, reply, request.url.startsWith('/health'))) return reply.hijack();
    if (!request.is404) return undefined;
    // Fastify would read the body before it answers 404.
    if (methods.answer(request, reply)) return reply;
    throw new NotFound('platform/no-such-route');
  });

  const onlyKnown =
    (right: Parameters<Gatekeeper['authorize']>[2], isLive: boolean): Hook =>
    async (request, reply) => {
      const actor = await gatekeeper.identify(request);
      if (rates.policy !== '') {
        reply.header('ratelimit-policy', rates.policy);
        reply.header(
          'ratelimit',
          rates.spend(actor.org, actor.id, (header) => void reply.header('ratelimit', header)),
        );
      }
      await gatekeeper.authorize(request, actor, right);
      admission.assign(request, isLive ? 'live' : isFile(request) ? 'files' : 'work', actor.org, `${actor.org}/${actor.id}`);
    };
  const anyCaller =
    (isLive: boolean): Hook =>
    async (request) =>
      admission.assign(request, isLive ? 'live' : isFile(request) ? 'files' : 'work', undefined, request.ip);
  // HEAD of a live stream has no body; Nest would start one and never end it.
  const headOfLive: Hook = async (request, reply) =>
    request.method === 'HEAD' ? reply.header('content-type', 'text/event-stream').send() : undefined;

  // Nest's guard runs after the body was read. A caller without the right must not make the service wait for a body, so the right is checked
  // here. Nest copies the metadata of a method to the handler it gives Fastify.
  const unchecked: string[] = [];
  fastify.addHook('onRoute', (route: RouteOptions) => {
    methods.add(route);
    for (const method of [route.method].flat()) bodies.set(`${method} ${route.url}`, jsonLimitsOf(route.handler));
    const access = accessOf(route.handler);
    if (access === undefined && !DOCUMENTS.test(route.url)) unchecked.push(`${[route.method].flat().join('|')} ${route.url}`);
    const isLive = Reflect.hasMetadata(SSE_METADATA, route.handler);
    const checks = access === undefined ? [] : 'right' in access ? [onlyKnown(access.right, isLive)] : [anyCaller(isLive)];
    const hooks = [...checks, ...(isLive ? [headOfLive] : [])];
    if (hooks.length > 0) route.onRequest = hooks;
  });
  fastify.addHook('onSend', (_request, reply, _payload, done) => {
    if (draining) reply.header('connection', 'close');
    done();
  });
  measure(fastify, parts.metrics);
  return {
    unchecked: () => unchecked,
    drain: () => (draining = true),
    busy: () => admission.busy(),
    overloaded: () => (admission.overloadedMs() > OVERLOADED_AFTER_MS ? 'all places for requests are taken' : undefined),
  };
}

function measure(fastify: FastifyInstance, metrics: Metrics): void {
  const seconds = metrics.histogram('gongdan_http_seconds', 'Duration of requests', ['method', 'route', 'status']);
  fastify.addHook('onResponse', async (request, reply) => {
    seconds.observe(
      { method: request.method, route: request.routeOptions.url ?? 'none', status: reply.statusCode },
      reply.elapsedTime / 1_000,
    );
  });
}
