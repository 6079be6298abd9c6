import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type EventDraft,
  type EventEnvelope,
  type Producer,
  eventByName,
  fromWire,
  addressOf,
  TICKETS,
  topicOf,
  TOPICS,
  toWire,
  WATERMARKS,
} from '@gongdan/contracts';
import { type Instant, newId } from '@gongdan/kernel';
import { type BaseConfig, clockMigration, parseSigningKey, type ServiceDefinition } from '@gongdan/platform';
import { type TestDatabase, testDatabase } from '@gongdan/testing';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { type Bus, type BusMessage, type OutgoingMessage, type Subscription } from './kafka/bus.js';
import { MemoryBus } from './kafka/memory-bus.js';
import { messagingMigrations } from './migrations.js';
import { type RunningService, runService } from './run-service.js';
import { EventSigner } from './signatures/signatures.js';

const PRODUCERS = ['intake', 'dispatch', 'sla', 'notify', 'reporting'];

export { MemoryBus } from './kafka/memory-bus.js';

export interface TestPerson {
  id?: string;
  org?: string;
  roles?: string[];
  units?: string[];
  /** Lifetime of the token in jose's notation; an hour by default. */
  expires?: string;
}

export interface TestAnswer {
  status: number;
  headers: Headers;
  body: Record<string, unknown>;
  text: string;
}

export interface TestServiceOptions {
  bus?: Bus;
  env?: Record<string, string>;
  /** Run on the database of another test service: a second replica. */
  database?: TestDatabase;
}

/** A key pair for each producer, as an installation has them. */
const eventKeys = new Map(
  PRODUCERS.map((producer) => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    return [
      producer,
      {
        signing: `test:${privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64')}`,
        verify: `${producer}/test:${publicKey.export({ type: 'spki', format: 'der' }).toString('base64')}`,
      },
    ];
  }),
);
const signers = new Map<string, EventSigner>();

/** Messages with the signature of their producer, as its relay adds it. */
export function signedBy(producer: string, topic: string, messages: readonly OutgoingMessage[]): OutgoingMessage[] {
  const signer = signers.get(producer) ?? new EventSigner(parseSigningKey(eventKeys.get(producer)?.signing ?? ''));
  signers.set(producer, signer);
  return signer.sign(topic, messages);
}

let keys: Promise<{ file: string; sign: (p: TestPerson) => Promise<string> }> | undefined;

async function testKeys(): Promise<{ file: string; sign: (p: TestPerson) => Promise<string> }> {
  const { publicKey, privateKey } = await generateKeyPair('EdDSA', { extractable: true });
  const folder = await mkdtemp(join(tmpdir(), 'gongdan-keys-'));
  const file = join(folder, 'jwks.json');
  await writeFile(file, JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'test', alg: 'EdDSA', use: 'sig' }] }));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return {
    file,
    sign: (p) =>
      new SignJWT({ org: p.org ?? 'acme', roles: p.roles ?? ['admin'], units: p.units ?? [], name: p.id ?? 'root' })
        .setProtectedHeader({ alg: 'EdDSA', kid: 'test' })
        .setSubject(p.id ?? 'root')
        .setIssuer('gongdan-test')
        .setAudience('gongdan')
        .setIssuedAt()
        .setExpirationTime(p.expires ?? '1h')
        .sign(privateKey),
  };
}

/** A service as it runs in production, on a database of its own and a bus that delivers everything twice. */
export class TestService {
  private readonly observed: EventEnvelope[] = [];
  private readonly nextSeq = new Map<string, number>();
  private spy: Subscription | undefined;
  private watermarksPaused = false;
  private stating: Promise<void> | undefined;
  private readonly stater = setInterval(() => {
    this.stating ??= this.stateAll().finally(() => (this.stating = undefined));
  }, 50).unref();

  private constructor(
    readonly running: RunningService,
    readonly bus: Bus,
    readonly database: TestDatabase,
    private readonly ownsDatabase: boolean,
    private readonly sign: (p: TestPerson) => Promise<string>,
  ) {}

  static async start<C extends BaseConfig>(definition: ServiceDefinition<C>, options: TestServiceOptions = {}): Promise<TestService> {
    keys ??= testKeys();
    const { file, sign } = await keys;
    const bus = options.bus ?? new MemoryBus();
    await bus.ensureTopics(TOPICS);
    const database =
      options.database ?? (await testDatabase([clockMigration, ...messagingMigrations, ...definition.migrations], definition.name));
    const env = {
      GONGDAN_MODE: 'test',
      PORT: '0',
      KAFKA_BROKERS: 'none:1',
      [`${definition.name.toUpperCase()}_DB_URL`]: database.url,
      AUTH_JWKS: file,
      AUTH_ISSUER: 'gongdan-test',
      AUTH_AUDIENCE: 'gongdan',
      OPERATOR_ORG: 'acme',
      SEAL_KEY: Buffer.alloc(32, 7).toString('base64'),
      EVENT_SIGNING_KEY: eventKeys.get(definition.name)?.signing,
      EVENT_VERIFY_KEYS: [...eventKeys.values()].map((k) => k.verify).join(','),
      LOG_LEVEL: 'error',
      DRAIN_MS: '0',
      RATE_CALLER_PER_S: '0',
      RATE_ORG_PER_S: '0',
      ...options.env,
    };
    const running = await runService(definition, { env, bus, onFatal: (error) => { throw error; } }); // prettier-ignore
    const service = new TestService(running, bus, database, options.database === undefined, sign);
    service.spy = await bus.subscribe(`spy-${newId()}`, {
      topics: TOPICS.map((t) => t.name),
      onBatch: async (messages) => service.observe(messages),
      onFatal: () => undefined,
    });
    return service;
  }

