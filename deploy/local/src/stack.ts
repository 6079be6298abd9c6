import { join } from 'node:path';
import { Child, until } from './child.js';
import { Home, INFRA, PROJECT, SERVICES, type ServiceName, type State } from './home.js';
import { fetchKafka, kafkaReady, startKafka } from './kafka.js';
import { ensureKeys, type Person, tokenFor } from './keys.js';
import { MailCatcher } from './mail-catcher.js';
import { endLeftOvers } from './left-overs.js';
import { Patience } from './patience.js';
import { freePort } from './ports.js';
import { adminUrl, createDatabases, databaseUrl, preparePostgres, startAndWait } from './postgres.js';
import { Progress } from './progress.js';
import { ensureRedis, redisReady, redisUrl, startRedis } from './redis.js';
import { namedIn, serviceEnv, withoutSettings } from './service-env.js';
import { Turns } from './turns.js';

export interface StackOptions {
  home?: string;
  mode?: 'demo' | 'test';
  services?: readonly ServiceName[];
  /** The ports lie above it, whatever an earlier run had; 0 takes free ones anywhere (tests). */
  portBase?: number;
  /** Postgres without fsync: tests only. */
  unsafePostgres?: boolean;
  quiet?: boolean;
  /** More settings for every service. */
  env?: Record<string, string>;
  /**
   * Settings that may name parts which run elsewhere: `gongdan start` gives its environment. Without them a stack is all its own, whatever
   * is exported: a test must never join the groups of a live broker.
   */
  outside?: NodeJS.ProcessEnv;
  /** Restart a part that ends by itself. Default true. */
  supervise?: boolean;
}

const OFFSETS = {
  intake: 1,
  dispatch: 2,
  sla: 3,
  notify: 4,
  reporting: 5,
  mail: 10,
  smtp: 11,
  postgres: 12,
  redis: 13,
  kafka: 14,
  controller: 15,
} as const;
type PortName = keyof typeof OFFSETS;

/** The whole product as processes of this machine: what `npm start` runs, and the tests, the fault run and the bench too. */
export class Stack {
  readonly home: Home;
  readonly urls: Partial<Record<ServiceName, string>> = {};
  mail: MailCatcher | undefined;
  private readonly children = new Map<string, Child>();
  /** Where replicas beside the first of a service listen, by their name. */
  private readonly replicas = new Map<string, string>();
  private readonly ports: Record<string, number> = {};
  private readonly progress: Progress;
  private stopping = false;
  private stopped: Promise<void> | undefined;
  private readonly patience = new Patience();
  private readonly turns = new Turns();
  private readonly outside: NodeJS.ProcessEnv;
  kafka: string;
  redis: string;

  private constructor(private readonly options: StackOptions) {
    this.outside = namedIn(options.outside ?? {});
    this.kafka = this.outside['KAFKA_BROKERS'] ?? '';
    this.redis = this.outside['REDIS_URL'] ?? '';
    this.home = new Home(options.home);
    this.progress = new Progress(options.quiet);
    process.once('exit', () => this.killAll());
  }

  /** Only the parts others make: Kafka, Postgres, Redis. */
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

  token(person: Person): Promise<string> {
    return tokenFor(this.home, person);
  }

