import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { about } from './dispatch/case-part.js';
import { type EventType, type Producer } from './event.js';
import { ALL_EVENTS } from './registry.js';
import { DIRECTORY, PACKS, TICKETS, topicOf, type TopicSpec } from './topics.js';

/** What the event definitions do not know. */
export interface AsyncApiInput {
  /** Names of the events that each service consumes. */
  consumes: Readonly<Record<string, readonly string[]>>;
  /** Version of the product, for `info.version`. */
  version?: string;
  /** Example payloads by event name: the golden fixtures. */
  examples?: Readonly<Record<string, readonly unknown[]>>;
}

type Json = Record<string, unknown>;

const CHANNELS: readonly { id: string; topic: TopicSpec }[] = [
  { id: 'tickets', topic: TICKETS },
  { id: 'packs', topic: PACKS },
  { id: 'directory', topic: DIRECTORY },
];
const KAFKA = '0.5.0';

/** The AsyncAPI 3.0.0 document of all events, made from the definitions that the services run on. Throws TypeError for a name that no service publishes. */
export function asyncApi(input: AsyncApiInput): object {
  const services = Object.keys(input.consumes).sort();
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Gongdan events',
      version: input.version ?? '0.1.0',
      description:
        'Events about tickets, process packs and the directory, published as CloudEvents 1.0 in binary mode on Kafka: the value of a record is the payload, and every ' +
        'attribute is a header `ce_<name>`. For one `ce_source`, `ce_org` and `ce_subject`, `ce_sequence` counts 1, 2, 3 … without gaps. Delivery is at ' +
        'least once: drop a sequence number that you have seen. Ignore properties that you do not know: an optional one may be added without a new version.',
      license: { name: 'Apache-2.0' },
    },
    defaultContentType: 'application/json',
    servers: {
      bus: {
        host: '{brokers}',
        protocol: 'kafka',
        description: 'KAFKA_BROKERS of the installation.',
        variables: { brokers: { default: '127.0.0.1:9092' } },
      },
    },
    channels: Object.fromEntries(CHANNELS.map(({ id, topic }) => [id, channel(topic)])),
    operations: Object.fromEntries([
      ...producers().flatMap((service) => operations('send', service, eventsOf(service))),
      ...services.flatMap((service) => operations('receive', service, eventsNamed(input.consumes[service] ?? [], service))),
    ]),
    components: {
      messages: Object.fromEntries(ALL_EVENTS.map((event) => [event.name, message(event, input.examples?.[event.name] ?? [])])),
      schemas: { CloudEventHeaders: cloudEventHeaders(), ...Object.fromEntries(SHARED.map(({ id, schema }) => [id, schema])) },
    },
  };
}

function producers(): Producer[] {
  return [...new Set(ALL_EVENTS.map((event) => event.producer))].sort();
}

function eventsOf(producer: string): EventType[] {
  return ALL_EVENTS.filter((event) => event.producer === producer);
}

function eventsNamed(names: readonly string[], service: string): EventType[] {
  const unknown = names.find((name) => !ALL_EVENTS.some((event) => event.name === name));
  if (unknown !== undefined) throw new TypeError(`${service} consumes ${unknown}, which no service publishes`);
  return ALL_EVENTS.filter((event) => names.includes(event.name));
}

function channel(topic: TopicSpec): Json {
  return {
    address: topic.name,
    description: topic.meaning,
    servers: [{ $ref: '#/servers/bus' }],
    messages: Object.fromEntries(
      ALL_EVENTS.filter((e) => topicOf(e.name) === topic).map((e) => [e.name, { $ref: `#/components/messages/${e.name}` }]),
    ),
    bindings: {
      kafka: {
        topic: topic.name,
        ...(topic.partitions === 'configured' ? {} : { partitions: topic.partitions }),
        ...(topic.compacted ? { topicConfiguration: { 'cleanup.policy': ['compact'] } } : {}),
        bindingVersion: KAFKA,
      },
    },
  };
}

function operations(action: 'send' | 'receive', service: string, events: readonly EventType[]): [string, Json][] {
  return CHANNELS.flatMap(({ id, topic }): [string, Json][] => {
    const here = events.filter((event) => topicOf(event.name) === topic);
    if (here.length === 0) return [];
    return [
      [
        `${service}.${action}.${id}`,
        {
          action,
          channel: { $ref: `#/channels/${id}` },
          title: `${service} ${action === 'send' ? 'publishes' : 'consumes'}`,
          tags: [{ name: service }],
          messages: here.map((event) => ({ $ref: `#/channels/${id}/messages/${event.name}` })),
          ...(action === 'receive'
            ? { bindings: { kafka: { groupId: { type: 'string', const: `gongdan-${service}` }, bindingVersion: KAFKA } } }
            : {}),
        },
      ],
    ];
  });
}

