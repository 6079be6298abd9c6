import { type EventEnvelope, fromWire, MAX_EVENT_BYTES, topicOf, type WireAddress } from '@gongdan/contracts';
import { type BusMessage } from '../kafka/bus.js';
import { type EventHandler, type EventHandlers } from './event-handler.js';
import { type EventVerifier } from '../signatures/signatures.js';
import { classifyError } from './outcomes.js';

/** A record of the batch after its headers and, if there is a handler, its payload have been read. */
export type Incoming =
  | { kind: 'event'; message: BusMessage; address: WireAddress; handler?: EventHandler; event?: EventEnvelope; refusal?: Refusal }
  /** The bytes cannot be read. With an address the stream is known, and its producer can publish the event again. */
  | { kind: 'unreadable'; message: BusMessage; address?: WireAddress; refusal: Refusal }
  /** Nothing proves that the producer published it, so its address is only a claim: it moves no mark and blocks no ticket. */
  | { kind: 'unproven'; message: BusMessage; address: WireAddress; refusal: Refusal };

export interface Refusal {
  code: string;
  error: string;
}

const MAX_DEPTH = 32;

/**
 * Verifies a message and parses it when there is a handler for it; never throws. `address` is what `addressOf` read from its headers. The
 * payload is parsed only after the signature was found right.
 */
export function readMessage(
  message: BusMessage,
  address: WireAddress | undefined,
  handlers: EventHandlers,
  verifier: EventVerifier | undefined,
): Incoming {
  if (!address)
    return { kind: 'unreadable', message, refusal: { code: 'messaging/no-address', error: 'the headers are not those of a ticket event' } };
  if (message.key !== address.ticketId) {
    return {
      kind: 'unreadable',
      message,
      refusal: { code: 'messaging/wrong-key', error: `key ${String(message.key).slice(0, 80)} is not the subject` },
    };
  }
  // On the topic of packs a jump in seq is accepted; a genuine event of a ticket copied there would make its mark skip events.
  if (topicOf(address.name).name !== message.topic) {
    const error = `${address.name} does not belong on ${message.topic}`;
    return { kind: 'unproven', message, address, refusal: { code: 'messaging/wrong-topic', error } };
  }
  const distrust = verifier?.distrust(message.topic, address.producer, message);
  if (distrust) return { kind: 'unproven', message, address, refusal: distrust };
  const handler = handlers.get(address.name);
  if (!handler) return { kind: 'event', message, address };
  const bytes = message.value?.length ?? 0;
  if (bytes > MAX_EVENT_BYTES)
    return { kind: 'event', message, address, handler, refusal: { code: 'messaging/too-large', error: `${bytes} bytes` } };
  let payload: unknown;
  try {
    payload = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(message.value ?? Buffer.alloc(0)));
  } catch (error) {
    return { kind: 'unreadable', message, address, refusal: { code: 'messaging/not-json', error: String(error) } };
  }
  if (depthOf(payload) > MAX_DEPTH)
    return { kind: 'event', message, address, handler, refusal: { code: 'messaging/too-deep', error: `deeper than ${MAX_DEPTH}` } };
  try {
    return {
      kind: 'event',
      message,
      address,
      handler,
      // The payload was upcast, so the event is one of the newest version: who stores or forwards it names the version of what it holds.
      event: fromWire({ ...address, version: handler.event.version }, message.headers, handler.event.read(address.version, payload)),
    };
  } catch (error) {
    const errorClass = classifyError(error);
    const refusal =
      errorClass.action === 'wait'
        ? { code: 'messaging/bad-payload', error: String(error) }
        : { code: errorClass.code, error: errorClass.error };
    return { kind: 'event', message, address, handler, refusal };
  }
}

// This is iterative, because a payload of depth 100,000 would overflow the stack.
function depthOf(value: unknown): number {
  let deepest = 0;
  const todo: [unknown, number][] = [[value, 1]];
  for (let next = todo.pop(); next; next = todo.pop()) {
    const [v, depth] = next;
    if (typeof v !== 'object' || v === null) continue;
    deepest = Math.max(deepest, depth);
    if (deepest > MAX_DEPTH) return deepest;
    for (const child of Object.values(v)) todo.push([child, depth + 1]);
  }
  return deepest;
}
