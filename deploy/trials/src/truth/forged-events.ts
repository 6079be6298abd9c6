import { createPrivateKey, randomUUID } from 'node:crypto';
import { EventSigner } from '@gongdan/messaging';
import { type Client, eventSigningKey, SERVICES, type ServiceName } from 'gongdan';
import { type IHeaders, Kafka, logLevel, type Message, type Producer } from 'kafkajs';
import { must, type Product, type Trial, within } from '../trial.js';
import { create, fresh } from './desk.js';

const TICKETS = 'gongdan.tickets';
/** What a message says about who signed it. */
const SIGNATURE_HEADERS = ['ce_sig', 'ce_sigkey', 'ce_sigpath'];

interface Parked {
  kind: string;
  code: string;
  ticketId: string | null;
  headers: Record<string, string>;
}

/** A broker that anybody may write to, as one without access rules. */
async function broker<T>({ stack }: Product, work: (kafka: Kafka, producer: Producer) => Promise<T>): Promise<T> {
  const kafka = new Kafka({ brokers: [stack.kafka], clientId: 'intruder', logLevel: logLevel.NOTHING });
  const producer = kafka.producer();
  await producer.connect();
  try {
    return await work(kafka, producer);
  } finally {
    await producer.disconnect();
  }
}

function amended(ticket: string, seq: number, title: string): { key: string; headers: Record<string, string>; value: Buffer } {
  return {
    key: ticket,
    headers: {
      'content-type': 'application/json',
      ce_specversion: '1.0',
      ce_id: randomUUID(),
      ce_source: '/gongdan/intake',
      ce_type: 'intake.ticket-amended',
      ce_time: new Date().toISOString(),
      ce_subject: ticket,
      ce_dataschema: 'urn:gongdan:event:intake.ticket-amended:1',
      ce_eventversion: '1',
      ce_org: 'demo',
      ce_sequence: String(seq),
      ce_partitionkey: ticket,
      ce_correlationid: 'trial',
      ce_authid: 'mei',
    },
    value: Buffer.from(JSON.stringify({ title, amendedAt: new Date().toISOString() })),
  };
}

/** Reads the topic from its beginning until it has seen the genuine registration of the ticket, with its signature. */
async function genuine(kafka: Kafka, ticket: string): Promise<Message> {
  const consumer = kafka.consumer({ groupId: fresh('spy') });
  await consumer.connect();
  try {
    await consumer.subscribe({ topic: TICKETS, fromBeginning: true });
    return await new Promise<Message>((found, failed) => {
      setTimeout(() => failed(new Error('the topic does not hold the registration after 30 s')), 30_000).unref();
      void consumer.run({
        eachMessage: async ({ message }) => {
          if (String(message.key) === ticket && String(message.headers?.['ce_type']) === 'intake.ticket-registered')
            found({ key: message.key, value: message.value, headers: message.headers as IHeaders });
        },
      });
    });
  } finally {
    await consumer.disconnect();
  }
}

const titleIn = async (client: Client, ticket: string): Promise<unknown> =>
  (await client.must<{ ticket: { title: string } }>('reporting', 'GET', `/v1/tickets/${ticket}/history`, { as: 'ana' })).ticket.title;

async function parkedAt(client: Client, service: ServiceName): Promise<number> {
  return (await client.must<{ parked: { rows: number } }>(service, 'GET', '/v1/ops/bus', { as: 'ops' })).parked.rows;
}

async function metric(stack: Product['stack'], service: ServiceName, outcome: string): Promise<number> {
  const text = await (await fetch(`${stack.urls[service]}/metrics`)).text();
  return Number(new RegExp(`^gongdan_events_total\\{[^}]*outcome="${outcome}"[^}]*\\} (\\S+)`, 'm').exec(text)?.[1] ?? 0);
}