  private async begin(): Promise<void> {
    await endLeftOvers(this.home);
    await ensureKeys(this.home);
    await this.takePorts();
    const ownPostgres = SERVICES.some((s) => this.outside[`${s.toUpperCase()}_DB_URL`] === undefined);
    // All settle before the first failure is thrown: nothing may start after stop() has run.
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
      this.hold('kafka', await startKafka(this.home, this.port('kafka'), this.port('controller'), this.ended));
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
        onExit: this.ended,
      });
      await startAndWait(child, this.postgresAdminUrl, () => this.hold('postgres', child));
      await createDatabases(this.home, this.port('postgres'));
    });
  }

  private async beginRedis(): Promise<void> {
    await this.progress.step('Redis', async (detail) => {
      const command = await ensureRedis(detail);
      this.hold('redis', startRedis(this.home, command, this.port('redis'), this.ended));
      await this.ready('redis');
    });
    this.redis = redisUrl(this.home, this.port('redis'));
  }

  /** Starts services side by side and waits until each is really ready. */
  async startServices(names: readonly ServiceName[]): Promise<void> {
    await this.progress.step(`Services: ${names.join(', ')}`, async (detail) => {
      const waiting = new Set(names);
      await Promise.all(
        names.map(async (name) => {
          this.urls[name] = `http://127.0.0.1:${this.port(name)}`;
          const child = new Child(this.serviceSpec(name), this.ended);
          child.start();
          this.hold(name, child);
          await this.ready(name);
          waiting.delete(name);
          detail(waiting.size === 0 ? '' : `waiting for ${[...waiting].join(', ')}`);
        }),
      );
    });
    this.save();
  }

  /** Starts one more replica of a service on a free port and returns its name, under which it can be killed and revived like any part. */
  async startReplica(service: ServiceName): Promise<string> {
    const name = `${service}-${[...this.replicas.keys()].filter((r) => r.startsWith(`${service}-`)).length + 2}`;
    const port = await freePort(0);
    const spec = this.serviceSpec(service);
    const child = new Child({ ...spec, name, log: this.home.log(name), env: { ...spec.env, PORT: String(port) } }, this.ended);
    this.replicas.set(name, `http://127.0.0.1:${port}`);
    child.start();
    this.hold(name, child);
    await this.ready(name);
    return name;
  }

  /** Known from its first moment on, here and on disk: whatever ends this run can end the part too. */
  private hold(name: string, child: Child): void {
    this.children.set(name, child);
    this.save();
  }

  private serviceSpec(name: ServiceName) {
    const main = join(PROJECT, 'services', name, 'dist/src/main.js');
    const outside = Object.fromEntries(Object.entries(this.outside).filter(([key]) => !key.endsWith('_DB_URL')));
    return {
      name,
      command: process.execPath,
      args: [main],
      log: this.home.log(name),
      marker: main,
      env: { ...withoutSettings(process.env), ...outside, ...this.serviceEnv(name) },
      cwd: PROJECT,
    };
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
      await until(
        name,
        async () => (await fetch(url, { signal: AbortSignal.timeout(3_000) })).ok,
        90_000,
        () => child.alive || (this.options.supervise ?? true),
      ).catch((error: unknown) => {
        throw new Error(`${error instanceof Error ? error.message : ''}\n${child.tail()}`, { cause: error });
      });
    }
  }

  child(name: string): Child {
    const child = this.children.get(name);
    if (!child) throw new Error(`no part ${name}`);
    return child;
  }

  pid(name: string): number | undefined {
    return this.children.get(name)?.pid;
  }

  signal(name: string, signal: NodeJS.Signals): void {
    this.child(name).signal(signal);
  }

  /** As a power cut would: no signal handler runs. Postgres' children go too. */
  async kill(name: string): Promise<void> {
    const child = this.child(name);
    child.leaving = true;
    const { pid } = child;
    if (pid !== undefined) {
      try {
        process.kill(-pid, 'SIGKILL');
      } catch {
        child.signal('SIGKILL');
      }
    }
    await child.gone();
  }

  /** Starts a killed or stopped part again and waits for it. */
  async revive(name: string): Promise<void> {
    if (this.stopping) throw new Error(`${name} does not start again: everything stops`);
    const child = this.child(name);
    if (name === 'postgres') await startAndWait(child, this.postgresAdminUrl);
    else child.start();
    await this.ready(name);
    this.save();
  }

  /** Drains one service and starts it anew: what `gongdan dev` and a rolling deploy do. */
  restart(name: string): Promise<void> {
    return this.turns.take(name, async () => {
      await this.child(name).stop();
      await this.revive(name);
    });
  }

  /** Services first, then what they stand on; nothing is left. */
  stop(): Promise<void> {
    return (this.stopped ??= this.end());
  }

  private async end(): Promise<void> {
    this.stopping = true;
    const services = [...SERVICES, ...this.replicas.keys()].flatMap((s) => this.children.get(s) ?? []);
    await Promise.all(services.map((c) => c.stop()));
    await this.mail?.stop();
    for (const name of INFRA) await this.children.get(name)?.stop(20_000);
    if (this.children.size > 0) this.save();
  }

  private port(name: PortName): number {
    return this.ports[name] ?? 0;
  }

  private async takePorts(): Promise<void> {
    const before = this.home.read().ports;
    const { portBase } = this.options;
    for (const [name, offset] of Object.entries(OFFSETS)) {
      const preferred = portBase === undefined ? (before[name] ?? 4_100 + offset) : portBase === 0 ? 0 : portBase + offset;
      this.ports[name] = await freePort(preferred);
    }
  }

  private save(): void {
    const pids: State['pids'] = {};
    for (const [name, child] of this.children) if (child.pid !== undefined) pids[name] = { pid: child.pid, marker: child.spec.marker };
    this.home.write({
      mode: this.options.mode ?? 'demo',
      ports: this.ports,
      pids,
      urls: this.stopping ? {} : this.urls,
      kafka: this.kafka,
      ...(this.mail ? { mailUrl: this.mail.url, smtpUrl: this.mail.smtpUrl } : {}),
    });
  }

  private readonly ended = (child: Child, how: string): void => {
    if (child.leaving || this.stopping) return;
    const { name } = child.spec;
    this.progress.line(`  ! ${name} ended by itself (${how}); see ${child.spec.log}`);
    if (!(this.options.supervise ?? true)) return;
    setTimeout(
      () => {
        if (this.stopping || child.alive) return;
        this.revive(name).then(
          () => this.progress.line(`  ✓ ${name} is back`),
          (error: unknown) => this.progress.line(`  ! ${name} does not come back: ${String(error).slice(0, 300)}`),
        );
      },
      this.patience.next(name, performance.now()),
    );
  };

  private killAll(): void {
    for (const child of this.children.values()) {
      const { pid } = child;
      try {
        if (pid !== undefined) process.kill(-pid, 'SIGKILL');
      } catch {
        // Gone already.
      }
    }
  }
}
