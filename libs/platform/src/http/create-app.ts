import { randomUUID } from 'node:crypto';
import { type Server } from 'node:http';
import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { APP_GUARD, DiscoveryModule, NestFactory } from '@nestjs/core';
import { UnknownElementException } from '@nestjs/core/errors/exceptions/unknown-element.exception.js';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { SwaggerModule } from '@nestjs/swagger';
import { type FastifyInstance, type FastifyRequest } from 'fastify';
import { checkAnswers } from './answer-check.js';
import { AuditLog } from '../auth/audit.js';
import { Gatekeeper, RightsGuard } from '../auth/gatekeeper.js';
import { Tokens } from '../auth/tokens.js';
import { Directories } from '../auth/caller-reach.js';
import { backoffMs } from '../time/backoff.js';
import { type BaseConfig } from '../config.js';
import { DeclaredAnswers } from './declared-answers.js';
import { Database } from '../database/database.js';
import { keepMetadata } from './fastify-adapter.js';
import { Health } from '../watching/health.js';
import { answerProblem, answerUnparsed, ProblemFilter } from './http-errors.js';
import { type HttpLimits } from './http-admission.js';
import { configureHttp, type HttpState } from './http-server.js';
import { configureLogging, logger, NestLines } from '../watching/logging.js';
import { Metrics } from '../watching/metrics.js';
import { openApiOf } from './openapi.js';
import { OpsController } from './ops.controller.js';
import { RateLimits } from './rate-limits.js';
import { Fanout, RateLimiter, RedisConnection } from '../redis.js';
import { Sealer } from '../secrets/sealing.js';
import { CONFIG, type ServiceDefinition } from '../service-definition.js';
import { clockMigration, SystemClock } from '../time/system-clock.js';
import { SchemaPipe } from './validation.js';

export interface App<C extends BaseConfig = BaseConfig> {
  nest: NestFastifyApplication;
  config: C;
  database: Database;
  clock: SystemClock;
  health: Health;
  metrics: Metrics;
  /** Starts to accept connections; returns the base URL. */
  listen(): Promise<string>;
  /**
   * Ends the HTTP side without a lost request. Readiness answers 503 at once, and the service continues to serve for `DRAIN_MS`, until every
   * balancer has noticed; then it accepts no connection any more and finishes the running requests (10 s at most).
   */
  quiesce(): Promise<void>;
  close(): Promise<void>;
}

export interface AppOptions {
  extra?: DynamicModule[];
  /** Lower limits for tests, which should not wait for half a minute or open a thousand sockets. */
  limits?: Partial<HttpLimits>;
  /** Lets routes exist that declare no answer: for specs of this library, whose samples are about something else. */
  undeclaredAnswers?: boolean;
}

@Module({})
class PlatformModule {}

const log = logger('boot');

/** Builds the HTTP side of a service: settings, database, clock, guards, routes. The bus is added by messaging/runService. */
export async function createApp<C extends BaseConfig>(
  definition: ServiceDefinition<C>,
  env: NodeJS.ProcessEnv = process.env,
  options: AppOptions = {},
): Promise<App<C>> {
  const config = definition.config(env);
  configureLogging(definition.name, config.logLevel);
  if (config.operatorOrg === undefined) log.warn('OPERATOR_ORG is not set: no caller may operate the bus, shift the clock or rebuild');
  const database = new Database({
    url: config.databaseUrl,
    poolSize: config.dbPool,
    applicationName: `gongdan-${definition.name}`,
    migrations: [clockMigration, ...definition.migrations],
    migrationUrl: config.migrationDatabaseUrl,
    insertOnly: definition.insertOnly,
  });
  await untilUp(database);
  await database.migrate();
  const clock = new SystemClock(database, config.mode !== 'production');
  await clock.start();
  const redis = new RedisConnection(config.redisUrl, config.redisTlsCa);
  await redis.start();
  const rates = new RateLimits(redis, definition.name, { callerPerS: config.rateCallerPerS, orgPerS: config.rateOrgPerS });
  const health = new Health();
  health.add('database', async () => void (await database.ping()));
  health.add('clock', () => clock.unfit());
  const metrics = new Metrics(definition.name);
  metrics.countedElsewhere('gongdan_db_statements_total', 'SQL statements, BEGIN and COMMIT included', () => database.statements);
  metrics.gauge('gongdan_db_waiting', 'Callers that wait for a connection of the pool', [], (g) => g.set(database.waiting));
  const nest = await NestFactory.create<NestFastifyApplication>(
    rootModule(definition.module, [
      platformModule(config, { database, clock, redis, health, metrics }, options.undeclaredAnswers ?? false),
      ...(options.extra ?? []),
    ]),
    adapter(config),
    { logger: new NestLines(), bodyParser: false, abortOnError: false },
  );
  nest.useGlobalPipes(new SchemaPipe());
  nest.useGlobalFilters(new ProblemFilter());
  if (config.mode === 'test') checkAnswers(nest.getHttpAdapter().getInstance() as unknown as FastifyInstance);
  nest.get(Gatekeeper).directories = optional(nest, Directories);
  const http = configureHttp(nest.getHttpAdapter().getInstance() as unknown as FastifyInstance, {
    metrics,
    gatekeeper: nest.get(Gatekeeper),
    rates,
    limits: options.limits ?? {},
  });
  health.add('http', () => http.overloaded());
  if (config.mode === 'demo')
    SwaggerModule.setup('docs', nest, () => openApiOf(nest, definition.name), { jsonDocumentUrl: 'openapi.json' });
  return {
    nest,
    config,
    database,
    clock,
    health,
    metrics,
    listen: async () => {
      await nest.init();
      const unchecked = http.unchecked();
      if (unchecked.length > 0) throw new Error(`these routes would read a body before they check the right: ${unchecked.join(', ')}`);
      await nest.listen(config.port, config.host);
      const url = (await nest.getUrl()).replace('[::1]', '127.0.0.1');
      log.info('listening', { url });
      return url;
    },
    quiesce: async () => {
      health.drain();
      http.drain();
      await new Promise((wake) => setTimeout(wake, config.drainMs));
      await finishRequests(nest.getHttpServer(), http);
    },
    close: async () => {
      await nest.close();
      clock.stop();
      metrics.close();
      rates.stop();
      redis.stop();
      await database.close();
    },
  };
}

