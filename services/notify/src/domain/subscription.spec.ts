import { describe, expect, it } from '@jest/globals';
import { newId } from '@gongdan/kernel';
import { covers, payloadOf, typeMistake } from './subscription.js';
import { type TicketEvent } from './ticket.js';

const event = (data: object): TicketEvent =>
  ({
    id: newId(), name: 'intake.ticket-registered', version: 1, producer: 'intake', org: 'acme', ticketId: newId(), seq: 1, occurredAt: '2026-03-02T01:00:00.000Z',
    correlationId: 'c', actor: { id: 'mei' }, data,
  }) as unknown as TicketEvent; // prettier-ignore

describe('subscriptions', () => {
  it('accepts event names, producers and all events as types of a webhook, but no event of notify itself', () => {
    for (const t of ['dispatch.ticket-closed', 'sla.*', '*']) expect(typeMistake(t)).toBeUndefined();
    for (const t of ['notify.*', 'notify.message-sent', 'dispatch.pack-published', 'nothing.*', 'sla*', ''])
      expect(typeMistake(t)).toBeDefined();
    expect(covers('intake.*', 'intake.ticket-amended')).toBe(true);
    expect(covers('intake.ticket', 'intake.ticket-amended')).toBe(false);
  });

  it('sends a body without the contact and of at most 20 kB', () => {
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

  it('sends form fields, but the personal ones by name only', () => {
    const changes = { fields: { floor: 3, phone: 'v1.secret' }, sealed: ['phone'] };
    expect(JSON.parse(payloadOf(event({ changes })))).toMatchObject({
      data: { data: { changes: { fields: { floor: 3 }, sealed: ['phone'] } } },
    });
    expect(payloadOf(event({ changes }))).not.toContain('secret');
  });

  it('cuts a long text between two characters, never inside one', () => {
    const family = '👨‍👩‍👧';
    const cut = JSON.parse(payloadOf(event({ description: `a${family.repeat(5_000)}`, title: 't' }))) as {
      data: { data: { description: string } };
    };
    expect(cut.data.data.description).toBe(`a${family.repeat(124)}`);
  });
});
