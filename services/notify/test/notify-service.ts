import { dispatch, intake } from '@gongdan/contracts';
import { idOf, newId } from '@gongdan/kernel';
import { TestService } from '@gongdan/messaging/testing';
import { loadPack, packFolder } from '@gongdan/packs/files';
import { Sealer } from '@gongdan/platform';
import { eventually } from '@gongdan/testing';
import { expect } from '@jest/globals';
import { DeliveryJob } from '../src/entry/delivery.job.js';
import { notify } from '../src/notify.module.js';

export const AT = '2026-03-02T01:00:00.000Z';
/** The starter pack with one rule of each policy: here the mail about a dispatched ticket is sent at least once. */
export const pack = loadPack(packFolder('starter'));
for (const rule of pack.notify.rules) if (rule.key === 'dispatched') rule.repeat = 'at-least-once';
const sealer = new Sealer(Buffer.alloc(32, 7).toString('base64'));

export const startNotify = (
  smtpUrl: string,
  options: { bus?: TestService['bus']; database?: TestService['database']; env?: Record<string, string> } = {},
): Promise<TestService> =>
  TestService.start(notify, {
    ...options,
    env: { SMTP_URL: smtpUrl, MAIL_FROM: 'desk@gongdan.example', WEBHOOK_ALLOW_PRIVATE: 'true', ...options.env },
  });

/** Publishes the starter pack and waits until the service has stored it. */
export async function publishPack(s: TestService, org = 'acme'): Promise<void> {
  await s.deliver(
    dispatch.PackPublished.of({
      org,
      ticketId: idOf(org, 'starter'),
      occurredAt: AT,
      data: { key: 'starter', version: pack.pack.version, digest: 'x', pack: pack as never },
    }),
  );
  await eventually(async () =>
    expect(await s.running.app.database.rows('select 1 from known_packs where org = $1', [org])).toHaveLength(1),
  );
}

type Registration = Parameters<typeof intake.TicketRegistered.of>[0]['data'];

export function aTicket(over: Partial<Registration> & { email?: string } = {}, org = 'acme') {
  const ticketId = newId();
  const { email = `r-${ticketId.slice(-12)}@example.org`, ...data } = over;
  const draft = intake.TicketRegistered.of({
    org,
    ticketId,
    occurredAt: AT,
    data: {
      number: `GD-${ticketId.slice(-6)}`, pack: { key: 'starter', version: pack.pack.version }, channel: 'web', type: 'complaint', category: 'network', priority: 'p3',
      title: 'No signal', description: 'since Monday', language: 'en', hasEmail: true, registeredAt: AT,
      contactSealed: sealer.seal(JSON.stringify({ name: '李雷', phone: '13800135678', email }), `contact|${org}|${ticketId}`),
      ...data,
    },
  }); // prettier-ignore
  return { ticketId, email, draft };
}

export const dispatched = (ticketId: string, org = 'acme') =>
  dispatch.TicketDispatched.of({
    org,
    ticketId,
    occurredAt: AT,
    data: {
      case: dispatch.caseOfOneTask({ step: 'handling', state: 'dispatched', unit: 'network', version: 1 }),
      at: AT,
      decision: newId(),
      rule: 'r',
      why: 'routed',
      hop: 1,
    },
  });

export interface View {
  id: string;
  ticketId: string | null;
  recipient: string;
  address: string | null;
  about: { event: string; id: string };
  state: string;
  receipt: string | null;
  error: string | null;
  nextAttemptAt: string | null;
  attempts: { attempt: number; outcome: string | null; error: string | null }[];
}

export async function messagesOf(s: TestService, ticketId: string): Promise<View[]> {
  return (await s.call('GET', `/v1/messages?ticketId=${ticketId}`)).body['items'] as View[];
}

/** Makes every planned message due now: delays between attempts are real time, and tests do not sleep. */
export async function makeDue(s: TestService): Promise<void> {
  await s.running.app.database.run(`update messages set due_at = clock_timestamp() where state = 'planned'`);
  s.running.app.nest.get(DeliveryJob).nudge();
}
