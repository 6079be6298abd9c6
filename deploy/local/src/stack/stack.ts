import { Child, type ChildSpec } from '../processes/child.js';
import { Home, INFRA, SERVICES, type ServiceName } from '../home/home.js';
import { fetchKafka, kafkaReady, startKafka } from '../servers/kafka.js';
import { ensureKeys, type Person, tokenFor } from '../clients/keys.js';
import { MailCatcher } from '../servers/mail-catcher.js';
import { endLeftOvers } from '../processes/left-overs.js';
import { Parts } from './parts.js';
import { freePort } from '../home/ports.js';
import { adminUrl, createDatabases, databaseUrl, migrationUrl, preparePostgres, startAndWait } from '../servers/postgres.js';
import { Progress } from './progress.js';
import { ensureRedis, redisReady, redisUrl, startRedis } from '../servers/redis.js';
import { RestartDelays } from '../processes/restart-delays.js';
import { serviceReady } from './service-ready.js';
import { serviceEnv, serviceProcess, withoutEmpty } from './service-env.js';
import { type StackOptions } from './stack-options.js';
import { type PortName, takePorts } from './stack-ports.js';
import { Turns } from '../processes/turns.js';

/** The whole product as processes of this machine. `npm start`, the tests, the fault run and the bench use it. */
export class Stack {
  readonly home: Home;
  readonly urls: Partial<Record<ServiceName, string>> = {};
  mail: MailCatcher | undefined;
  private readonly parts = new Parts();
  /** Addresses of the replicas beside the first one of a service, by their name. */
  private readonly replicas = new Map<string, string>();
  private ports: Record<string, number> = {};
  private readonly progress: Progress;
  private stopping = false;
  private stopped: Promise<void> | undefined;
  private readonly restartDelays = new RestartDelays();
  private readonly turns = new Turns();
  private readonly outside: NodeJS.ProcessEnv;
  kafka: string;
  redis: string;

  private constructor(private readonly options: StackOptions) {
    this.outside = withoutEmpty(options.outside ?? {});
    this.kafka = this.outside['KAFKA_BROKERS'] ?? '';
    this.redis = this.outside['REDIS_URL'] ?? '';
    this.home = new Home(options.home);
    this.progress = new Progress(options.quiet);
    process.once('exit', this.parts.killAll);
  }

  /** Starts only Kafka, Postgres and Redis. */
  static async infra(options: StackOptions = {}): Promise<Stack> {
    const stack = new Stack({ ...options, services: [] });
    try {
      await stack.begin();
      return stack;
    } catch (error) {
      await stack.stop();
      throw error;
    }
  }

  /** Starts everything and waits until each service is ready. When a part fails, all are stopped and the error is thrown. */
  static async start(options: StackOptions = {}): Promise<Stack> {
    const stack = new Stack(options);
    try {
      await stack.begin();
      await stack.startServices(options.services ?? SERVICES);
      return stack;
    } catch (error) {
      await stack.stop();
      throw error;
    }
  }

  get postgresAdminUrl(): string {
    return adminUrl(this.home, this.ports['postgres'] ?? 0);
  }

  databaseUrl(service: ServiceName): string {
    return this.outside[`${service.toUpperCase()}_DB_URL`] ?? databaseUrl(this.home, this.ports['postgres'] ?? 0, service);
  }

  private migrationUrl(service: ServiceName): string | undefined {
    const name = service.toUpperCase();
    const given = this.outside[`${name}_MIGRATION_DB_URL`];
    return this.outside[`${name}_DB_URL`] === undefined ? migrationUrl(this.home, this.ports['postgres'] ?? 0, service) : given;
  }

  token(person: Person): Promise<string> {
    return tokenFor(this.home, person);
  }

  private async begin(): Promise<void> {
    await endLeftOvers(this.home);
    await ensureKeys(this.home);
    this.ports = await takePorts(this.home, this.options.portBase);
    const ownPostgres = SERVICES.some((s) => this.outside[`${s.toUpperCase()}_DB_URL`] === undefined);
    // All are settled before the first failure is thrown, because nothing may be started after stop() has run.
    const parts = await Promise.allSettled([
      this.kafka === '' ? this.beginKafka() : undefined,
      ownPostgres ? this.beginPostgres() : undefined,
      this.redis === '' ? this.beginRedis() : undefined,
    ]);
    for (const part of parts) if (part.status === 'rejected') throw part.reason;
    if ((this.options.services ?? SERVICES).length > 0 && this.outside['SMTP_URL'] === undefined) {
      this.mail = await MailCatcher.start(this.home.dir('mail.jsonl'), this.port('smtp'), this.port('mail'));
    }
    this.save();
  }

  private async beginKafka(): Promise<void> {
    await this.progress.step('Kafka', async (detail) => {
      await fetchKafka(detail);
      detail('starting');
      this.remember('kafka', await startKafka(this.home, this.port('kafka'), this.port('controller'), this.onExit));
      await this.ready('kafka');
      detail('');
    });
    this.kafka = `127.0.0.1:${this.port('kafka')}`;
  }

  private async beginPostgres(): Promise<void> {
    await this.progress.step('PostgreSQL', async () => {
      const child = await preparePostgres(this.home, {
        port: this.port('postgres'),
        unsafe: this.options.unsafePostgres ?? false,
        onExit: this.onExit,
      });
      await startAndWait(child, this.postgresAdminUrl, () => this.remember('postgres', child));
      await createDatabases(this.home, this.port('postgres'));
    });
  }

  private async beginRedis(): Promise<void> {
    await this.progress.step('Redis', async (detail) => {
      const command = await ensureRedis(detail);
      this.remember('redis', startRedis(this.home, command, this.port('redis'), this.onExit));
      await this.ready('redis');
    });
    this.redis = redisUrl(this.home, this.port('redis'));
  }

