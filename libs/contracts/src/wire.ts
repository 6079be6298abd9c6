import { type EventEnvelope, type Producer } from './event.js';

/**
 * A message in the Kafka binding of CloudEvents 1.0, binary mode: the value is the payload, and every attribute is a header `ce_<name>`.
 * The headers hold all that a consumer needs to skip an event, so that the payload of an event without a handler is never parsed.
 */
export interface WireMessage {
  key: string;
  headers: Record<string, string>;
  value: Buffer | null;
}

/** Most bytes of a payload that a consumer accepts; the broker accepts 1 MiB with headers. A producer refuses larger input before it makes an event. */
export const MAX_EVENT_BYTES = 1_000_000;

/** Which event of which producer a message claims to be, read from its headers alone; `EventVerifier` verifies the claim. */
export interface WireAddress {
  id: string;
  name: string;
  version: number;
  producer: Producer;
  org: string;
  ticketId: string;
  seq: number;
}

const PRODUCERS: ReadonlySet<string> = new Set(['intake', 'dispatch', 'sla', 'notify', 'reporting']);
const NAME = /^[a-z]+\.[a-z]+(?:-[a-z]+)*$/;
const COUNT = /^[1-9]\d{0,15}$/;
// An address that Postgres cannot store would be refused at every redelivery.
const CONTROL = /\p{Cc}|\p{Cs}/u;
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** The message of an event whose payload is JSON text already: the relay never parses it. */
export function toWire(event: Omit<EventEnvelope, 'data'>, payload: string): WireMessage {
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    ce_specversion: '1.0',
    ce_id: event.id,
    ce_source: `/gongdan/${event.producer}`,
    ce_type: event.name,
    ce_time: event.occurredAt,
    ce_subject: event.ticketId,
    ce_dataschema: `urn:gongdan:event:${event.name}:${event.version}`,
    ce_eventversion: String(event.version),
    ce_org: event.org,
    ce_sequence: String(event.seq),
    ce_partitionkey: event.ticketId,
    ce_correlationid: event.correlationId,
    ce_authid: event.actor.id,
  };
  if (event.actor.name !== undefined) headers['ce_authname'] = encodeURIComponent(wellFormed(event.actor.name));
  if (event.causationId !== undefined) headers['ce_causationid'] = event.causationId;
  if (event.traceparent !== undefined) headers['ce_traceparent'] = event.traceparent;
  return { key: event.ticketId, headers, value: Buffer.from(payload, 'utf8') };
}

/** A longer header is dropped by the consumer (kafka-subscription.ts), so no signature can cover it. */
export const MAX_HEADER_BYTES = 2_000;

const SIGNED_HEADERS = [
  'ce_id',
  'ce_source',
  'ce_type',
  'ce_eventversion',
  'ce_time',
  'ce_org',
  'ce_subject',
  'ce_sequence',
  'ce_correlationid',
  'ce_causationid',
  'ce_traceparent',
  'ce_authid',
  'ce_authname',
] as const;

/**
 * The bytes a producer signs: topic, key, every attribute that carries meaning, and the payload as it lies on the bus. JSON escapes line breaks,
 * so no value can imitate the separators.
 */
export function signedBytes(topic: string, message: { key: string | null; headers: Record<string, string>; value: Buffer | null }): Buffer {
  const attributes = SIGNED_HEADERS.map((name) => {
    const value = message.headers[name];
    return value === undefined || Buffer.byteLength(value) > MAX_HEADER_BYTES ? null : value;
  });
  const head = Buffer.from(`gongdan-message-1\n${JSON.stringify([topic, message.key, ...attributes])}\n`, 'utf8');
  return message.value === null ? head : Buffer.concat([head, message.value]);
}

/** The address in the headers; undefined when one of them is missing or invalid, so that the ticket of the message is unknown. */
export function addressOf(headers: Record<string, string>): WireAddress | undefined {
  const producer = /^\/gongdan\/([a-z]+)$/.exec(headers['ce_source'] ?? '')?.[1];
  const { ce_id: id, ce_type: name, ce_subject: ticketId, ce_org: org } = headers;
  const seq = countIn(headers['ce_sequence']);
  const version = countIn(headers['ce_eventversion']);
  if (producer === undefined || !PRODUCERS.has(producer)) return undefined;
  if (!id || !UUID.test(id) || !name || !name.startsWith(`${producer}.`) || name.length > 100 || !NAME.test(name)) return undefined;
  if (!ticketId || !UUID.test(ticketId) || !org || org.length > 64 || CONTROL.test(org)) return undefined;
  if (seq === undefined || version === undefined || !isTime(headers['ce_time'])) return undefined;
  return { id, name, version, producer: producer as Producer, org, ticketId, seq };
}

function countIn(text: string | undefined): number | undefined {
  const n = text !== undefined && COUNT.test(text) ? Number(text) : NaN;
  return Number.isSafeInteger(n) ? n : undefined;
}

function isTime(text: string | undefined): boolean {
  return text !== undefined && TIME.test(text) && !Number.isNaN(Date.parse(text));
}

/** The envelope of an event; the caller has parsed `data` from the value. */
export function fromWire(address: WireAddress, headers: Record<string, string>, data: unknown): EventEnvelope {
  const { ce_causationid: causationId, ce_traceparent: traceparent, ce_authname: authName } = headers;
  return {
    ...address,
    occurredAt: headers['ce_time'] ?? '',
    correlationId: headers['ce_correlationid'] ?? address.id,
    ...(causationId === undefined ? {} : { causationId }),
    ...(traceparent === undefined ? {} : { traceparent }),
    actor: { id: headers['ce_authid'] ?? `system:${address.producer}`, ...(authName === undefined ? {} : { name: decodeName(authName) }) },
    data,
  };
}

// encodeURIComponent throws for half a surrogate pair, and a relay that throws publishes nothing any more.
function wellFormed(text: string): string {
  return text.replace(/\p{Cs}/gu, '\ufffd');
}

function decodeName(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
