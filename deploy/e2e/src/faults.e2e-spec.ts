import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { addressOf, TICKETS } from '@gongdan/contracts';
import { newId } from '@gongdan/kernel';
import { type BusMessage, KafkaBus } from '@gongdan/messaging';
import { eventually } from '@gongdan/testing';
import { Client, publishPack, SERVICES, Stack, untilQuiet } from 'gongdan';
import pg from 'pg';

const ORG = 'storm';
const agent = { id: 'mei', org: ORG, roles: ['agent'], units: ['front-desk'] };
const handler = { id: 'li', org: ORG, roles: ['handler'], units: ['network'] };
const root = { id: 'root', org: ORG, roles: ['admin'] };

interface Acked {
  id: string;
  number: string;
}

/** Steady load that never gives up: a request that got no answer is sent again with its key, as a good client does. */
class Load {
  readonly acked = new Map<string, Acked>();
  readonly failures = new Map<string, number>();
  actions = 0;
  private stopping = false;
  private workers: Promise<void>[] = [];

  constructor(private readonly client: Client) {}

  start(creators: number, actors: number): void {
    this.workers = [
      ...Array.from({ length: creators }, () => this.create()),
      ...Array.from({ length: actors }, (_, i) => this.act(i, actors)),
    ];
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await Promise.all(this.workers);
  }

  private async create(): Promise<void> {
    while (!this.stopping) {
      const key = newId();
      const body = {
        pack: 'starter',
        type: 'complaint',
        category: 'network',
        title: `storm ${key}`,
        language: 'en',
        contact: { phone: '13800001111', email: `${key}@example.org` },
      };
      const answer = await this.insist(() =>
        this.client.call<Record<string, string>>('intake', 'POST', '/v1/tickets', {
          as: agent,
          body,
          headers: { 'idempotency-key': `"${key}"` },
          timeoutMs: 5_000,
        }),
      );
      this.acked.set(key, { id: answer['id'] ?? '', number: answer['number'] ?? '' });
      await pace(120);
    }
  }

  private async act(part: number, parts: number): Promise<void> {
    const done = new Set<string>();
    while (!this.stopping) {
      const next = [...this.acked.values()].find((t, i) => i % parts === part && !done.has(t.id));
      if (!next) {
        await pace(100);
        continue;
      }
      done.add(next.id);
      for (const [action, body] of [
        ['accept', {}],
        ['reply', { text: 'on it' }],
        ['resolve', { solution: 'fixed' }],
        ['close', {}],
      ] as const) {
        // 409 after a lost answer means it was done; 404 that the ticket has not reached dispatch yet.
        await this.insist(
          () => this.client.call('dispatch', 'POST', `/v1/cases/${next.id}/actions/${action}`, { as: handler, body, timeoutMs: 5_000 }),
          [409],
        );
        this.actions += 1;
      }
      await pace(50);
    }
  }

  private async insist<T>(send: () => Promise<{ status: number; body: T; text: string }>, fine: number[] = []): Promise<T> {
    for (;;) {
      try {
        const answer = await send();
        if (answer.status < 300 || fine.includes(answer.status)) return answer.body;
        this.count(`HTTP ${answer.status} ${/"code":"([^"]+)"/.exec(answer.text)?.[1] ?? ''}`);
      } catch (error) {
        this.count(error instanceof Error ? error.name : 'error');
      }
      await pace(150);
    }
  }

  private count(what: string): void {
    this.failures.set(what, (this.failures.get(what) ?? 0) + 1);
  }
}

const pace = (ms: number): Promise<void> => new Promise((wake) => setTimeout(wake, ms));

/** The whole topic, partition by partition, in order. */
async function readTopic(brokers: string): Promise<BusMessage[]> {
  const bus = new KafkaBus({ brokers: [brokers], clientId: 'auditor', partitions: 12, sessionTimeoutMs: 6_000 });
  const group = `audit-${newId()}`;
  const messages: BusMessage[] = [];
  const subscription = await bus.subscribe(group, {
    topics: [TICKETS.name],
    onBatch: async (batch) => void messages.push(...batch),
    onFatal: () => undefined,
  });
  await eventually(async () => expect((await bus.lag(group, [TICKETS.name])).reduce((sum, l) => sum + l.lag, 0)).toBe(0), 60_000);
  await subscription.stop();
  await bus.close();
  return messages.sort((a, b) => a.partition - b.partition || Number(BigInt(a.position) - BigInt(b.position)));
}

