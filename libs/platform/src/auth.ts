import { readFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { type CanActivate, createParamDecorator, type ExecutionContext, Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { type Actor, type Cause, Forbidden, isId, NotFound, Unauthenticated, Unavailable } from '@gongdan/kernel';
import { type FastifyRequest } from 'fastify';
import { createLocalJWKSet, createRemoteJWKSet, errors, type JSONWebKeySet, jwtVerify, type JWTVerifyGetKey } from 'jose';
import { type Observable, timer } from 'rxjs';
import { z } from 'zod';
import { Directory, type Scope } from '@gongdan/directory';
import { AuditLog } from './audit.js';
import { CallerReach, type Directories } from './caller-reach.js';
import { type BaseConfig, orgKey } from './config.js';
import { holds, type RightName } from './rights.js';
import { routesOf } from './routes.js';
import { CONFIG } from './service-definition.js';
import { SystemClock } from './system-clock.js';

const RIGHT = 'gongdan:right';
const PUBLIC = 'gongdan:public';

/** The right a caller needs to use the route, or any route of the class. A route that declares neither Right nor Public stops the boot. */
export const Right = (right: RightName) => declareAccess(RIGHT, right);
/** The route, or any route of the class, needs no token. The reason is for the reviewer. */
export const Public = (why: string) => declareAccess(PUBLIC, why);

/**
 * On a class it declares the access of those of its own methods that declare none. It writes to the methods, because the hook that checks rights
 * before the body is read (http-server.ts) gets the metadata of the method only.
 */
function declareAccess(key: string, value: string): MethodDecorator & ClassDecorator {
  const declare = (method: unknown): void => Reflect.defineMetadata(key, value, method as object);
  return (target: object, _name?: string | symbol, descriptor?: PropertyDescriptor): void => {
    if (descriptor !== undefined) return declare(descriptor.value);
    const { constructor: _, ...methods } = Object.getOwnPropertyDescriptors((target as { prototype: object }).prototype) as Record<
      string,
      PropertyDescriptor
    >;
    for (const { value: method } of Object.values(methods))
      if (typeof method === 'function' && accessOf(method as object) === undefined) declare(method);
  };
}

export type Access = { right: RightName } | { public: string };

/** The access that the method of a route declares, itself or through its class. */
export function accessOf(method: object): Access | undefined {
  const right = Reflect.getMetadata(RIGHT, method) as RightName | undefined;
  if (right !== undefined) return { right };
  const why = Reflect.getMetadata(PUBLIC, method) as string | undefined;
  return why === undefined ? undefined : { public: why };
}

type Request = FastifyRequest & { gongdan?: { verified: Verified; reach?: CallerReach } };

/** The caller that a token names. It is verified again after `until`, and it expires at `expiresAt` (both as `performance.now()` counts). */
export interface Verified {
  actor: Actor;
  until: number;
  expiresAt: number;
}

const Claims = z.object({
  sub: z.string().min(1).max(200),
  org: orgKey,
  name: z.string().max(200).optional(),
  roles: z.array(z.string().max(60)).default([]),
  units: z.array(z.string().max(120)).default([]),
  exp: z.number(),
});

// RFC 8725 3.11: a token that the same issuer signed for another purpose (a logout, an event, an ID token with its own type) is refused.
const ACCESS_TOKEN_TYPE = /^(application\/)?(at\+)?jwt$/i;

const MAX_VERIFIED = 5_000;

/** Verifies bearer tokens against the configured JWKS. Tokens expire in real time: the shifted clock of a demo does not age them. */
@Injectable()
export class Tokens {
  private readonly keys: JWTVerifyGetKey;
  private readonly verified = new Map<string, Verified>();

  /** `realMs`: epoch milliseconds by the database's clock; the wall clock of a process may be an hour off. */
  constructor(
    private readonly config: BaseConfig,
    private readonly realMs: () => number,
  ) {
    this.keys = /^https?:/.test(config.authJwks) ? createRemoteJWKSet(new URL(config.authJwks)) : fileKeys(config.authJwks);
  }

  /**
   * The caller that a token names. Its signature is verified once a minute, not for each request.
   * @throws Unauthenticated when the token is not valid here; Unavailable while the keys cannot be read.
   */
  async of(token: string): Promise<Verified> {
    const known = this.verified.get(token);
    if (known && known.until > performance.now()) return known;
    const verified = await this.verify(token);
    if (this.verified.size >= MAX_VERIFIED) this.verified.delete(this.verified.keys().next().value ?? '');
    this.verified.set(token, verified);
    return verified;
  }

  private async verify(token: string): Promise<Verified> {
    const now = this.realMs();
    const onProcessClock = (epochMs: number) => performance.now() + epochMs - now;
    try {
      const { payload, protectedHeader } = await jwtVerify(token, this.keys, {
        issuer: this.config.authIssuer,
        audience: this.config.authAudience,
        algorithms: ['EdDSA', 'ES256', 'RS256'],
        clockTolerance: 60,
        currentDate: new Date(now),
        requiredClaims: ['exp', 'sub'],
      });
      if (!ACCESS_TOKEN_TYPE.test(String(protectedHeader.typ ?? 'JWT'))) throw new Unauthenticated('platform/bad-token');
      const c = Claims.parse(payload);
      const actor: Actor = { id: c.sub, org: c.org, ...(c.name === undefined ? {} : { name: c.name }), roles: c.roles, units: c.units };
      return { actor, until: onProcessClock(Math.min(now + 60_000, (c.exp + 60) * 1_000)), expiresAt: onProcessClock(c.exp * 1_000) };
    } catch (cause) {
      if (areKeysUnavailable(cause)) throw new Unavailable('platform/keys-away', { cause });
      throw new Unauthenticated('platform/bad-token', { cause }, 'the token is not valid here');
    }
  }
}

// The key server answers 500, or the key file is missing: the token may be valid, and a client that gets 401 discards it.
function areKeysUnavailable(error: unknown): boolean {
  if (error instanceof z.ZodError || error instanceof Unauthenticated) return false;
  return (
    !(error instanceof errors.JOSEError) ||
    error.code === 'ERR_JOSE_GENERIC' ||
    error instanceof errors.JWKSTimeout ||
    error instanceof errors.JWKSInvalid
  );
}

// A key file may be replaced while the service runs (rotation). An unknown key id reads it again, at most once a second.
function fileKeys(path: string): JWTVerifyGetKey {
  let set: ReturnType<typeof createLocalJWKSet> | undefined;
  let readAt = -Infinity;
  const read = async () => {
    readAt = performance.now();
    set = createLocalJWKSet(JSON.parse(await readFile(path, 'utf8')) as JSONWebKeySet);
    return set;
  };
  return async (header, token) => {
    try {
      return await (set ?? (await read()))(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || performance.now() - readAt < 1_000) throw error;
      return (await read())(header, token);
    }
  };
}

/** Reads the bearer token of a request. @throws Unauthenticated without a valid one. */
export async function authenticate(request: Request, tokens: Tokens): Promise<Verified> {
  const token = /^Bearer ([\w.~+/=-]+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (token === undefined) throw new Unauthenticated('platform/no-token', {}, 'a bearer token is needed');
  const verified = await tokens.of(token);
  request.gongdan = { verified };
  return verified;
}

/** Decides who may use a route. Refusals go to the audit log. */
@Injectable()
export class Gatekeeper {
  constructor(
    @Inject(CONFIG) private readonly config: BaseConfig,
    private readonly tokens: Tokens,
    private readonly audit: AuditLog,
    private readonly clock: SystemClock,
  ) {}

  /** Set by createApp for a service that has one. */
  directories: Directories | undefined;

  /** @throws Unauthenticated without a valid token. */
  async identify(request: Request): Promise<Actor> {
    try {
      return (request.gongdan?.verified ?? (await authenticate(request, this.tokens))).actor;
    } catch (error) {
      if (error instanceof Unauthenticated)
        this.audit.record('login-refused', { code: error.code, ...auditFacts(request), address: request.ip });
      throw error;
    }
  }

  /** @throws Forbidden when the caller does not have the right. */
  async authorize(request: Request, actor: Actor, right: RightName): Promise<void> {
    const { roles } = await this.reachOf(request, actor);
    if (holds({ org: actor.org, roles }, right, this.config.operatorOrg)) return;
    this.audit.record('right-refused', { code: `platform/no-right ${right}`, ...auditFacts(request), caller: actor });
    throw new Forbidden('platform/no-right', { details: { right } }, `the right ${right} is needed`);
  }

  /** The units that the right reaches at this moment, for an answer that outlasts its request; undefined when the caller has the right no more. */
  async scopeNow(actor: Actor, right: RightName): Promise<Scope | undefined> {
    const reach = await this.reachNow(actor);
    return holds({ org: actor.org, roles: reach.roles }, right, this.config.operatorOrg) ? reach.scope(right) : undefined;
  }

  // Found once per request: the guard and the handler must not see two versions of the directory.
  private async reachOf(request: Request, actor: Actor): Promise<CallerReach> {
    const known = request.gongdan?.reach;
    if (known !== undefined) return known;
    const reach = await this.reachNow(actor);
    if (request.gongdan !== undefined) request.gongdan.reach = reach;
    return reach;
  }

  private async reachNow(actor: Actor): Promise<CallerReach> {
    const directory = (await this.directories?.of(actor.org)) ?? Directory.empty;
    return new CallerReach(directory, actor, this.clock.now());
  }
}

const auditFacts = (request: Request): { route: string; correlationId: string } => ({
  route: `${request.method} ${request.routeOptions.url ?? 'none'}`,
  correlationId: request.id,
});

/** Checks the right of every route once more. Fastify's hook (http-server.ts) has already done so, before the body was read. */
@Injectable()
export class RightsGuard implements CanActivate, OnModuleInit {
  constructor(
    private readonly gatekeeper: Gatekeeper,
    private readonly discovery: DiscoveryService,
  ) {}

  /** A route without a declared right is found at boot, not by an attacker. */
  onModuleInit(): void {
    const undeclared = routesOf(this.discovery).filter((r) => !accessOf(r.handler));
    const names = undeclared.map((r) => `${r.controller.name}.${r.method}`);
    if (names.length > 0) throw new Error(`these routes declare neither @Right nor @Public: ${names.join(', ')}`);
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (context.getType() !== 'http') return true;
    const access = accessOf(context.getHandler());
    if (access && 'public' in access) return true;
    if (!access) throw new Forbidden('platform/no-right');
    const request = context.switchToHttp().getRequest<Request>();
    await this.gatekeeper.authorize(request, await this.gatekeeper.identify(request), access.right);
    return true;
  }
}

/** The caller that the token names. */
export const Who = createParamDecorator((_: unknown, context: ExecutionContext): Actor => {
  const verified = context.switchToHttp().getRequest<Request>().gongdan?.verified;
  if (!verified) throw new Unauthenticated('platform/no-token');
  return verified.actor;
});

/** What the caller may, and where. */
export const Reaching = createParamDecorator((_: unknown, context: ExecutionContext): CallerReach => {
  const reach = context.switchToHttp().getRequest<Request>().gongdan?.reach;
  if (!reach) throw new Unauthenticated('platform/no-token');
  return reach;
});

/** The units in which the caller holds the right of the route. What lies in no such unit does not exist for the caller: 404, and absent from lists. */
export const Within = createParamDecorator((_: unknown, context: ExecutionContext): Scope => {
  const access = accessOf(context.getHandler());
  const reach = context.switchToHttp().getRequest<Request>().gongdan?.reach;
  if (!reach || !access || !('right' in access)) throw new Unauthenticated('platform/no-token');
  return reach.scope(access.right);
});

/** Emits when the caller's token expires: a live answer must not outlast it. */
export const TokenEnd = createParamDecorator((_: unknown, context: ExecutionContext): Observable<unknown> => {
  const left = (context.switchToHttp().getRequest<Request>().gongdan?.verified?.expiresAt ?? 0) - performance.now();
  // A timer in Node lasts 24 days at most. A client that stays longer connects again.
  return timer(Math.min(Math.max(left, 0), 2 ** 31 - 1));
});

const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** Correlation id (x-correlation-id, or a new one) and W3C trace context of the request, with the actor. */
export const CausedBy = createParamDecorator((_: unknown, context: ExecutionContext): Cause => {
  const request = context.switchToHttp().getRequest<Request>();
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
  const id = (context.switchToHttp().getRequest<Request>().params as Record<string, string>)[name] ?? '';
  if (!isId(id)) throw new NotFound('platform/no-such-thing');
  return id.toLowerCase();
});
