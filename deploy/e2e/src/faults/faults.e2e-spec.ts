import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@gongdan/testing';
import { Client, publishPack, SERVICES, type ServiceName, Stack, untilQuiet } from 'gongdan';
import pg from 'pg';
import { type Broken, clockTruth } from './clock-oracle.js';
import { HookReceiver } from './hook-receiver.js';
import { Load, ORG, pause, seeded } from './load.js';
import { stormPack } from './storm-pack.js';
import { readStreams, type Streams } from './streams.js';

const root = { id: 'root', org: ORG, roles: ['admin'] };
/** The services whose events each service applies. A service has no marks for producers whose events it does not handle. */
const FOLLOWS: Readonly<Record<ServiceName, readonly ServiceName[]>> = {
  intake: ['dispatch'],
  dispatch: ['intake'],
  sla: ['intake', 'dispatch'],
  notify: ['intake', 'dispatch', 'sla'],
  reporting: ['intake', 'dispatch', 'sla', 'notify'],
};
/** Longer than the lease of an outbox partition (10 s) and the session of a consumer (6 s on the local stack). */
const BEYOND_LEASES_MS = 11_500;
/** Names of the events that acknowledged actions must have left, by action of the starter pack. */
const EVENT_OF: Readonly<Record<string, string>> = {
  accept: 'accepted',
  reply: 'replied',
  suspend: 'suspended',
  resume: 'resumed',
  return: 'returned',
  transfer: 'transferred',
  resolve: 'resolved',
  close: 'closed',
  reopen: 'reopened',
  cancel: 'cancelled',
};

