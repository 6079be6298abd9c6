import { type Socket } from 'node:net';
import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import { appErrorIn, type ErrorKind, type Violation } from '@gongdan/kernel';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { ZodError } from 'zod';
import { isDatabaseAway, sqlState } from '../database/database-errors.js';
import { logger } from '../watching/logging.js';
import { violationsOf } from './pointers.js';
import { titleOf } from './problem-titles.js';

const log = logger('http');

/** RFC 9457 problem details, with a stable `code` and, for input, `errors` with pointers. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  code: string;
  detail?: string;
  correlationId: string;
  instance: string;
  errors?: Violation[];
  [more: string]: unknown;
}

/** Headers of every answer, also of those given before any hook runs. */
export const SAFE_HEADERS = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
};

const STATUS: Record<ErrorKind, number> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  'not-found': 404,
  conflict: 409,
  refused: 422,
  'too-many': 429,
  unavailable: 503,
};

/** The parts of a problem that depend on the error. */
interface Outcome {
  status: number;
  code: string;
  detail?: string;
  errors?: Violation[];
  more?: Record<string, unknown>;
}

/** The part of an error that a caller may see. Anything unexpected is a generic 500, never a stack. */
export function outcomeOf(error: unknown): Outcome {
  const app = appErrorIn(error);
  if (app) {
    const { retryAfterS: _, ...more } = app.details;
    return {
      status: STATUS[app.kind],
      code: app.code,
      ...(app.message === app.code ? {} : { detail: app.message }),
      ...(app.violations.length === 0 ? {} : { errors: app.violations }),
      more,
    };
  }
  if (error instanceof ZodError)
    return { status: 400, code: 'platform/invalid-input', detail: 'the input does not fit its schema', errors: violationsOf(error, '') };
  if (isDatabaseAway(error)) return { status: 503, code: 'platform/database-away' };
  // statement_timeout: the query covers too much.
  if (sqlState(error) === '57014') return { status: 503, code: 'platform/too-slow', detail: 'the query takes too long; narrow it' };
  // `Database` tried again already: somebody else holds a row for long. The transaction changed nothing.
  if (['40001', '40P01', '55P03'].includes(sqlState(error) ?? '')) return { status: 503, code: 'platform/row-locked' };
  // Text that Postgres cannot store, numbers out of range: the input is wrong, though a schema should have refused it earlier.
  if (['22021', '22P05', '22003', '22P02', '22007', '22008'].includes(sqlState(error) ?? ''))
    return { status: 400, code: 'platform/unstorable-value' };
  return fastifyOutcome(error) ?? { status: 500, code: 'platform/unexpected' };
}

/** A body that did not arrive in time. Node's own limit has the same code. */
export class TooSlow extends Error {
  readonly code = 'ERR_HTTP_REQUEST_TIMEOUT';
  readonly statusCode = 408;
}

function fastifyOutcome(error: unknown): Outcome | undefined {
  if (error instanceof HttpException) {
    // Nest wraps Fastify's errors about a body. The code of the inner error is the useful one.
    const inner = error.cause === undefined ? undefined : fastifyOutcome(error.cause);
    if (inner) return inner;
    const status = error.getStatus();
    if (status === 404) return { status, code: 'platform/no-such-route' };
    if (status === 400) return { status, code: 'platform/invalid-input', detail: error.message };
    return status < 500 ? { status, code: 'platform/refused' } : undefined;
  }
  if (!(error instanceof Error)) return undefined;
  const e = error as { statusCode?: number; code?: string; message?: string };
  if (typeof e.statusCode !== 'number' || e.statusCode >= 500) return undefined;
  switch (e.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return { status: 413, code: 'platform/body-too-large', detail: 'the body may have 1 MiB' };
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return { status: 415, code: 'platform/media-type', detail: 'send application/json; charset=utf-8' };
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
      return { status: 400, code: 'platform/malformed-json', detail: 'the body is empty', errors: [{ pointer: '', detail: 'is empty' }] };
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return { status: 408, code: 'platform/request-too-slow' };
    // A path parameter longer than Fastify's limit names a thing that does not exist; the request is not malformed.
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return { status: 404, code: 'platform/no-such-thing' };
    case 'platform/method-not-allowed':
      return { status: 405, code: e.code };
    case 'FST_ERR_BAD_URL':
      return { status: 400, code: 'platform/bad-url', detail: 'the path cannot be decoded' };
    default:
      return {
        status: e.statusCode,
        code: e.statusCode === 413 ? 'platform/body-too-large' : 'platform/malformed-request',
        ...(e.message ? { detail: e.message } : {}),
      };
  }
}

