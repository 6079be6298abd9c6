import { type Producer, TOPICS } from '@gongdan/contracts';
import { cut } from '@gongdan/kernel';
import {
  type App,
  backoffMs,
  type BaseConfig,
  ConfigError,
  createApp,
  type Database,
  Health,
  logger,
  type ServiceDefinition,
} from '@gongdan/platform';
import { type Bus } from './kafka/bus.js';
import { BusHandle } from './operations/bus-link.js';
import { watchBus } from './operations/bus-metrics.js';
import { EventServer } from './inbox/event-server.js';
import { askForGaps } from './inbox/gaps.js';
import { KafkaBus, WrongPartitionCount } from './kafka/kafka-bus.js';
import { kafkaSecurity } from './kafka/kafka-security.js';
import { MessagingModule } from './messaging.module.js';
import { messagingMigrations } from './migrations.js';
import { Outbox } from './outbox/outbox.js';
import { Watermarks } from './inbox/watermarks.js';
import { redriveDue } from './inbox/redrive.js';
import { Relay } from './outbox/relay.js';
import { EventSigner, EventVerifier, isOwnKeyKnown } from './signatures/signatures.js';
import { HeadsPublisher } from './outbox/heads-publisher.js';
import { tracksTransactions, TransactionsUntracked } from './outbox/transaction-tracking.js';
import { WatermarkPublisher } from './outbox/watermark-publisher.js';

/** Producers whose events change promises: sla waits for their watermarks. */
const PRODUCERS_WITH_WATERMARK: ReadonlySet<string> = new Set(['intake', 'dispatch']);

export interface RunningService {
  app: App;
  url: string;
  server: EventServer;
  relay: Relay;
  close(): Promise<void>;
}

export interface RunOptions {
  env?: NodeJS.ProcessEnv;
  /** A bus to use instead of Kafka: tests pass a memory bus. */
  bus?: Bus;
  /** Called when the bus cannot work with this configuration. By default the process exits, so that the supervisor starts a new one. */
  onFatal?: (error: Error) => void;
}

/**
 * Starts a service: HTTP first (it must not wait for the broker), then relay and event server. It stops in the order of ARCHITECTURE.md:
 * readiness off, HTTP finished, consumer left, leases released, pool drained.
 */