  token(person: TestPerson = {}): Promise<string> {
    return this.sign(person);
  }

  async call(
    method: string,
    path: string,
    options: { as?: TestPerson | null; body?: unknown; headers?: Record<string, string>; raw?: string | Uint8Array | ReadableStream } = {},
  ): Promise<TestAnswer> {
    const headers: Record<string, string> = { ...options.headers };
    if (options.as !== null) headers['authorization'] ??= `Bearer ${await this.sign(options.as ?? {})}`;
    if (options.body !== undefined) headers['content-type'] ??= 'application/json';
    const body = options.raw ?? (options.body === undefined ? null : JSON.stringify(options.body));
    const answer = await fetch(`${this.running.url}${path}`, {
      method,
      headers,
      body,
      ...(body === null ? {} : { duplex: 'half' }),
    } as RequestInit);
    const text = await answer.text();
    return {
      status: answer.status,
      headers: answer.headers,
      text,
      body: /json/.test(answer.headers.get('content-type') ?? '') ? (JSON.parse(text) as Record<string, unknown>) : {},
    };
  }

  /** Publishes an event as its producer would, with the next number of its stream, for the service to consume. */
  async deliver(draft: EventDraft, more: Partial<EventEnvelope> = {}): Promise<EventEnvelope> {
    const producer = draft.name.split('.')[0] as EventEnvelope['producer'];
    const stream = `${producer}|${draft.org}|${draft.ticketId}`;
    const seq = more.seq ?? (this.nextSeq.get(stream) ?? 0) + 1;
    this.nextSeq.set(stream, seq);
    const event: EventEnvelope = {
      ...draft,
      id: draft.id ?? newId(),
      producer,
      seq,
      correlationId: `test-${randomBytes(4).toString('hex')}`,
      actor: { id: 'tester' },
      ...more,
    };
    const topic = topicOf(draft.name).name;
    await this.bus.publish(topic, signedBy(producer, topic, [toWire(event, JSON.stringify(draft.data))]));
    return event;
  }

  /**
   * Without this call intake and dispatch appear to state twenty times a second that everything until now is on the bus, as soon as this service
   * queries `Watermarks`. Afterwards they state nothing but what `stateWatermark` publishes. Await it: a statement under way reads the clock of the
   * database, and would read it after a shift that follows.
   */
  async pauseWatermarks(): Promise<void> {
    this.watermarksPaused = true;
    await this.stating;
  }

  resumeWatermarks(): void {
    this.watermarksPaused = false;
  }

  /** Publishes that everything the producer recorded before an instant stands before the present end of the topic. */
  async stateWatermark(producer: Producer, until: Instant): Promise<void> {
    const value = Buffer.from(JSON.stringify({ producer, until, ends: await this.bus.ends(TICKETS.name) }));
    const statement = { key: producer, headers: { 'content-type': 'application/json', ce_source: `/gongdan/${producer}` }, value };
    await this.bus.publish(WATERMARKS.name, signedBy(producer, WATERMARKS.name, [statement]));
  }

  /** The events that this service published about a ticket (about any, without one), in order, each once. */
  emitted(ticketId?: string): EventEnvelope[] {
    const own = this.observed.filter((e) => ticketId === undefined || e.ticketId === ticketId);
    return [...new Map(own.map((e) => [e.id, e])).values()];
  }

  async close(): Promise<void> {
    clearInterval(this.stater);
    await this.stating;
    await this.running.close();
    await this.spy?.stop();
    if (this.ownsDatabase) await this.database.drop();
  }

  private async stateAll(): Promise<void> {
    if (this.watermarksPaused || !(this.bus instanceof MemoryBus) || !this.bus.isTailed(WATERMARKS.name)) return;
    // Some tests make the database unavailable.
    const row = await this.running.app.database.one<{ now: Instant }>('select gongdan_now() as now').catch(() => undefined);
    if (row) for (const producer of ['intake', 'dispatch'] as const) await this.stateWatermark(producer, row.now);
  }

  // Only the service's own events: one that cannot be read would be delivered again and again, and hide what follows it.
  private observe(messages: BusMessage[]): void {
    for (const m of messages) {
      const address = addressOf(m.headers);
      if (address?.producer !== this.running.server.self) continue;
      const type = eventByName(address.name);
      if (type && m.value)
        this.observed.push(fromWire(address, m.headers, type.read(address.version, JSON.parse(m.value.toString('utf8')))));
    }
  }
}

export { TICKETS };