const codesOf = async (client: Client, service: ServiceName, code: string): Promise<Parked[]> =>
  client.must<Parked[]>(service, 'GET', `/v1/ops/parked?limit=500&code=${code}`, { as: 'ops' });

type Forge = (
  genuine: Message,
  forged: ReturnType<typeof amended>,
) => { topic?: string; partition?: number; message: Message; code: string };

const own = (of: Message): Record<string, string> =>
  Object.fromEntries(Object.entries(of.headers ?? {}).map(([name, value]) => [name, String(value)]));

/** Each returns a message that an intruder at the broker can send with what it reads there, and the code under which it must be parked. */
const FORGERIES: Record<string, Forge> = {
  'without a signature': (_, m) => ({ message: m, code: 'messaging/unsigned' }),
  'with a signature of noise': (_, m) => ({
    message: { ...m, headers: { ...m.headers, ce_sigkey: 'local', ce_sig: 'A'.repeat(86) } },
    code: 'messaging/bad-signature',
  }),
  'with an unknown key': (_, m) => ({
    message: { ...m, headers: { ...m.headers, ce_sigkey: '../../local', ce_sig: 'A'.repeat(86) } },
    code: 'messaging/unknown-key',
  }),
  'with the signature of another message': (g, m) => ({
    message: {
      ...m,
      headers: { ...m.headers, ...Object.fromEntries(SIGNATURE_HEADERS.flatMap((h) => (own(g)[h] ? [[h, own(g)[h]]] : []))) } as IHeaders,
    },
    code: 'messaging/bad-signature',
  }),
  'as the genuine registration with the next number': (g) => ({
    message: { ...g, headers: { ...own(g), ce_sequence: '2' } },
    code: 'messaging/bad-signature',
  }),
  'as the genuine registration with another payload': (g) => ({
    message: { ...g, value: Buffer.from(String(g.value).replace('断网', '假的')), headers: own(g) },
    code: 'messaging/bad-signature',
  }),
  'as the genuine registration of another organisation': (g) => ({
    message: { ...g, headers: { ...own(g), ce_org: 'evil' } },
    code: 'messaging/bad-signature',
  }),
  'as the genuine registration of another ticket': (g) => {
    const ticket = randomUUID();
    return {
      message: { ...g, key: ticket, headers: { ...own(g), ce_subject: ticket, ce_partitionkey: ticket } },
      code: 'messaging/bad-signature',
    };
  },
  'as the genuine registration on the topic of packs': (g) => ({ topic: 'gongdan.packs', message: g, code: 'messaging/wrong-topic' }),
  'as the genuine registration under another key': (g) => ({ message: { ...g, key: randomUUID() }, code: 'messaging/wrong-key' }),
};

/** A new ticket that reporting has applied, with its registration as it stands on the topic. */
async function reported(client: Client, kafka: Kafka) {
  const { id } = await create(client);
  await within(20_000, `ticket ${id} has not reached reporting`, async () => (await titleIn(client, id)) === '断网');
  return { id, first: await genuine(kafka, id) };
}

