import { dispatch, type EventDraft, intake, sla, topicOf, toWire, type WireMessage } from '@gongdan/contracts';
import { newId } from '@gongdan/kernel';

/** Makes an event of about 900 bytes: about as much text as a person at a service desk writes. */
const DESCRIPTION =
  'The customer says that the home connection has failed every evening since Monday between seven and eleven. The light of the modem is red; a restart helps for some minutes only. ' +
  '客户反映周一起每晚七点至十一点家中宽带中断,光猫红灯,重启后只能维持数分钟,邻居也有同样情况,要求尽快上门处理并退还本月费用。';

export const TICKET_BODY = {
  type: 'fault',
  category: 'network.outage',
  urgency: 'medium',
  impact: 'single',
  title: 'No connection in the evening 晚间断网',
  description: DESCRIPTION,
  place: { address: '12 Garden Road, Building 3, Room 402', area: 'north' },
  contact: { name: 'Wang Xiaoming', phone: '13812345678' },
  attributes: { account: 'A-2231907' },
};

/** What differs from TICKET_BODY in a ticket of another pack. */
export type OtherContent = Partial<Pick<typeof TICKET_BODY, 'type' | 'category'>> & {
  pack?: { key: string };
  attributes?: Record<string, string>;
};

const AT = '2026-03-02T01:00:00.000Z';

export function registeredDraft(org: string, ticketId: string, number: string, packVersion = 1, other: OtherContent = {}): EventDraft {
  const { contact: _, ...plain } = TICKET_BODY;
  const { pack = { key: 'starter' }, ...content } = { ...plain, ...other };
  return intake.TicketRegistered.of({
    org,
    ticketId,
    occurredAt: AT,
    data: {
      ...content,
      number,
      pack: { ...pack, version: packVersion },
      channel: 'phone',
      priority: 'minor',
      language: 'zh-CN',
      hasEmail: false,
      contactSealed: 's'.repeat(140),
      registeredAt: AT,
    },
  });
}

/** The first five events of a ticket, of three producers. */
function journey(org: string, ticketId: string, i: number): EventDraft[] {
  const subject = { org, ticketId, occurredAt: AT };
  const waiting = dispatch.caseOfOneTask({ step: 'handle', state: 'dispatched', unit: 'north', version: 1 });
  const held = dispatch.caseOfOneTask({ step: 'handle', state: 'accepted', unit: 'north', person: 'li', version: 2 });
  const clock = { gen: 1, kind: 'hours' as const, startedAt: AT, dueAt: '2026-03-03T01:00:00.000Z' };
  return [
    registeredDraft(org, ticketId, `GD202603${String(i).padStart(6, '0')}`),
    dispatch.TicketDispatched.of({
      ...subject,
      data: { case: waiting, at: AT, decision: newId(), rule: 'network', why: 'routed', hop: 1 },
    }),
    sla.ClockStarted.of({ ...subject, data: { ...clock, clock: 'response' } }),
    sla.ClockStarted.of({ ...subject, data: { ...clock, clock: 'resolution' } }),
    dispatch.TicketAccepted.of({ ...subject, data: { case: held, at: AT } }),
  ];
}

function wireOf(draft: EventDraft, seq: number): WireMessage {
  const producer = draft.name.split('.')[0] as 'intake' | 'dispatch' | 'sla';
  return toWire(
    { ...draft, id: newId(), producer, seq, correlationId: `bench-${draft.ticketId.slice(0, 8)}`, actor: { id: 'mei', name: 'Mei' } },
    JSON.stringify(draft.data),
  );
}

export const TICKETS_TOPIC = topicOf('intake.ticket-registered').name;

/** Whose registrations are made. */
export interface Sampled {
  org: string;
  packVersion: number;
  content?: OtherContent;
}

/**
 * `count` messages. `journeys`: the first five events of many tickets, one event of each ticket after the other, as they would arrive.
 * `registrations`: the first event of as many tickets, of an organisation and on a version of the pack `starter` or another one.
 */
export function* messages(
  count: number,
  mix: 'journeys' | 'registrations',
  of: Sampled = { org: 'bench', packVersion: 1 },
): Generator<WireMessage> {
  if (mix === 'registrations') {
    for (let i = 0; i < count; i++) yield wireOf(registeredDraft(of.org, newId(), `GD202603${i}`, of.packVersion, of.content), 1);
    return;
  }
  const WAVE = 1_000;
  for (let done = 0; done < count;) {
    const tickets = Array.from({ length: WAVE }, (_, i) => journey('bench', newId(), done + i));
    for (let step = 0; step < 5; step++) {
      for (const events of tickets) {
        const draft = events[step] as EventDraft;
        const before = events.slice(0, step).filter((e) => e.name.split('.')[0] === draft.name.split('.')[0]).length;
        if (done++ < count) yield wireOf(draft, before + 1);
      }
    }
  }
}
