import { TICKET_EVENTS, withoutSealedFields } from '@gongdan/contracts';
import { cut, idOf } from '@gongdan/kernel';
import { type TicketEvent } from './ticket.js';

/**
 * A *subscription* names event types (`dispatch.ticket-closed`), producers (`sla.*`) or all events (`*`). The events of notify itself cannot be
 * subscribed to: a delivery that reports a delivery would never end.
 */
const SUBSCRIBABLE = TICKET_EVENTS.map((e) => e.name).filter((name) => !name.startsWith('notify.'));
const LARGEST_BODY_BYTES = 20_000;
const LONGEST_TEXT = 1_000;

/** Why a webhook cannot subscribe to this type; undefined when it can. */
export function typeMistake(type: string): string | undefined {
  return SUBSCRIBABLE.some((name) => covers(type, name))
    ? undefined
    : 'is neither an event nor a producer.* that a webhook can subscribe to';
}

/** Whether a type of a subscription includes the event. */
export function covers(type: string, eventName: string): boolean {
  return type === '*' || type === eventName || (type.endsWith('.*') && eventName.startsWith(type.slice(0, -1)));
}

export function deliveryId(eventId: string, webhookId: string, eventName: string): string {
  return idOf(eventId, 'webhook', `webhook:${webhookId}`, eventName);
}

/**
 * The body of a delivery by Standard Webhooks 1.0: `type` may hold only letters, digits, `_` and dots, so `ticket-closed` is `ticket_closed`
 * there; `data.name` keeps the name of the event. In a body above 20 kB long texts are cut and `truncated` is true. The contact and personal
 * form fields are never sent, not even sealed.
 */
export function payloadOf(e: TicketEvent): string {
  const { contactSealed: _, ...data } = withoutSealedFields(e.data) as Record<string, unknown>;
  const whole = bodyOf(e, data, false);
  if (Buffer.byteLength(whole) <= LARGEST_BODY_BYTES) return whole;
  const shortened = bodyOf(
    e,
    Object.fromEntries(Object.entries(data).map(([k, v]) => [k, typeof v === 'string' ? cut(v, LONGEST_TEXT) : v])),
    true,
  );
  return Buffer.byteLength(shortened) <= LARGEST_BODY_BYTES ? shortened : bodyOf(e, {}, true);
}

function bodyOf(e: TicketEvent, data: Record<string, unknown>, truncated: boolean): string {
  return JSON.stringify({
    type: e.name.replaceAll('-', '_'),
    timestamp: e.occurredAt,
    data: {
      id: e.id,
      name: e.name,
      version: e.version,
      producer: e.producer,
      org: e.org,
      ticketId: e.ticketId,
      seq: e.seq,
      occurredAt: e.occurredAt,
      correlationId: e.correlationId,
      causationId: e.causationId,
      actor: { id: e.actor.id, name: e.actor.name },
      data,
      ...(truncated ? { truncated } : {}),
    },
  });
}

export function testPayload(webhookId: string, org: string, at: string): string {
  return JSON.stringify({ type: 'webhook.test', timestamp: at, data: { org, webhook: webhookId } });
}