function optional<T>(nest: NestFastifyApplication, token: Type<T> | (abstract new () => T)): T | undefined {
  try {
    return nest.get<T>(token as Type<T>, { strict: false });
  } catch (error) {
    if (error instanceof UnknownElementException) return undefined;
    throw error;
  }
}

/** Accepts no new connection and waits for running requests, 10 s at most. Live streams are disconnected, or the server would never close. */
async function finishRequests(server: Server, http: HttpState): Promise<void> {
  server.close();
  for (const end = performance.now() + 10_000; http.busy() > 0 && performance.now() < end;)
    await new Promise((wake) => setTimeout(wake, 20));
  // The last answer may not have reached its socket yet.
  await new Promise((wake) => setTimeout(wake, 20));
  server.closeAllConnections();
}

function adapter(config: BaseConfig): FastifyAdapter {
  const options = {
    trustProxy: config.trustProxy ?? false,
    bodyLimit: 1_048_576,
    // The limit for uploads of files; other bodies have less time (http-admission.ts).
    requestTimeout: 600_000,
    // A connection that does not finish its request head holds a file descriptor, nothing else.
    http: { headersTimeout: 15_000, connectionsCheckingInterval: 5_000 },
    routerOptions: { maxParamLength: 500 },
    connectionTimeout: 0,
    keepAliveTimeout: 72_000,
    forceCloseConnections: 'idle',
    onProtoPoisoning: 'error',
    onConstructorPoisoning: 'error',
    genReqId: (request: { headers: Record<string, unknown> }) => {
      const given = request.headers['x-correlation-id'];
      return typeof given === 'string' && /^[\w.:-]{8,80}$/.test(given) ? given : randomUUID();
    },
    clientErrorHandler: answerUnparsed,
    // Errors before Nest (a URL that cannot be decoded) are problem documents, too.
    frameworkErrors: (error: Error, request: FastifyRequest, reply: Parameters<typeof answerProblem>[2]) =>
      answerProblem(error, request, reply),
  };
  return keepMetadata(new FastifyAdapter(options as never));
}

interface Parts {
  database: Database;
  clock: SystemClock;
  redis: RedisConnection;
  health: Health;
  metrics: Metrics;
}

function platformModule(config: BaseConfig, parts: Parts, undeclaredAnswers: boolean): DynamicModule {
  const provided = [
    { provide: CONFIG, useValue: config },
    { provide: Database, useValue: parts.database },
    { provide: SystemClock, useValue: parts.clock },
    { provide: RedisConnection, useValue: parts.redis },
    { provide: RateLimiter, useValue: new RateLimiter(parts.redis) },
    { provide: Fanout, useValue: new Fanout(parts.redis) },
    { provide: Sealer, useValue: new Sealer(config.sealKey) },
    { provide: Health, useValue: parts.health },
    { provide: Metrics, useValue: parts.metrics },
    { provide: Tokens, useValue: new Tokens(config, () => parts.clock.realMs()) },
    { provide: AuditLog, useValue: new AuditLog({ silent: config.mode === 'test' && config.logLevel === 'error' }) },
  ];
  return {
    module: PlatformModule,
    global: true,
    imports: [DiscoveryModule],
    controllers: [OpsController],
    providers: [...provided, Gatekeeper, { provide: APP_GUARD, useClass: RightsGuard }, ...(undeclaredAnswers ? [] : [DeclaredAnswers])],
    exports: [...provided.map((p) => p.provide), Gatekeeper],
  };
}

@Module({})
class RootModule {}

function rootModule(service: Type, imports: DynamicModule[]): DynamicModule {
  return { module: RootModule, imports: [...imports, service] };
}

async function untilUp(database: Database): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await database.connect();
      return;
    } catch (error) {
      if (tries >= 40) throw error;
      log.warn('the database is not reachable yet', { error: error instanceof Error ? error.message : String(error), tries });
      await new Promise((wake) => setTimeout(wake, backoffMs(tries)));
    }
  }
}