function message(event: EventType, examples: readonly unknown[]): Json {
  const payload = withReferences(jsonSchemaOf(event.schema));
  return {
    name: event.name,
    title: `${event.name} v${event.version}`,
    summary: event.meaning,
    contentType: 'application/json',
    correlationId: {
      description: 'The same through every event that one request or one import caused.',
      location: '$message.header#/ce_correlationid',
    },
    headers: {
      type: 'object',
      allOf: [{ $ref: '#/components/schemas/CloudEventHeaders' }],
      properties: {
        ce_source: { const: `/gongdan/${event.producer}` },
        ce_type: { const: event.name },
        ce_dataschema: { const: `urn:gongdan:event:${event.name}:${event.version}` },
        ce_eventversion: { const: String(event.version) },
      },
    },
    payload,
    bindings: { kafka: { key: { type: 'string', format: 'uuid', description: 'Equal to ce_subject.' }, bindingVersion: KAFKA } },
    ...(examples.length === 0 ? {} : { examples: examples.map((example, i) => ({ name: `example-${i + 1}`, payload: example })) }),
  };
}

function jsonSchemaOf(schema: z.ZodType): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { target: 'draft-7', io: 'input' });
  return rest;
}

// Thirty events have these properties; written out in each, they would be most of the document.
const SHARED = [
  { id: 'Case', property: 'case', schema: jsonSchemaOf(about.case) },
  { id: 'Cause', property: 'cause', schema: jsonSchemaOf(about.cause) },
  { id: 'Changes', property: 'changes', schema: jsonSchemaOf(about.changes) },
  { id: 'Ledger', property: 'ledger', schema: jsonSchemaOf(about.ledger) },
];

function withReferences(payload: Json): Json {
  const properties: Json = { ...(payload['properties'] as Json | undefined) };
  for (const { id, property, schema } of SHARED)
    if (isDeepStrictEqual(properties[property], schema)) properties[property] = { $ref: `#/components/schemas/${id}` };
  return { ...payload, properties };
}

function cloudEventHeaders(): Json {
  const uuid = { type: 'string', format: 'uuid' };
  const count = { type: 'string', pattern: '^[1-9][0-9]{0,15}$' };
  const properties: Record<string, Json> = {
    'content-type': { const: 'application/json' },
    ce_specversion: { const: '1.0' },
    ce_id: { ...uuid, description: 'Id of the event; the same however often it is delivered.' },
    ce_source: { type: 'string' },
    ce_type: { type: 'string' },
    ce_time: {
      type: 'string',
      format: 'date-time',
      description: 'When it happened, UTC with milliseconds: the instant that counts for clocks and figures.',
    },
    ce_subject: { ...uuid, description: 'Id of the ticket, of the version of a pack, or of the entry of the directory.' },
    ce_dataschema: { type: 'string', format: 'uri' },
    ce_eventversion: count,
    ce_org: { type: 'string', minLength: 1, maxLength: 64, description: 'The organisation.' },
    ce_sequence: {
      ...count,
      description: 'Place in the stream of (source, org, subject), from 1 without gaps. A gap is filled by waiting for the missing event.',
    },
    ce_partitionkey: { ...uuid, description: 'Equal to ce_subject.' },
    ce_correlationid: { type: 'string' },
    ce_authid: { type: 'string', description: 'Who did it: a person, a client, or system:<service>.' },
  };
  return {
    type: 'object',
    required: Object.keys(properties),
    properties: {
      ...properties,
      ce_authname: { type: 'string', description: 'Name of who did it, percent-encoded UTF-8.' },
      ce_causationid: { ...uuid, description: 'The event that caused this one.' },
      ce_traceparent: { type: 'string', description: 'W3C Trace Context.' },
      ce_sigkey: { type: 'string', description: 'Id of the key of the producer that signed the event.' },
      ce_sig: {
        type: 'string',
        description: 'Ed25519 signature, base64url, of the root of a hash tree over up to 16 messages (docs/adr/0022).',
      },
      ce_sigpath: {
        type: 'string',
        description: 'SHA-256 hashes from this message to the root, base64url; missing when the message was signed alone.',
      },
    },
  };
}