describe('kill -9 of everything in turn, under load', () => {
  let stack: Stack;
  let client: Client;
  const folder = mkdtempSync(join(tmpdir(), 'gongdan-storm-'));

  beforeAll(async () => {
    chmodSync(folder, 0o755);
    // Durable Postgres, as deployed.
    stack = await Stack.start({
      home: join(folder, 'home'),
      mode: 'demo',
      portBase: 0,
      quiet: true,
      supervise: false,
      // One caller makes all the load.
      env: { RATE_CALLER_PER_S: '0', RATE_ORG_PER_S: '0' },
    });
    client = new Client(stack.home, stack.urls);
    await publishPack(client, 'starter', root);
  });
  afterAll(async () => {
    await stack.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const sql = async <T extends pg.QueryResultRow>(service: (typeof SERVICES)[number], text: string): Promise<T[]> => {
    const db = new pg.Client({ connectionString: stack.databaseUrl(service) });
    await db.connect();
    try {
      return (await db.query<T>(text)).rows;
    } finally {
      await db.end();
    }
  };

  it('loses nothing, does nothing twice, and counts right', async () => {
    const load = new Load(client);
    load.start(2, 2);
    const faults: string[] = [];
    for (const name of [...SERVICES, 'kafka', 'postgres', 'redis']) {
      const before = load.acked.size;
      await eventually(() => expect(load.acked.size).toBeGreaterThan(before + 15), 60_000);
      await stack.kill(name);
      await pace(1_000);
      await stack.revive(name);
      faults.push(name);
    }
    const before = load.acked.size;
    await eventually(() => expect(load.acked.size).toBeGreaterThan(before + 30), 60_000);
    await load.stop();
    const { parked } = await untilQuiet(client, 120_000);
    await eventually(
      async () => expect(await sql('notify', `select 1 from messages where state in ('planned', 'sending')`)).toEqual([]),
      120_000,
    );
    await untilQuiet(client, 60_000);
    console.log(
      `${load.acked.size} creates and ${load.actions} actions acknowledged through ${faults.length} kills (${faults.join(', ')}); answers that were not: ${JSON.stringify(Object.fromEntries(load.failures))}`,
    );
    const unexpected = SERVICES.flatMap((name) => readFileSync(stack.home.log(name), 'utf8').split('\n')).filter((l) =>
      l.includes('"message":"unexpected"'),
    );
    if (unexpected.length > 0) console.log(unexpected.slice(0, 5).join('\n'));
    expect(load.acked.size).toBeGreaterThan(150);
    expect(parked).toBe(0);

    // Every acknowledged create exists exactly once, and nothing else does.
    const tickets = await sql<{ id: string; number: string }>(
      'intake',
      `select id, number from tickets where org = '${ORG}' and title like 'storm %'`,
    );
    expect(new Set(tickets.map((t) => t.id))).toEqual(new Set([...load.acked.values()].map((t) => t.id)));
    expect(tickets).toHaveLength(load.acked.size);
    expect(new Set(tickets.map((t) => t.number)).size).toBe(tickets.length);

    // Every stream on the topic is gapless and in order; repetitions are equal byte for byte; its length is what its producer recorded.
    const messages = await readTopic(stack.kafka);
    const streams = new Map<string, { last: number; values: Map<number, string> }>();
    const states = new Map<string, string>();
    for (const m of messages) {
      const a = addressOf(m.headers);
      if (!a || a.org !== ORG) continue;
      const key = `${a.producer} ${a.ticketId}`;
      const stream = streams.get(key) ?? { last: 0, values: new Map<number, string>() };
      streams.set(key, stream);
      const content = `${a.id} ${m.value?.toString('utf8')}`;
      if (a.seq <= stream.last) {
        expect(content).toBe(stream.values.get(a.seq));
        continue;
      }
      expect({ key, seq: a.seq }).toEqual({ key, seq: stream.last + 1 });
      stream.last = a.seq;
      stream.values.set(a.seq, content);
      if (a.producer === 'intake') states.set(a.ticketId, states.get(a.ticketId) ?? 'received');
      if (a.producer === 'dispatch')
        states.set(a.ticketId, (JSON.parse(m.value?.toString('utf8') ?? '{}') as { case?: { state: string } }).case?.state ?? '');
    }
    for (const s of SERVICES) {
      for (const { ticket_id, n } of await sql<{ ticket_id: string; n: string }>(
        s,
        `select ticket_id, max(seq) as n from ticket_event where org = '${ORG}' and name not like 'dispatch.pack-%' group by 1`,
      )) {
        expect({ s, ticket_id, n: streams.get(`${s} ${ticket_id}`)?.last }).toEqual({ s, ticket_id, n: Number(n) });
      }
    }

    // Reporting equals a recount of the topic.
    const recount: Record<string, number> = {};
    for (const state of states.values()) recount[state] = (recount[state] ?? 0) + 1;
    const stats = await client.must<{ items: { key: string; total: number }[] }>('reporting', 'GET', '/v1/stats?by=state', { as: root });
    expect(Object.fromEntries(stats.items.map((i) => [i.key, i.total]))).toEqual(recount);

    // No mail twice; each planned message was taken, given up or is in doubt (plain SMTP: nobody can know), and says so.
    const mails = stack.mail?.mails ?? [];
    const ids = mails.map((m) => m.messageId);
    expect(ids.length - new Set(ids).size).toBe(0);
    const receipts = new Map<string, number>();
    for (const m of mails.filter((mail) => /We have your request/.test(mail.subject)))
      receipts.set(m.to.join(), (receipts.get(m.to.join()) ?? 0) + 1);
    expect([...receipts.values()].filter((n) => n > 1)).toEqual([]);
    const doubtful = await sql<{ n: string }>('notify', `select count(*) as n from messages where state <> 'accepted'`);
    expect(receipts.size).toBeGreaterThanOrEqual(load.acked.size - Number(doubtful[0]?.n ?? 0));
  }, 420_000);
});