  /** Starts services at the same time and waits until each is ready. */
  async startServices(names: readonly ServiceName[]): Promise<void> {
    await this.progress.step(`Services: ${names.join(', ')}`, async (detail) => {
      const waiting = new Set(names);
      await Promise.all(
        names.map(async (name) => {
          this.urls[name] = `http://127.0.0.1:${this.port(name)}`;
          const child = new Child(this.serviceSpec(name), this.onExit);
          child.start();
          this.remember(name, child);
          await this.ready(name);
          waiting.delete(name);
          detail(waiting.size === 0 ? '' : `waiting for ${[...waiting].join(', ')}`);
        }),
      );
    });
    this.save();
  }

  /** Starts one more replica of a service on a free port and returns its name, by which it can be killed and revived like any part. */
  async startReplica(service: ServiceName): Promise<string> {
    const name = `${service}-${[...this.replicas.keys()].filter((r) => r.startsWith(`${service}-`)).length + 2}`;
    const port = await freePort(0);
    const spec = this.serviceSpec(service);
    const child = new Child({ ...spec, name, log: this.home.log(name), env: { ...spec.env, PORT: String(port) } }, this.onExit);
    this.replicas.set(name, `http://127.0.0.1:${port}`);
    child.start();
    this.remember(name, child);
    await this.ready(name);
    return name;
  }

  /** Address of a service or of one of its replicas. */
  urlOf(name: string): string {
    const url = this.replicas.get(name) ?? this.urls[name as ServiceName];
    if (url === undefined) throw new Error(`${name} was not started`);
    return url;
  }

  /** Remembers a part from its start on, in memory and on disk, so that a stop or the next run can end it. */
  private remember(name: string, child: Child): void {
    this.parts.add(name, child);
    this.save();
  }

  private serviceSpec(name: ServiceName): ChildSpec {
    return serviceProcess(name, this.home, this.outside, this.serviceEnv(name));
  }

  serviceEnv(name: ServiceName): Record<string, string> {
    const { home, kafka, redis, outside } = this;
    const at = {
      home,
      kafka,
      redis,
      outside,
      mode: this.options.mode ?? 'demo',
      port: this.port(name),
      databaseUrl: this.databaseUrl(name),
      migrationUrl: this.migrationUrl(name),
      smtpUrl: this.mail?.smtpUrl,
    } as const;
    return { ...serviceEnv(name, at), ...this.options.env };
  }

  async ready(name: string): Promise<void> {
    const child = this.child(name);
    if (name === 'kafka') await kafkaReady(this.port('kafka'), child);
    else if (name === 'redis') await redisReady(redisUrl(this.home, this.port('redis')), child);
    else if (name !== 'postgres') {
      const url = `${this.replicas.get(name) ?? this.urls[name as ServiceName]}/health/ready`;
      await serviceReady(url, name, child, this.options.supervise ?? true);
    }
  }

  child(name: string): Child {
    return this.parts.get(name);
  }

  pid(name: string): number | undefined {
    return this.parts.find(name)?.pid;
  }

  signal(name: string, signal: NodeJS.Signals): void {
    this.child(name).signal(signal);
  }

  /** Kills a part and its children with SIGKILL, so that no signal handler runs. */
  kill(name: string): Promise<void> {
    return this.parts.kill(name);
  }

  /** Starts a killed or stopped part again and waits until it is ready. */
  async revive(name: string): Promise<void> {
    if (this.stopping) throw new Error(`${name} is not started again, because the stack is being stopped`);
    const child = this.child(name);
    if (name === 'postgres') await startAndWait(child, this.postgresAdminUrl);
    else child.start();
    await this.ready(name);
    this.save();
  }

  /** Stops one service with its drain and starts it again, as `gongdan dev` and a rolling deploy do. */
  restart(name: string): Promise<void> {
    return this.turns.take(name, async () => {
      await this.child(name).stop();
      await this.revive(name);
    });
  }

  /** Stops the services, then Kafka, Postgres and Redis. No process is left. */
  stop(): Promise<void> {
    return (this.stopped ??= this.end());
  }

  private async end(): Promise<void> {
    this.stopping = true;
    const services = [...SERVICES, ...this.replicas.keys()].flatMap((s) => this.parts.find(s) ?? []);
    await Promise.all(services.map((c) => c.stop()));
    await this.mail?.stop();
    for (const name of INFRA) await this.parts.find(name)?.stop(20_000);
    if (!this.parts.empty) this.save();
    process.off('exit', this.parts.killAll);
  }

  private port(name: PortName): number {
    return this.ports[name] ?? 0;
  }

  private save(): void {
    this.home.write({
      mode: this.options.mode ?? 'demo',
      ports: this.ports,
      pids: this.parts.pids(),
      urls: this.stopping ? {} : this.urls,
      kafka: this.kafka,
      ...(this.mail ? { mailUrl: this.mail.url, smtpUrl: this.mail.smtpUrl } : {}),
    });
  }

  private readonly onExit = (child: Child, how: string): void => {
    if (child.leaving || this.stopping) return;
    const { name } = child.spec;
    this.progress.line(`  ! ${name} ended unexpectedly (${how}); see ${child.spec.log}`);
    if (!(this.options.supervise ?? true)) return;
    setTimeout(
      () => {
        if (this.stopping || child.alive) return;
        this.revive(name).then(
          () => this.progress.line(`  ✓ ${name} was restarted`),
          (error: unknown) => this.progress.line(`  ! ${name} could not be restarted: ${String(error).slice(0, 300)}`),
        );
      },
      this.restartDelays.next(name, performance.now()),
    );
  };
}