export async function runService<C extends BaseConfig>(
  definition: ServiceDefinition<C>,
  options: RunOptions = {},
): Promise<RunningService> {
  const log = logger('bus');
  const fatal = options.onFatal ?? ((error: Error) => { log.error('the bus cannot work with this configuration', { error: String(error) }); process.exit(1); }); // prettier-ignore
  const outbox = new Outbox();
  const link = new BusHandle();
  const watermarks = new Watermarks(link);
  const app = await createApp(
    {
      ...definition,
      config: withKnownKey(definition.name, definition.config),
      migrations: [...messagingMigrations, ...definition.migrations],
      insertOnly: ['ticket_event', ...(definition.insertOnly ?? [])],
    },
    options.env,
    {
      extra: [MessagingModule.for(outbox, link, watermarks)],
    },
  );
  const { config, database } = app;
  // Accepting requests needs no watermark, so the service starts all the same. Its publishers publish nothing meanwhile.
  if ((await tracksTransactions(database).catch(() => undefined)) === false)
    log.error('nothing that needs the start of transactions is published', { error: new TransactionsUntracked().message });
  const signer = config.eventSigningKey && new EventSigner(config.eventSigningKey);
  const verifier = config.eventVerifyKeys && new EventVerifier(config.eventVerifyKeys);
  const bus =
    options.bus ??
    new KafkaBus({
      brokers: config.kafkaBrokers,
      clientId: `gongdan-${definition.name}`,
      partitions: config.kafkaPartitions,
      replication: config.kafkaReplication,
      sessionTimeoutMs: config.kafkaSessionMs,
      gatherMs: definition.gatherMs ?? 0,
      ...kafkaSecurity(config),
      warn: log.warn,
      onLogLine: (level, message, facts) => log[level === 'error' ? 'warn' : 'debug'](message, facts),
    });
  const metrics = watchBus(app, link);
  let relayFailedAt = 0;
  const relayFailed = (error: unknown): void => {
    relayFailedAt = performance.now();
    if (error instanceof WrongPartitionCount) fatal(error);
    else log.warn('the relay retries', { error: String(error) });
  };
  const relay = new Relay({ database, bus, producer: definition.name, signer, onSent: metrics.sent, onError: relayFailed });
  outbox.onAppend(() => relay.nudge());
  const watermarkPublisher = PRODUCERS_WITH_WATERMARK.has(definition.name)
    ? new WatermarkPublisher({
        database,
        bus,
        producer: definition.name,
        leases: relay.leases,
        signer,
        onError: publisherFailed('no watermark is stated'),
      })
    : undefined;
  const headsPublisher = new HeadsPublisher({
    database,
    bus,
    producer: definition.name,
    leases: relay.leases,
    signer,
    onError: (error, failures) =>
      error instanceof TransactionsUntracked
        ? publisherFailed('the heads of streams are not published')(error, failures)
        : log.warn('the heads of streams were not published', { error: String(error) }),
  });
  const server = new EventServer({
    bus,
    database,
    self: definition.name,
    verifier,
    ...(definition.storedEventIds === undefined ? {} : { storedEventIds: definition.storedEventIds }),
    onOutcomes: metrics.outcomes,
    onMissing: (streams) => {
      metrics.missing(streams.length);
      log.error('the last events of streams were published and are missing here; they are requested from their producer', {
        count: streams.length,
        first: streams[0],
      });
    },
    onHeadsFailed: (error) => log.error('the heads of streams could not be compared', { error: String(error) }),
    onParked: (incoming, { code, error }) =>
      log.error('an event was parked', {
        correlationId: incoming.message.headers['ce_correlationid'],
        code,
        error: cut(error, 2_000),
        event: incoming.address?.name,
        ticketId: incoming.address?.ticketId,
        seq: incoming.address?.seq,
      }),
    onFatal: fatal,
    onWarning: (message, error) => log.warn(message, { error: String(error) }),
  });
  link.connect({ bus, server, relay, verifier });
  app.health.add('bus', () => (server.joined() ? undefined : 'not joined to the consumer group'));
  const url = await app.listen();
  let stopped = false;
  app.nest.connectMicroservice({ strategy: server });
  const joinBus = async (): Promise<void> => {
    await ensureTopics(
      bus,
      () => stopped,
      (error) => log.warn('the topics do not exist yet', { error: String(error) }),
    );
    if (stopped) return;
    await app.nest.startAllMicroservices();
    relay.start();
    watermarkPublisher?.start();
    headsPublisher.start();
    app.health.watch('the relay', () => Math.max(relay.aliveAt, relayFailedAt));
    if (bus instanceof KafkaBus) app.health.watch('the consumer', () => bus.activeAt());
  };
  // A service that accepts requests and never publishes would look healthy.
  joinBus().catch((error: unknown) => stopped || fatal(error as Error));
  let healing: Promise<void> | undefined;
  const healTimer = setInterval(() => {
    healing ??= heal(database, bus, server, signer)
      .catch((error: unknown) => log.warn('healing gaps and parked events failed; it is retried', { error: String(error) }))
      .finally(() => (healing = undefined));
  }, 5_000);
  healTimer.unref();
  const examineTimer = setInterval(() => void app.health.examine(), Health.examineEveryMs);
  examineTimer.unref();
  return {
    app,
    url,
    server,
    relay,
    close: async () => {
      stopped = true;
      await app.quiesce();
      clearInterval(healTimer);
      clearInterval(examineTimer);
      await healing;
      await server.close();
      await watermarkPublisher?.stop();
      await headsPublisher.stop();
      await relay.stop();
      if (!options.bus) await bus.close();
      await app.close();
    },
  };
}

/** Retries parked events that are due and requests missing ones again. Every replica does it. */
async function heal(database: Database, bus: Bus, server: EventServer, signer: EventSigner | undefined): Promise<void> {
  await redriveDue(database, server.consumer);
  await askForGaps(database, bus, server.self, signer);
}

/** The relay already logs that it waits for the broker or the database; only a setting that is switched off is news, once a minute. */
function publisherFailed(message: string): (error: unknown, failures: number) => void {
  return (error, failures) => {
    if (error instanceof TransactionsUntracked && failures % 30 === 1) logger('bus').error(message, { error: error.message });
  };
}

/** The settings of the service. They are refused when no other service could verify its events. */
function withKnownKey<C extends BaseConfig>(service: Producer, read: (env: NodeJS.ProcessEnv) => C): (env: NodeJS.ProcessEnv) => C {
  return (env) => {
    const config = read(env);
    const { eventSigningKey: own, eventVerifyKeys: keys } = config;
    if (own && keys && !isOwnKeyKnown(service, own, keys))
      throw new ConfigError(`EVENT_VERIFY_KEYS does not hold ${service}/${own.id}, the public half of EVENT_SIGNING_KEY`);
    return config;
  };
}

async function ensureTopics(bus: Bus, stopped: () => boolean, warn: (error: unknown) => void): Promise<void> {
  for (let failures = 1; !stopped(); failures++) {
    try {
      await bus.ensureTopics(TOPICS);
      return;
    } catch (error) {
      if (error instanceof WrongPartitionCount) throw error;
      warn(error);
      await new Promise((wake) => void setTimeout(wake, backoffMs(failures)).unref());
    }
  }
}
