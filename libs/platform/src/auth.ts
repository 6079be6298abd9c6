import { readFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import {
  type CanActivate,
  createParamDecorator,
  type ExecutionContext,
  Inject,
  Injectable,
  type OnModuleInit,
  SetMetadata,
} from '@nestjs/common';
import { PATH_METADATA } from '@nestjs/common/constants.js';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { type Actor, type Cause, Forbidden, isId, NotFound, Unauthenticated, Unavailable } from '@gongdan/kernel';
import { type FastifyRequest } from 'fastify';
import { createLocalJWKSet, createRemoteJWKSet, errors, type JSONWebKeySet, jwtVerify, type JWTVerifyGetKey } from 'jose';
import { type Observable, timer } from 'rxjs';
import { z } from 'zod';
import { type BaseConfig, orgKey } from './config.js';
import { holds, type RightName } from './rights.js';
import { CONFIG } from './service-definition.js';

const RIGHT = 'gongdan:right';
const PUBLIC = 'gongdan:public';

/** What a caller needs to use the route. A route with neither Right nor Public stops the boot. */
export const Right = (right: RightName) => SetMetadata(RIGHT, right);
/** Open to everybody; the reason is for the reviewer. */
export const Public = (why: string) => SetMetadata(PUBLIC, why);

export type Access = { right: RightName } | { public: string };

/** What a route declares. The method wins over its class: a right on a method of a public class must not be lost. */
export function accessOf(...declaredOn: object[]): Access | undefined {
  for (const target of declaredOn) {
    const right = Reflect.getMetadata(RIGHT, target) as RightName | undefined;
    if (right !== undefined) return { right };
    const why = Reflect.getMetadata(PUBLIC, target) as string | undefined;
    if (why !== undefined) return { public: why };
  }
  return undefined;
}

type Request = FastifyRequest & { gongdan?: { verified: Verified } };

/** Who a token speaks for; `until` it need not be looked at again, at `expiresAt` it is over (milliseconds). */
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

// RFC 8725 3.11: what the same issuer signs for another purpose (a logout, an event, an ID token that says so) opens nothing here.
const KIND = /^(application\/)?(at\+)?jwt$/i;

const CACHE = 5_000;

/** Verifies bearer tokens against the configured JWKS. Tokens live in real time: the shifted clock of a demo does not age them. */
@Injectable()
export class Tokens {
  private readonly keys: JWTVerifyGetKey;
  private readonly verified = new Map<string, Verified>();

  constructor(private readonly config: BaseConfig) {
    this.keys = /^https?:/.test(config.authJwks) ? createRemoteJWKSet(new URL(config.authJwks)) : fileKeys(config.authJwks);
  }

  /** A signature is checked once a minute per token, not per request. */
  async of(token: string): Promise<Verified> {
    const known = this.verified.get(token);
    if (known && known.until > Date.now()) return known;
    const verified = await this.verify(token);
    if (this.verified.size >= CACHE) this.verified.delete(this.verified.keys().next().value ?? '');
    this.verified.set(token, verified);
    return verified;
  }

  private async verify(token: string): Promise<Verified> {
    try {
      const { payload, protectedHeader } = await jwtVerify(token, this.keys, {
        issuer: this.config.authIssuer,
        audience: this.config.authAudience,
        algorithms: ['EdDSA', 'ES256', 'RS256'],
        clockTolerance: 60,
        requiredClaims: ['exp', 'sub'],
      });
      if (!KIND.test(String(protectedHeader.typ ?? 'JWT'))) throw new Unauthenticated('platform/bad-token');
      const c = Claims.parse(payload);
      const actor: Actor = { id: c.sub, org: c.org, ...(c.name === undefined ? {} : { name: c.name }), roles: c.roles, units: c.units };
      return { actor, until: Math.min(Date.now() + 60_000, (c.exp + 60) * 1_000), expiresAt: c.exp * 1_000 };
    } catch (cause) {
      if (isKeysAway(cause)) throw new Unavailable('platform/keys-away', { cause });
      throw new Unauthenticated('platform/bad-token', { cause }, 'the token is not valid here');
    }
  }
}

// A key server that answers 500, a key file that is not there: the token may be good, and a client that hears 401 throws it away.
function isKeysAway(error: unknown): boolean {
  if (error instanceof z.ZodError || error instanceof Unauthenticated) return false;
  return (
    !(error instanceof errors.JOSEError) ||
    error.code === 'ERR_JOSE_GENERIC' ||
    error instanceof errors.JWKSTimeout ||
    error instanceof errors.JWKSInvalid
  );
}

// A key file may be replaced while we run (rotation): an unknown key id reads it again, at most once a second.
function fileKeys(path: string): JWTVerifyGetKey {
  let set: ReturnType<typeof createLocalJWKSet> | undefined;
  let readAt = 0;
  const read = async () => {
    readAt = Date.now();
    set = createLocalJWKSet(JSON.parse(await readFile(path, 'utf8')) as JSONWebKeySet);
    return set;
  };
  return async (header, token) => {
    try {
      return await (set ?? (await read()))(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || Date.now() - readAt < 1_000) throw error;
      return (await read())(header, token);
    }
  };
}

/** Reads who calls, or refuses. What the caller may do is judged by the guard, after the body was read. */
export async function authenticate(request: Request, tokens: Tokens): Promise<{ verified: Verified }> {
  const token = /^Bearer ([\w.~+/=-]+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (token === undefined) throw new Unauthenticated('platform/no-token', {}, 'a bearer token is needed');
  return (request.gongdan = { verified: await tokens.of(token) });
}

@Injectable()
export class RightsGuard implements CanActivate, OnModuleInit {
  constructor(
    @Inject(CONFIG) private readonly config: BaseConfig,
    private readonly tokens: Tokens,
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
  ) {}

  /** Default deny, and loudly: an undeclared route is found at boot, not by an attacker. */
  onModuleInit(): void {
    const open: string[] = [];
    for (const { instance, metatype } of this.discovery.getControllers()) {
      if (!instance || !metatype) continue;
      const prototype = Object.getPrototypeOf(instance) as Record<string, unknown>;
      for (const name of this.scanner.getAllMethodNames(prototype)) {
        const method = prototype[name];
        if (typeof method !== 'function' || Reflect.getMetadata(PATH_METADATA, method) === undefined) continue;
        if (!accessOf(method, metatype)) open.push(`${metatype.name}.${name}`);
      }
    }
    if (open.length > 0) throw new Error(`these routes declare neither @Right nor @Public: ${open.join(', ')}`);
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (context.getType() !== 'http') return true;
    const access = accessOf(context.getHandler(), context.getClass());
    if (access && 'public' in access) return true;
    if (!access) throw new Forbidden('platform/no-right');
    const { right } = access;
    const request = context.switchToHttp().getRequest<Request>();
    // Known already where the method itself names the right.
    const { verified } = request.gongdan ?? (await authenticate(request, this.tokens));
    if (!holds(verified.actor, right, this.config.operatorOrg))
      throw new Forbidden('platform/no-right', { details: { right } }, `the right ${right} is needed`);
    return true;
  }
}

/** The caller, as its token says. */
export const Who = createParamDecorator((_: unknown, context: ExecutionContext): Actor => {
  const verified = context.switchToHttp().getRequest<Request>().gongdan?.verified;
  if (!verified) throw new Unauthenticated('platform/no-token');
  return verified.actor;
});

/** Emits when the caller's token is over: an answer that goes on must not outlive it. */
export const TokenEnd = createParamDecorator((_: unknown, context: ExecutionContext): Observable<unknown> => {
  const left = (context.switchToHttp().getRequest<Request>().gongdan?.verified?.expiresAt ?? 0) - Date.now();
  // A timer of Node's holds 24 days at most; a client that stays longer connects anew.
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
  // randomUUID draws from a cache of entropy; randomBytes would be a call into the system per request.
  const hex = (randomUUID() + randomUUID()).replaceAll('-', '');
  return `00-${hex.slice(0, 32)}-${hex.slice(32, 48)}-01`;
}

export function correlationOf(request: FastifyRequest): string {
  return request.id;
}

/** An id in the path; anything that is no id is as unknown as an id nobody has. */
export const TicketId = createParamDecorator((name: string, context: ExecutionContext): string => {
  const id = (context.switchToHttp().getRequest<Request>().params as Record<string, string>)[name] ?? '';
  if (!isId(id)) throw new NotFound('platform/no-such-thing');
  return id.toLowerCase();
});
