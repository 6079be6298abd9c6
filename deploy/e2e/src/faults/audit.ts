import { expect } from '@jest/globals';
import { type CaughtMail, type Client, SERVICES, type ServiceName } from 'gongdan';
import type pg from 'pg';
import { type Broken, clockTruth } from './clock-oracle.js';
import { type HookReceiver } from './hook-receiver.js';
import { type Load, ORG, ROOT } from './load.js';
import { type Streams } from './streams.js';

/** Runs a query in the database of a service. */
export type Sql = <T extends pg.QueryResultRow>(service: ServiceName, text: string) => Promise<T[]>;

/** The services whose events each service applies. A service has no marks for producers whose events it does not handle. */
const FOLLOWS: Readonly<Record<ServiceName, readonly ServiceName[]>> = {
  intake: ['dispatch'],
  dispatch: ['intake'],
  sla: ['intake', 'dispatch'],
  notify: ['intake', 'dispatch', 'sla'],
  reporting: ['intake', 'dispatch', 'sla', 'notify'],
};
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

/** Every acknowledged create exists exactly once, and nothing else does. */
export async function creates(sql: Sql, load: Load): Promise<void> {
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
export function actions(load: Load, streams: Streams): void {
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
export async function logsAndMarks(sql: Sql, streams: Streams): Promise<void> {
  for (const producer of SERVICES) {
    const rows = await sql<{ ticket_id: string; seq: string; event_id: string; data: string }>(
      producer,
      `select ticket_id, seq, event_id, data::text as data from ticket_event
       where org = '${ORG}' and name not like 'dispatch.pack-%' and name !~ '^dispatch\\.(unit|person|membership|deputy|presence)-changed$'
       order by ticket_id, seq`,
    );
    const recorded = new Map<string, string[]>();
    for (const r of rows) {
      const list = recorded.get(`${producer} ${r.ticket_id}`) ?? [];
      recorded.set(`${producer} ${r.ticket_id}`, list);
      list.push(`${r.seq} ${r.event_id} ${r.data}`);
    }
    const published = [...streams].filter(([key]) => key.startsWith(`${producer} `));
    expect(published.length).toBe(recorded.size);
    // The version of a case is the number of the event.
    for (const [key, events] of published)
      for (const e of events) {
        const version = (e.data['case'] as { version: number } | undefined)?.version;
        if (version !== undefined) expect({ key, version }).toEqual({ key, version: Number(e.seq) });
      }
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
export function clocks(streams: Streams): void {
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
export async function figures(client: Client, streams: Streams): Promise<void> {
  const recount: Record<string, number> = {};
  for (const key of streams.keys()) {
    const [producer, ticketId] = key.split(' ');
    if (producer !== 'intake') continue;
    const last = streams.get(`dispatch ${ticketId}`)?.at(-1)?.data['case'] as { state: string } | undefined;
    const state = last?.state ?? 'received';
    recount[state] = (recount[state] ?? 0) + 1;
  }
  const stats = await client.must<{ items: { key: string; total: number }[] }>('reporting', 'GET', '/v1/stats?by=state', { as: ROOT });
  expect(Object.fromEntries(stats.items.map((i) => [i.key, i.total]))).toEqual(recount);
}

/** Each closing reached the receiver; a repeated delivery had the same id and the same body. */
export function webhooks(hooks: HookReceiver, streams: Streams): void {
  const closings = [...streams].flatMap(([key, events]) =>
    key.startsWith('dispatch ') ? events.filter((e) => e.name === 'dispatch.ticket-closed') : [],
  );
  const { accepted } = hooks;
  const bodies = [...accepted.values()].join('\n');
  expect(closings.filter((e) => !bodies.includes(e.id)).map((e) => e.id)).toEqual([]);
  expect(accepted.size).toBe(closings.length);
  expect(hooks.changed).toEqual([]);
}

/** No mail went out twice; each planned message was accepted, failed or is in doubt (plain SMTP cannot show whether it arrived), and its state shows which. */
export async function mails(sql: Sql, caught: readonly CaughtMail[], load: Load): Promise<void> {
  const ids = caught.map((m) => m.messageId);
  expect(ids.length - new Set(ids).size).toBe(0);
  const receipts = new Map<string, number>();
  for (const m of caught.filter((mail) => /We have your request/.test(mail.subject)))
    receipts.set(m.to.join(), (receipts.get(m.to.join()) ?? 0) + 1);
  expect([...receipts.values()].filter((n) => n > 1)).toEqual([]);
  const doubtful = await sql<{ n: string }>('notify', `select count(*) as n from messages where state <> 'accepted'`);
  expect(receipts.size).toBeGreaterThanOrEqual(load.created.size - Number(doubtful[0]?.n ?? 0));
}
