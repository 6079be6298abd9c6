import { randomUUID } from 'node:crypto';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { type Scope } from '@gongdan/directory';
import { type Actor, type Cause, isId, NotFound, Unauthenticated } from '@gongdan/kernel';
import { type FastifyRequest } from 'fastify';
import { type Observable, timer } from 'rxjs';
import { accessOf } from './access.js';
import { type CallerReach } from './caller-reach.js';
import { type CallersRequest } from './gatekeeper.js';

/** The caller that the token names. */
export const Who = createParamDecorator((_: unknown, context: ExecutionContext): Actor => {
  const verified = context.switchToHttp().getRequest<CallersRequest>().gongdan?.verified;
  if (!verified) throw new Unauthenticated('platform/no-token');
  return verified.actor;
});

/** What the caller may, and where. */
export const Reaching = createParamDecorator((_: unknown, context: ExecutionContext): CallerReach => {
  const reach = context.switchToHttp().getRequest<CallersRequest>().gongdan?.reach;
  if (!reach) throw new Unauthenticated('platform/no-token');
  return reach;
});

/** The units in which the caller holds the right of the route. What lies in no such unit does not exist for the caller: 404, and absent from lists. */
export const Within = createParamDecorator((_: unknown, context: ExecutionContext): Scope => {
  const access = accessOf(context.getHandler());
  const reach = context.switchToHttp().getRequest<CallersRequest>().gongdan?.reach;
  if (!reach || !access || !('right' in access)) throw new Unauthenticated('platform/no-token');
  return reach.scope(access.right);
});

/** Emits when the caller's token expires: a live answer must not outlast it. */
export const TokenEnd = createParamDecorator((_: unknown, context: ExecutionContext): Observable<unknown> => {
  const left = (context.switchToHttp().getRequest<CallersRequest>().gongdan?.verified?.expiresAt ?? 0) - performance.now();
  // A timer in Node lasts 24 days at most. A client that stays longer connects again.
  return timer(Math.min(Math.max(left, 0), 2 ** 31 - 1));
});

const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** Correlation id (x-correlation-id, or a new one) and W3C trace context of the request, with the actor. */
export const CausedBy = createParamDecorator((_: unknown, context: ExecutionContext): Cause => {
  const request = context.switchToHttp().getRequest<CallersRequest>();
  const actor = request.gongdan?.verified?.actor;
  const trace = request.headers['traceparent'];
  return {
    correlationId: correlationOf(request),
    traceparent: typeof trace === 'string' && TRACEPARENT.test(trace) ? trace : newTraceparent(),
    actor: { id: actor?.id ?? 'anonymous', ...(actor?.name === undefined ? {} : { name: actor.name }) },
  };
});

function newTraceparent(): string {
  // randomUUID uses cached entropy. randomBytes would cost a system call per request.
  const hex = (randomUUID() + randomUUID()).replaceAll('-', '');
  return `00-${hex.slice(0, 32)}-${hex.slice(32, 48)}-01`;
}

export function correlationOf(request: FastifyRequest): string {
  return request.id;
}

/** An id in the path. @throws NotFound for text that is not an id, as for an id that does not exist. */
export const TicketId = createParamDecorator((name: string, context: ExecutionContext): string => {
  const id = (context.switchToHttp().getRequest<CallersRequest>().params as Record<string, string>)[name] ?? '';
  if (!isId(id)) throw new NotFound('platform/no-such-thing');
  return id.toLowerCase();
});