@Catch()
export class ProblemFilter implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    answerProblem(error, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }
}

/** Answers bytes that the HTTP parser refuses. There is neither a request nor a reply, so the problem is written to the socket. */
export function answerUnparsed(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, reason, code] =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? ([431, 'Request Header Fields Too Large', 'platform/headers-too-large'] as const)
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? ([408, 'Request Timeout', 'platform/request-too-slow'] as const)
        : ([400, 'Bad Request', 'platform/malformed-request'] as const);
  const body = JSON.stringify({ type: `urn:gongdan:problem:${code.replace('/', ':')}`, title: titleOf(status, 'en'), status, code });
  socket.end(
    `HTTP/1.1 ${status} ${reason}\r\ncontent-type: application/problem+json; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}

const loggedAt = new Map<string, number>();

/** Whether a code was not logged within the last second. The source holds all codes, so the map stays small. */
function isTimeToLog(code: string): boolean {
  const now = performance.now();
  if (now - (loggedAt.get(code) ?? -Infinity) < 1_000) return false;
  loggedAt.set(code, now);
  return true;
}

/** Answers a request with a problem document and logs what an operator must know. */
export function answerProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const outcome = outcomeOf(error);
  // A client that disconnects in the middle of its body is not a bug of ours, and must not fill the log.
  if (outcome.status >= 500 && outcome.status !== 503 && !request.raw.readableAborted)
    log.error('a request failed unexpectedly', {
      route: `${request.method} ${request.routeOptions?.url ?? '?'}`,
      correlationId: request.id,
      error: String(error),
      stack: error instanceof Error ? error.stack : undefined,
    });
  // A flood of refused requests must not become a flood of lines.
  if (outcome.status === 503 && isTimeToLog(outcome.code))
    log.warn('a request was answered 503', {
      route: `${request.method} ${request.routeOptions?.url ?? '?'}`,
      correlationId: request.id,
      code: outcome.code,
      error: String(error),
    });
  const language = /^\s*zh\b/i.test(request.headers['accept-language'] ?? '') ? 'zh-CN' : 'en';
  const problem: Problem = {
    type: `urn:gongdan:problem:${outcome.code.replace('/', ':')}`,
    title: titleOf(outcome.status, language),
    status: outcome.status,
    code: outcome.code,
    ...(outcome.detail === undefined ? {} : { detail: outcome.detail }),
    correlationId: request.id,
    instance: request.url.split('?')[0] ?? '',
    ...(outcome.errors === undefined ? {} : { errors: outcome.errors }),
    ...outcome.more,
  };
  reply.headers(SAFE_HEADERS);
  reply.header('x-correlation-id', request.id);
  if (outcome.status === 401) reply.header('www-authenticate', 'Bearer');
  const retryAfterS = appErrorIn(error)?.details['retryAfterS'] ?? (outcome.status === 503 || outcome.status === 429 ? 1 : undefined);
  if (retryAfterS !== undefined) reply.header('retry-after', String(Number(retryAfterS)));
  reply
    .status(outcome.status)
    .header('content-type', 'application/problem+json; charset=utf-8')
    .header('content-language', language)
    .send(JSON.stringify(problem));
}
