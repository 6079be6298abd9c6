import { z } from 'zod';
import { MESSAGE_STATES } from '../domain/outcome.js';

const instant = z.iso.datetime();
const MESSAGE = '01a22164-7703-7335-9ee8-344c099fafcf';
const TICKET = '01a22164-7703-7335-9ee8-3296a1fd67ce';
const WEBHOOK = '01a2215f-0c3b-7b1e-8a55-5d1c0e7f2a90';

const Attempt = z
  .object({
    attempt: z.int().min(1).describe('Counts from 1'),
    startedAt: instant,
    endedAt: instant.nullable().describe('Null while it is being made, and for ever when the sender died'),
    outcome: z.enum(['accepted', 'refused', 'deferred', 'doubt']).nullable(),
    receipt: z.string().nullable().describe('What the provider answered to an accepted message, without addresses'),
    error: z.string().nullable(),
  })
  .meta({ id: 'Attempt' });

const anAttempt = {
  attempt: 1,
  startedAt: '2026-03-02T01:00:00.412Z',
  endedAt: '2026-03-02T01:00:00.497Z',
  outcome: 'accepted' as const,
  receipt: '250 2.0.0 Ok: queued as 4XyZ',
  error: null,
};

const aMessage = {
  id: MESSAGE,
  ticketId: TICKET,
  channel: 'email' as const,
  recipient: 'reporter',
  address: 'l***@example.org',
  template: 'receipt',
  language: 'zh-CN',
  repeat: 'at-most-once' as const,
  about: { event: 'intake.ticket-registered', id: '01a22164-7703-7378-b1bf-2204842ca81b' },
  state: 'accepted' as const,
  plannedAt: '2026-03-02T01:00:00.385Z',
  nextAttemptAt: null,
  finishedAt: '2026-03-02T01:00:00.501Z',
  receipt: '250 2.0.0 Ok: queued as 4XyZ',
  error: null,
  attempts: [anAttempt],
};

export const MessageAnswer = z
  .object({
    id: z.uuid(),
    ticketId: z.uuid().nullable().describe('Null for a test delivery'),
    channel: z.enum(['email', 'webhook']),
    recipient: z.string().describe("'reporter', 'unit:<key>', 'person:<id>' or 'webhook:<id>'"),
    address: z.string().nullable().describe('Masked address of a mail, host of a webhook; null until an attempt was made'),
    template: z.string().describe('Template of the pack, or the type of the event of a webhook'),
    language: z.string(),
    repeat: z.enum(['at-most-once', 'at-least-once']).describe('Whether a message in doubt is sent again'),
    about: z.object({ event: z.string(), id: z.uuid() }).describe('The event the message is about'),
    state: z.enum(MESSAGE_STATES),
    plannedAt: instant,
    nextAttemptAt: instant.nullable().describe('Null when no attempt is planned'),
    finishedAt: instant.nullable().describe('Null until the message is accepted, failed or in doubt'),
    receipt: z.string().nullable(),
    error: z.string().nullable().describe('Why the last attempt did not succeed'),
    attempts: z.array(Attempt).describe('In order'),
  })
  .meta({ id: 'Message', examples: [aMessage] });

const aDelivery = {
  ...aMessage,
  channel: 'webhook' as const,
  recipient: `webhook:${WEBHOOK}`,
  address: 'crm.example.org',
  template: 'intake.ticket-registered',
  language: 'en',
  repeat: 'at-least-once' as const,
  receipt: 'HTTP 204',
  attempts: [{ ...anAttempt, receipt: 'HTTP 204' }],
};

const next = z.string().nullable().describe('Cursor of the next page; null on the last one');
export const MessagesAnswer = z.object({ items: z.array(MessageAnswer), next }).meta({ id: 'Messages', examples: [{ items: [aMessage], next: null }] }); // prettier-ignore
export const DeliveriesAnswer = z.object({ items: z.array(MessageAnswer), next }).meta({ id: 'Deliveries', examples: [{ items: [aDelivery], next: null }] }); // prettier-ignore

const webhook = {
  id: z.uuid(),
  url: z.url(),
  types: z.array(z.string()).describe("Event names, '<producer>.*' or '*'"),
  description: z.string(),
  createdBy: z.string(),
  createdAt: instant,
  disabledAt: instant.nullable().describe('Since then nothing is sent'),
  disabledWhy: z.string().nullable(),
};
const aWebhook = {
  id: WEBHOOK,
  url: 'https://crm.example.org/hooks/gongdan',
  types: ['dispatch.ticket-closed', 'sla.*'],
  description: 'CRM of the call centre',
  createdBy: 'root',
  createdAt: '2026-03-01T08:30:00.000Z',
  disabledAt: null,
  disabledWhy: null,
};
export const WebhookAnswer = z.object(webhook).meta({ id: 'Webhook', examples: [aWebhook] });
export const WebhooksAnswer = z.object({ items: z.array(WebhookAnswer) }).meta({ id: 'Webhooks', examples: [{ items: [aWebhook] }] });
export const NewWebhookAnswer = z
  .object({ ...webhook, secret: z.string().describe('Signs deliveries (Standard Webhooks); it is shown in this answer only') })
  .meta({ id: 'NewWebhook', examples: [{ ...aWebhook, secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=' }] });
export const PlannedAnswer = z
  .object({ message: z.uuid().describe('Id of the delivery, which is its webhook-id') })
  .meta({ id: 'PlannedDelivery', examples: [{ message: MESSAGE }] });