describe('under load, with each part killed, each part paused beyond its leases, and pairs of both', () => {
  let stack: Stack;
  let client: Client;
  let hooks: HookReceiver | undefined;
  const folder = mkdtempSync(join(tmpdir(), 'gongdan-storm-'));
  const pack = stormPack();
  const faults: string[] = [];

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
    await publishPack(client, pack.folder, root);
    const receiver = (hooks = await HookReceiver.start());
    await client.must('notify', 'POST', '/v1/webhooks', { as: root, body: { url: receiver.url, types: ['dispatch.ticket-closed'] } });
  });
  afterAll(async () => {
    await stack.stop();
    hooks?.stop();
    pack.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  const sql = async <T extends pg.QueryResultRow>(service: ServiceName, text: string): Promise<T[]> => {
    const db = new pg.Client({ connectionString: stack.databaseUrl(service) });
    await db.connect();
    try {
      return (await db.query<T>(text)).rows;
    } finally {
      await db.end();
    }
  };

  /** Process ids of the Postgres backends that serve a service. */
  const backendsOf = async (service: ServiceName): Promise<number[]> =>
    (
      await sql<{ pid: number }>(service, 'select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()')
    ).map((r) => r.pid);

  const signalAll = (pids: readonly number[], signal: NodeJS.Signals): void => {
    for (const pid of pids) {
      try {
        process.kill(pid, signal);
      } catch {
        // The backend ended meanwhile.
      }
    }
  };

  async function killed(name: string): Promise<void> {
    faults.push(`kill ${name}`);
    await stack.kill(name);
    await pause(1_000);
    await stack.revive(name);
  }

  async function paused(...names: string[]): Promise<void> {
    faults.push(`pause ${names.join('+')}`);
    for (const name of names) stack.signal(name, 'SIGSTOP');
    await pause(BEYOND_LEASES_MS);
    for (const name of names) stack.signal(name, 'SIGCONT');
    for (const name of names) await stack.ready(name);
  }

  /** Pauses the database of a service while the service is killed and started again. */
  async function databasePausedAndKilled(service: ServiceName): Promise<void> {
    faults.push(`pause database of ${service}, kill ${service}`);
    const backends = await backendsOf(service);
    signalAll(backends, 'SIGSTOP');
    await pause(500);
    await stack.kill(service);
    await pause(500);
    signalAll(backends, 'SIGCONT');
    await stack.revive(service);
  }

  async function backendsPaused(): Promise<void> {
    faults.push('pause all Postgres backends');
    const backends = (await Promise.all(SERVICES.map(backendsOf))).flat();
    signalAll(backends, 'SIGSTOP');
    await pause(BEYOND_LEASES_MS);
    signalAll(backends, 'SIGCONT');
  }

  it('loses nothing, does nothing twice, fires each clock exactly once at its true instant, and counts right', async () => {
    const seed = Number(process.env['GONGDAN_FAULT_SEED'] ?? 20_261_128);
    const load = new Load(client, seeded(seed));
    const second = { dispatch: await stack.startReplica('dispatch'), sla: await stack.startReplica('sla') };
    load.start(3);
    const acknowledged = async (more: number): Promise<void> => {
      const before = load.created.size;
      await eventually(() => expect(load.created.size).toBeGreaterThan(before + more), 60_000);
    };
    for (const fault of [
      ...[...SERVICES, 'kafka', 'postgres', 'redis'].map((name) => () => killed(name)),
      () => paused('intake'),
      () => paused('dispatch'),
      () => paused(second.sla),
      () => paused('notify', 'reporting'),
      () => paused('kafka'),
      () => backendsPaused(),
      () => databasePausedAndKilled('dispatch'),
      () => databasePausedAndKilled('sla'),
      async () => {
        await Promise.all([killed(second.dispatch), killed('kafka')]);
      },
    ]) {
      await acknowledged(8);
      await fault();
    }
    await acknowledged(20);
    await load.stop();
    const { parked } = await untilQuiet(client, 120_000);
    expect(parked).toBe(0);

    // Every clock that still runs reaches its due instant before the audit.
    const ends = await openClocksEnd();
    await eventually(async () => expect(await firedSince(ends)).toBe(true), Math.max(0, ends - Date.now()) + 60_000);
    await eventually(
      async () => expect(await sql('notify', `select 1 from messages where state in ('planned', 'sending')`)).toEqual([]),
      150_000,
    );
    await untilQuiet(client, 60_000);
    console.log(
      `seed ${seed}: ${load.created.size} creates and ${load.actions.length} actions acknowledged through ${faults.length} faults (${faults.join('; ')}); other answers: ${JSON.stringify(Object.fromEntries(load.failures))}`,
    );
    const unexpected = SERVICES.flatMap((name) => readFileSync(stack.home.log(name), 'utf8').split('\n')).filter((l) =>
      l.includes('"message":"unexpected"'),
    );
    if (unexpected.length > 0) console.log(unexpected.slice(0, 5).join('\n'));
    expect(load.created.size).toBeGreaterThan(150);
    expect(load.lost).toEqual([]);

    const { streams, repeated } = await readStreams(stack.kafka);
    console.log(`${streams.size} streams; ${repeated} events arrived more than once`);
    await creates(load);
    actions(load, streams);
    await logsAndMarks(streams);
    await clocks(streams);
    await figures(streams);
    await webhooks(streams);
    await mails(load);
  }, 900_000);

  /** The latest due instant of all running clocks, in ms. */
  async function openClocksEnd(): Promise<number> {
    const { streams } = await readStreams(stack.kafka);
    let last = 0;
    for (const [key, events] of streams) {
      const [producer, ticketId] = key.split(' ');
      if (producer === 'dispatch') last = Math.max(last, Date.parse(clockTruth(ticketId ?? '', events).running?.dueAt ?? '1970-01-01'));
    }
    return last;
  }

  async function firedSince(instant: number): Promise<boolean> {
    if (Date.now() < instant) return false;
    const [row] = await sql<{ n: string }>(
      'sla',
      `select count(*) as n from clock_points where org = '${ORG}' and due_at <= to_timestamp(${instant / 1_000})`,
    );
    return Number(row?.n ?? NaN) === 0;
  }

  /** Every acknowledged create exists exactly once, and nothing else does. */
  async function creates(load: Load): Promise<void> {
    const tickets = await sql<{ id: string; number: string }>(
      'intake',
      `select id, number from tickets where org = '${ORG}' and title like 'storm %'`,
    );
    const stored = new Set(tickets.map((t) => t.id));
    const acknowledged = [...load.created.values()];
    expect(acknowledged.filter((t) => !stored.has(t.id)).map((t) => `${t.number} was acknowledged and is lost`)).toEqual([]);
    expect(tickets).toHaveLength(acknowledged.length);
    expect(new Set(tickets.map((t) => t.number)).size).toBe(tickets.length);
  }

  /** Every acknowledged action is on the topic, as the event of its version. */
  function actions(load: Load, streams: Streams): void {
    for (const { ticketId, action, version } of load.actions) {
      const names = (streams.get(`dispatch ${ticketId}`) ?? []).slice(0, version).map((e) => e.name.replace('dispatch.ticket-', ''));
      // A return or a reopening emits a second event, the dispatch: the version is that of the last.
      expect({ ticketId, action, version, found: names.slice(-2).includes(EVENT_OF[action] ?? '') }).toEqual({
        ticketId,
        action,
        version,
        found: true,
      });
    }
  }

  /** Topic and history are equal byte for byte, and every consumer has applied each stream to its end. */
  async function logsAndMarks(streams: Streams): Promise<void> {
    for (const producer of SERVICES) {
      const rows = await sql<{ ticket_id: string; seq: string; event_id: string; data: string }>(
        producer,
        `select ticket_id, seq, event_id, data::text as data from ticket_event where org = '${ORG}' and name not like 'dispatch.pack-%' order by ticket_id, seq`,
      );
      const recorded = new Map<string, string[]>();
      for (const r of rows) {
        const list = recorded.get(`${producer} ${r.ticket_id}`) ?? [];
        recorded.set(`${producer} ${r.ticket_id}`, list);
        list.push(`${r.seq} ${r.event_id} ${r.data}`);
      }
      const published = [...streams].filter(([key]) => key.startsWith(`${producer} `));
      expect(published.length).toBe(recorded.size);
      for (const [key, events] of published) {
        expect({ key, events: events.map((e) => `${e.seq} ${e.id} ${e.text}`) }).toEqual({ key, events: recorded.get(key) });
      }
    }
    for (const consumer of SERVICES) {
      const rows = await sql<{ key: string; last_seq: string }>(
        consumer,
        `select producer || ' ' || ticket_id as key, last_seq from marks where org = '${ORG}'`,
      );
      const marks = new Map(rows.map((r) => [r.key, Number(r.last_seq)]));
      for (const [key, events] of streams) {
        const producer = key.split(' ')[0] as ServiceName;
        if (FOLLOWS[consumer].includes(producer))
          expect({ consumer, key, mark: marks.get(key) }).toEqual({ consumer, key, mark: events.length });
      }
    }
    const history = await sql<{ key: string; ids: string[] }>(
      'reporting',
      `select producer || ' ' || ticket_id as key, array_agg(event_id::text order by seq) as ids from ticket_history where org = '${ORG}' group by 1`,
    );
    const held = new Map(history.map((r) => [r.key, r.ids]));
    for (const [key, events] of streams) expect({ key, ids: held.get(key) }).toEqual({ key, ids: events.map((e) => e.id) });
  }

  /** The breaches that sla published are exactly those that the oracle computes from the stream of dispatch. */
  async function clocks(streams: Streams): Promise<void> {
    const expected: Broken[] = [];
    const published: Broken[] = [];
    const warnings = new Map<string, number>();
    for (const [key, events] of streams) {
      const [producer, ticketId = ''] = key.split(' ');
      if (producer === 'dispatch') {
        const truth = clockTruth(ticketId, events);
        expected.push(...truth.broken);
        if (truth.running !== undefined) expected.push(truth.running);
      }
      if (producer !== 'sla') continue;
      let startedAt = '';
      for (const e of events) {
        if (e.name === 'sla.clock-started') startedAt = String(e.data['startedAt']);
        if (e.name === 'sla.clock-warned') warnings.set(`${ticketId} ${startedAt}`, (warnings.get(`${ticketId} ${startedAt}`) ?? 0) + 1);
        if (e.name !== 'sla.clock-breached') continue;
        published.push({ ticketId, startedAt, dueAt: String(e.data['dueAt']) });
        expect(Date.parse(String(e.data['firedAt']))).toBeGreaterThanOrEqual(Date.parse(String(e.data['dueAt'])));
      }
    }
    const sorted = (list: Broken[]): string[] => list.map((b) => `${b.ticketId} started ${b.startedAt} due ${b.dueAt}`).sort();
    expect(sorted(published)).toEqual(sorted(expected));
    expect(expected.length).toBeGreaterThan(20);
    expect([...warnings].filter(([, n]) => n > 1)).toEqual([]);
  }

  /** Reporting equals a recount of the topic. */
  async function figures(streams: Streams): Promise<void> {
    const recount: Record<string, number> = {};
    for (const key of streams.keys()) {
      const [producer, ticketId] = key.split(' ');
      if (producer !== 'intake') continue;
      const last = streams.get(`dispatch ${ticketId}`)?.at(-1)?.data['case'] as { state: string } | undefined;
      const state = last?.state ?? 'received';
      recount[state] = (recount[state] ?? 0) + 1;
    }
    const stats = await client.must<{ items: { key: string; total: number }[] }>('reporting', 'GET', '/v1/stats?by=state', { as: root });
    expect(Object.fromEntries(stats.items.map((i) => [i.key, i.total]))).toEqual(recount);
  }

  /** Each closing reached the receiver; a repeated delivery had the same id and the same body. */
  async function webhooks(streams: Streams): Promise<void> {
    const closings = [...streams].flatMap(([key, events]) =>
      key.startsWith('dispatch ') ? events.filter((e) => e.name === 'dispatch.ticket-closed') : [],
    );
    const accepted = hooks?.accepted ?? new Map<string, string>();
    const bodies = [...accepted.values()].join('\n');
    expect(closings.filter((e) => !bodies.includes(e.id)).map((e) => e.id)).toEqual([]);
    expect(accepted.size).toBe(closings.length);
    expect(hooks?.changed).toEqual([]);
  }

  /** No mail went out twice; each planned message was accepted, failed or is in doubt (plain SMTP cannot show whether it arrived), and its state shows which. */
  async function mails(load: Load): Promise<void> {
    const caught = stack.mail?.mails ?? [];
    const ids = caught.map((m) => m.messageId);
    expect(ids.length - new Set(ids).size).toBe(0);
    const receipts = new Map<string, number>();
    for (const m of caught.filter((mail) => /We have your request/.test(mail.subject)))
      receipts.set(m.to.join(), (receipts.get(m.to.join()) ?? 0) + 1);
    expect([...receipts.values()].filter((n) => n > 1)).toEqual([]);
    const doubtful = await sql<{ n: string }>('notify', `select count(*) as n from messages where state <> 'accepted'`);
    expect(receipts.size).toBeGreaterThanOrEqual(load.created.size - Number(doubtful[0]?.n ?? 0));
  }
});
