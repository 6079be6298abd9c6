import { dispatch, type EventDraft, type EventEnvelope, type EventOf, intake, notify, sla } from '@gongdan/contracts';
import { newId, plusMs } from '@gongdan/kernel';
import { type TestService } from '@gongdan/messaging/testing';
import { eventually } from '@gongdan/testing';
import { expect } from '@jest/globals';

export const AT = '2026-03-02T01:00:00.000Z';
const HOUR = 3_600_000;
export const at = (hours: number): string => plusMs(AT, hours * HOUR);

export interface Subject {
  org: string;
  ticketId: string;
}

export function subject(org = 'acme'): Subject {
  return { org, ticketId: newId() };
}

type Registration = EventOf<typeof intake.TicketRegistered>['data'];

export function registered(s: Subject, number: string, more: Partial<Registration> = {}): EventDraft {
  const data: Registration = {
    number,
    pack: { key: 'starter', version: 1 },
    channel: 'phone',
    type: 'complaint',
    category: 'network',
    priority: 'urgent',
    title: '家里没有信号',
    description: '路灯也不亮 100%',
    language: 'zh-CN',
    hasEmail: true,
    contactSealed: 'v1.secret',
    registeredAt: AT,
    ...more,
  };
  return intake.TicketRegistered.of({ ...s, occurredAt: data.registeredAt, data });
}

type Position = EventOf<typeof dispatch.TicketAccepted>['data']['case'];

function moved(state: Position['state'], version: number, hours: number, unit?: string): { case: Position; at: string } {
  return { case: dispatch.caseOfOneTask({ step: state, state, version, unit }), at: at(hours) };
}

export function dispatched(s: Subject, version = 1, hours = 0, unit = 'network'): EventDraft {
  const data = { ...moved('dispatched', version, hours, unit), decision: newId(), rule: 'network', why: 'routed' as const, hop: 1 };
  return dispatch.TicketDispatched.of({ ...s, occurredAt: at(hours), data });
}

export function returned(s: Subject, version: number, hours: number, fromUnit = 'network'): EventDraft {
  const data = { ...moved('received', version, hours), fromUnit, reason: 'not ours', count: 1 };
  return dispatch.TicketReturned.of({ ...s, occurredAt: at(hours), data });
}

export function unroutable(s: Subject, version: number, hours: number): EventDraft {
  return dispatch.TicketUnroutable.of({ ...s, occurredAt: at(hours), data: { ...moved('unroutable', version, hours), decision: newId() } });
}

export function closed(s: Subject, version: number, hours: number, unit = 'network'): EventDraft {
  return dispatch.TicketClosed.of({ ...s, occurredAt: at(hours), data: { ...moved('closed', version, hours, unit), outcome: 'solved' } });
}

/** An event of dispatch that makes ledger entries. */
export function ledgerNoted(
  s: Subject,
  version: number,
  hours: number,
  person: string,
  ledger: { account: string; item?: string; quantity: number }[],
  unit?: string,
): EventDraft {
  const data = { ...moved('accepted', version, hours, unit ?? 'north'), text: 'x', ledger };
  return Object.assign(dispatch.TicketNoted.of({ ...s, occurredAt: at(hours), data }), { actor: { id: person } });
}

const clock = { clock: 'resolve', gen: 1 };

export function clockStarted(s: Subject, hours = 0, dueHours = 4): EventDraft {
  const data = { ...clock, kind: 'hours' as const, startedAt: at(hours), dueAt: at(dueHours) };
  return sla.ClockStarted.of({ ...s, occurredAt: at(hours), data });
}

export function clockBreached(s: Subject, hours = 4): EventDraft {
  return sla.ClockBreached.of({ ...s, occurredAt: at(hours), data: { ...clock, dueAt: at(hours), firedAt: at(hours) } });
}

export function clockStopped(s: Subject, hours: number, dueHours = 4): EventDraft {
  const outcome = hours > dueHours ? ('breached' as const) : ('met' as const);
  const data = { ...clock, startedAt: AT, stoppedAt: at(hours), dueAt: at(dueHours), outcome, pausedMs: 0 };
  return sla.ClockStopped.of({ ...s, occurredAt: at(hours), data });
}

export function messageSent(s: Subject, hours = 0): EventDraft {
  const message = { message: newId(), channel: 'email' as const, template: 'receipt', recipient: 'reporter', about: newId() };
  return notify.MessageSent.of({ ...s, occurredAt: at(hours), data: { ...message, attempt: 1, sentAt: at(hours) } });
}

/** A pack as far as reporting reads it. */
export function packPublished(org: string, zone: string, attributes: string[] = [], version = 1): EventDraft {
  return dispatch.PackPublished.of({
    org,
    ticketId: newId(),
    occurredAt: AT,
    data: {
      key: 'starter',
      version,
      digest: 'd',
      pack: { pack: { format: 1, key: 'starter', version, zone }, intake: { attributes: attributes.map((key) => ({ key })) } },
    },
  });
}

/** Delivers the events in this order and waits until the ticket's history shows them all. */
export async function deliverAll(service: TestService, s: Subject, ...drafts: EventDraft[]): Promise<void> {
  for (const draft of drafts) {
    const { actor } = draft as Partial<EventEnvelope>;
    await service.deliver(draft, actor === undefined ? {} : { actor });
  }
  await eventually(async () => {
    const { body } = await service.call('GET', `/v1/tickets/${s.ticketId}/history`, { as: { org: s.org } });
    expect(body['history']).toHaveLength(drafts.length);
  });
}
