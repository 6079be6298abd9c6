import { type FastifyInstance, type onSendAsyncHookHandler } from 'fastify';
import { answersOf, problemsOf, routeShape, undeclared } from './answers.js';
import { logger } from '../watching/logging.js';

const log = logger('answers');

/**
 * Compares every answer of every route with what the route declares (test mode only: parsing each answer again would cost production more
 * than it is worth). An answer that is not as declared becomes a 500 `platform/undeclared-answer` that names the difference, so that each
 * test through HTTP is a test of the declarations, too. Live streams are written past Fastify and are not compared.
 */
export function checkAnswers(fastify: FastifyInstance): void {
  fastify.addHook('onRoute', (route) => {
    const answers = answersOf(route.handler);
    if (answers.length === 0) return;
    const problems = problemsOf(route.handler);
    const check: onSendAsyncHookHandler = async (request, reply, payload) => {
      if (request.method === 'HEAD') return payload;
      const body = typeof payload === 'string' ? payload : payload instanceof Buffer ? payload.toString('utf8') : undefined;
      const answer = { status: reply.statusCode, headers: reply.getHeaders(), body };
      const detail = undeclared(answers, problems, routeShape(route.handler, route.url, request.method), answer);
      if (detail === undefined) return payload;
      log.error('an answer is not as declared', { route: `${request.method} ${route.url}`, status: answer.status, detail });
      reply.status(500).header('content-type', 'application/problem+json; charset=utf-8');
      return JSON.stringify({ code: 'platform/undeclared-answer', status: 500, detail: `${answer.status}: ${detail}` });
    };
    route.onSend = [...[route.onSend ?? []].flat(), check];
  });
}
