import { describe, expect, it } from '@jest/globals';
import { newId } from '@gongdan/kernel';
import { payloadOf, typeMistake, wants } from './subscription.js';
import { type TicketEvent } from './ticket.js';

const event = (data: object): TicketEvent =>
  ({
    id: newId(), name: 'intake.ticket-registered', version: 1, producer: 'intake', org: 'acme', ticketId: newId(), seq: 1, occurredAt: '2026-03-02T01:00:00.000Z',
    correlationId: 'c', actor: { id: 'mei' }, data,
  }) as unknown as TicketEvent; // prettier-ignore

describe('subscriptions', () => {
  it('takes events, producers and everything, but not what notify says itself', () => {
    for (const t of ['dispatch.ticket-closed', 'sla.*', '*']) expect(typeMistake(t)).toBeUndefined();
    for (const t of ['notify.*', 'notify.message-sent', 'dispatch.pack-published', 'nothing.*', 'sla*', ''])
      expect(typeMistake(t)).toBeDefined();
    expect(wants(['intake.*'], 'intake.ticket-amended')).toBe(true);
    expect(wants(['intake.ticket'], 'intake.ticket-amended')).toBe(false);
  });

  it('never lets the contact out, and stays within 20 KB', () => {
    const body = payloadOf(event({ title: 't', contactSealed: 'v1.secret' }));
    expect(body).not.toContain('secret');
    expect(JSON.parse(body)).toMatchObject({
      type: 'intake.ticket_registered',
      timestamp: '2026-03-02T01:00:00.000Z',
      data: { name: 'intake.ticket-registered', data: { title: 't' } },
    });
    const long = payloadOf(event({ description: '长'.repeat(20_000), title: 't' }));
    expect(Buffer.byteLength(long)).toBeLessThanOrEqual(20_000);
    expect(JSON.parse(long)).toMatchObject({ data: { truncated: true, data: { title: 't' } } });
  });
});
