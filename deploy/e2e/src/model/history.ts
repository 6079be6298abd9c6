import { addressOf, DIRECTORY, PACKS, TICKETS } from '@gongdan/contracts';
import { newId } from '@gongdan/kernel';
import { type BusMessage, KafkaBus } from '@gongdan/messaging';
import { eventually } from '@gongdan/testing';
import { type History, type PackDocument, type Told } from './checker/documents.js';
import { type Entry } from './checker/people.js';

/** What the bus tells about one organisation. */
export interface OrgHistory {
  histories: Map<string, History>;
  entries: Entry[];
  packs: Map<string, PackDocument>;
  /** Gaps and repetitions that differ. */
  problems: string[];
  repeated: number;
}

async function readAll(brokers: string, topics: readonly string[]): Promise<BusMessage[]> {
  const bus = new KafkaBus({ brokers: [brokers], clientId: 'model-check', partitions: 12, sessionTimeoutMs: 6_000 });
  const group = `model-check-${newId()}`;
  const messages: BusMessage[] = [];
  const subscription = await bus.subscribe(group, {
    topics,
    onBatch: async (batch) => void messages.push(...batch),
    onFatal: () => undefined,
  });
  await eventually(async () => {
    const lag = (await bus.lag(group, [...topics])).reduce((sum, l) => sum + l.lag, 0);
    if (lag > 0) throw new Error(`${lag} messages are not read yet`);
  }, 60_000);
  await subscription.stop();
  await bus.close();
  return messages.sort((a, b) => a.partition - b.partition || Number(BigInt(a.position) - BigInt(b.position)));
}

const KINDS: Readonly<Record<string, [kind: Entry['kind'], id: (d: Record<string, unknown>) => string]>> = {
  'dispatch.unit-changed': ['unit', (d) => String(d['key'])],
  'dispatch.person-changed': ['person', (d) => String(d['id'])],
  'dispatch.membership-changed': ['membership', (d) => `${String(d['person'])}|${typeof d['unit'] === 'string' ? d['unit'] : ''}`],
  'dispatch.deputy-changed': ['deputy', (d) => String(d['id'])],
  'dispatch.presence-changed': ['presence', (d) => String(d['person'])],
};

/** Reads the topics from their beginning, by organisation. */
export async function readBus(brokers: string): Promise<Map<string, OrgHistory>> {
  const orgs = new Map<string, OrgHistory>();
  const seen = new Map<string, string>();
  for (const m of await readAll(brokers, [TICKETS.name, DIRECTORY.name, PACKS.name])) {
    const a = addressOf(m.headers);
    if (a === undefined) continue;
    const org: OrgHistory = orgs.get(a.org) ?? { histories: new Map(), entries: [], packs: new Map(), problems: [], repeated: 0 };
    orgs.set(a.org, org);
    const text = m.value?.toString('utf8') ?? '{}';
    const place = `${a.producer} ${a.ticketId} ${a.seq}`;
    const known = seen.get(`${a.org} ${place}`);
    if (known !== undefined) {
      org.repeated += 1;
      if (known !== `${a.id} ${text}`) org.problems.push(`${place} was published with two contents`);
      continue;
    }
    seen.set(`${a.org} ${place}`, `${a.id} ${text}`);
    const data = JSON.parse(text) as Record<string, unknown>;
    const kind = KINDS[a.name];
    if (kind !== undefined) {
      const [name, id] = kind;
      const value = data[name] as Record<string, unknown> | undefined;
      org.entries.push({ kind: name, id: id(data), at: Date.parse(m.headers['ce_time'] ?? ''), ...(value === undefined ? {} : { value }) });
    } else if (a.name === 'dispatch.pack-published') {
      org.packs.set(`${String(data['key'])} ${String(data['version'])}`, data['pack'] as PackDocument);
    } else if (a.name === 'intake.ticket-registered') {
      const registered = { at: m.headers['ce_time'] ?? '', by: m.headers['ce_authid'] ?? '', data: data as never };
      const known = org.histories.get(a.ticketId);
      org.histories.set(a.ticketId, { ticketId: a.ticketId, registered, told: known?.told ?? [], heard: known?.heard ?? [] });
    } else if (a.producer === 'sla' || a.producer === 'intake') {
      org.histories.get(a.ticketId)?.heard?.push({ id: a.id, name: a.name, at: Date.parse(m.headers['ce_time'] ?? ''), data });
    } else if (a.producer === 'dispatch') {
      const history = org.histories.get(a.ticketId);
      if (history === undefined) {
        org.problems.push(`dispatch tells of ${a.ticketId}, which was never registered`);
        continue;
      }
      history.told.push({
        id: a.id,
        name: a.name,
        seq: a.seq,
        by: m.headers['ce_authid'] ?? '',
        correlation: m.headers['ce_correlationid'] ?? '',
        ...(m.headers['ce_causationid'] === undefined ? {} : { causation: m.headers['ce_causationid'] }),
        data: data as Told['data'],
      });
    }
  }
  return orgs;
}