/** Fault 8. */
export const forgedEvents: Trial = {
  name: 'forged-events',
  claim:
    'An event that its producer did not sign changes nothing, is parked with an alarm, and the genuine event of its number is applied.',
  async run(product) {
    const { client, stack } = product;
    return broker(product, async (kafka, producer) => {
      for (const [how, forge] of Object.entries(FORGERIES)) {
        const { id, first } = await reported(client, kafka);
        const { message, code, topic = TICKETS } = forge(first, amended(id, 2, '伪造'));
        const before = { parked: await parkedAt(client, 'reporting'), metric: await metric(stack, 'reporting', 'unproven') };
        const codes = (await codesOf(client, 'reporting', code)).length;
        await producer.send({ topic, messages: [message] });
        // Dispatch owns the topic of packs; of the readers, dispatch is not one of them.
        await within(15_000, `a message ${how} is not parked as ${code} in reporting`, async () => {
          const now = await codesOf(client, 'reporting', code);
          return now.length > codes || codes >= 500;
        });
        must((await parkedAt(client, 'reporting')) > before.parked, `the bus status does not count the message ${how}`);
        if (code !== 'messaging/wrong-key')
          must(
            (await metric(stack, 'reporting', 'unproven')) > before.metric,
            `gongdan_events_total{outcome="unproven"} does not count the message ${how}`,
          );
        must((await titleIn(client, id)) === '断网', `the message ${how} was believed`);
        const change = await client.call('intake', 'PATCH', `/v1/tickets/${id}`, { as: 'mei', body: { title: '真的' } });
        // Dispatch may have taken the ticket meanwhile; then its own later events prove that the stream goes on.
        if (change.status === 200)
          await within(
            20_000,
            `after a message ${how} the genuine amendment is not applied`,
            async () => (await titleIn(client, id)) === '真的',
          );
        const acted = await client.call('dispatch', 'POST', `/v1/cases/${id}/actions/accept`, { as: 'li', body: {} });
        must(acted.status === 200, `after a message ${how} dispatch does not act on the ticket: ${acted.text.slice(0, 200)}`);
      }
      for (const s of SERVICES) must((await fetch(`${stack.urls[s]}/health/ready`)).ok, `${s} is not ready afterwards`);
      return `${Object.keys(FORGERIES).length} forgeries were refused`;
    });
  },
};

function parseKey(setting: string): { id: string; key: ReturnType<typeof createPrivateKey> } {
  const [id = '', der = ''] = setting.split(':');
  return { id, key: createPrivateKey({ key: Buffer.from(der, 'base64'), format: 'der', type: 'pkcs8' }) };
}

/** Fault 8: a producer that was restored from an old backup signs other events under numbers that it has used already. */
export const conflictingEvents: Trial = {
  name: 'conflicting-events',
  claim:
    'A signed event under a number that another event has already raises the alarm, is parked, and changes nothing; the same event again is a duplicate.',
  async run(product) {
    const { client, stack } = product;
    const signer = new EventSigner(parseKey(eventSigningKey(stack.home, 'intake')));
    return broker(product, async (kafka, producer) => {
      const { id, first } = await reported(client, kafka);
      const before = await metric(stack, 'reporting', 'conflicting');
      const duplicates = await metric(stack, 'reporting', 'duplicate');
      await producer.send({ topic: TICKETS, messages: [first, first] });
      await within(
        15_000,
        'the same event again is not counted as a duplicate',
        async () => (await metric(stack, 'reporting', 'duplicate')) >= duplicates + 2,
      );
      must((await metric(stack, 'reporting', 'conflicting')) === before, 'the same event again is called a conflict');
      await producer.send({ topic: TICKETS, messages: signer.sign(TICKETS, [amended(id, 1, '另一个')]) as Message[] });
      await within(
        15_000,
        'the conflict is not counted in gongdan_events_total{outcome="conflicting"}',
        async () => (await metric(stack, 'reporting', 'conflicting')) > before,
      );
      const parked = (await codesOf(client, 'reporting', 'messaging/conflicting-event')).filter((p) => p.kind === 'conflict');
      must(parked.length > 0, 'the conflict is not parked');
      must((await titleIn(client, id)) === '断网', 'the conflicting event was applied');
      const acted = await client.call('dispatch', 'POST', `/v1/cases/${id}/actions/accept`, { as: 'li', body: {} });
      must(acted.status === 200, `the ticket does not go on after the conflict: ${acted.text.slice(0, 200)}`);
      await within(20_000, 'the events after the conflict are not applied', async () => {
        const { ticket } = await client.must<{ ticket: { state: string } }>('reporting', 'GET', `/v1/tickets/${id}/history`, { as: 'ana' });
        return ticket.state === 'accepted';
      });
      return `${parked.length} conflict parked, 2 duplicates dropped`;
    });
  },
};
