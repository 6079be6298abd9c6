import { type CanActivate, type ExecutionContext, Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { Directory, type Scope } from '@gongdan/directory';
import { type Actor, Forbidden, Unauthenticated } from '@gongdan/kernel';
import { type FastifyRequest } from 'fastify';
import { type BaseConfig } from '../config.js';
import { routesOf } from '../http/routes.js';
import { CONFIG } from '../service-definition.js';
import { SystemClock } from '../time/system-clock.js';
import { accessOf } from './access.js';
import { AuditLog } from './audit.js';
import { CallerReach, type Directories } from './caller-reach.js';
import { holds, type RightName } from './rights.js';
import { Tokens, type Verified } from './tokens.js';

/** A request after its caller was identified. */
export type CallersRequest = FastifyRequest & { gongdan?: { verified: Verified; reach?: CallerReach } };

/** Reads the bearer token of a request. @throws Unauthenticated without a valid one. */
export async function authenticate(request: CallersRequest, tokens: Tokens): Promise<Verified> {
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
  async identify(request: CallersRequest): Promise<Actor> {
    try {
      return (request.gongdan?.verified ?? (await authenticate(request, this.tokens))).actor;
    } catch (error) {
      if (error instanceof Unauthenticated)
        this.audit.record('login-refused', { code: error.code, ...auditFacts(request), address: request.ip });
      throw error;
    }
  }

  /** @throws Forbidden when the caller does not have the right. */
  async authorize(request: CallersRequest, actor: Actor, right: RightName): Promise<void> {
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
  private async reachOf(request: CallersRequest, actor: Actor): Promise<CallerReach> {
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

const auditFacts = (request: CallersRequest): { route: string; correlationId: string } => ({
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
    const request = context.switchToHttp().getRequest<CallersRequest>();
    await this.gatekeeper.authorize(request, await this.gatekeeper.identify(request), access.right);
    return true;
  }
}
