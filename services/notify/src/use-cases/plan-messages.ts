import { Inject, Injectable } from '@nestjs/common';
import { NotFound, Unavailable } from '@gongdan/kernel';
import { PackRegistry } from '@gongdan/messaging';
import { type Pack } from '@gongdan/packs';
import { CONFIG, Sealer, type Tx } from '@gongdan/platform';
import { type NotifyConfig } from '../config.js';
import { planMails, speaksOn } from '../domain/plan.js';
import { deliveryId, payloadOf, wants } from '../domain/subscription.js';
import { follow, type KnownTicket, newlyKnown, type TicketEvent } from '../domain/ticket.js';
import { MessagesStore, type NewMessage } from '../store/messages.store.js';
import { TicketsStore } from '../store/tickets.store.js';
import { type Webhook, WebhooksStore } from '../store/webhooks.store.js';
import { contactOf, sealContent } from './sealed.js';

const keyOf = (e: { org: string; ticketId: string }): string => `${e.org}|${e.ticketId}`;

/** Hears what happened to tickets and writes down who is to be told: four statements for a batch, in the transaction that marks it heard. */
@Injectable()
export class PlanMessages {
  constructor(
    private readonly packs: PackRegistry,
    private readonly tickets: TicketsStore,
    private readonly messages: MessagesStore,
    private readonly webhooks: WebhooksStore,
    private readonly sealer: Sealer,
    @Inject(CONFIG) private readonly config: NotifyConfig,
  ) {}

  async run(tx: Tx, events: readonly TicketEvent[]): Promise<void> {
    const keys = new Map(events.map((e) => [keyOf(e), { org: e.org, id: e.ticketId }]));
    const known = new Map((await this.tickets.lock(tx, [...keys.values()])).map((t) => [`${t.org}|${t.id}`, t]));
    const hooks = await this.webhooks.active(tx, [...new Set(events.map((e) => e.org))]);
    const changed = new Map<string, KnownTicket>();
    const planned: NewMessage[] = [];
    for (const e of events) {
      const before = known.get(keyOf(e));
      const { ticket, pack } = await this.learn(before, e);
      if (ticket !== before) {
        known.set(keyOf(e), ticket);
        changed.set(keyOf(e), ticket);
      }
      if (speaksOn(pack, e.name)) planned.push(...this.mails(e, ticket, pack));
      for (const hook of hooks) if (hook.org === e.org && wants(hook.types, e.name)) planned.push(delivery(e, hook));
    }
    await this.tickets.save(tx, [...changed.values()]);
    await this.messages.plan(tx, planned);
  }

  private async learn(before: KnownTicket | undefined, e: TicketEvent): Promise<{ ticket: KnownTicket; pack: Pack }> {
    const ref = e.name === 'intake.ticket-registered' ? e.data.pack : before?.pack;
    // Everything about a ticket is on one partition, so this is a lost event, not a late one: parked, for somebody to look at.
    if (!ref) throw new NotFound('notify/unknown-ticket', { details: { ticketId: e.ticketId } });
    const pack = await this.packs.get(e.org, ref.key, ref.version);
    // Packs travel on a topic of their own, which may be a moment behind.
    if (!pack) throw new Unavailable('notify/pack-not-here', { details: ref });
    if (before) return { ticket: follow(before, e, pack), pack };
    if (e.name !== 'intake.ticket-registered') throw new NotFound('notify/unknown-ticket', { details: { ticketId: e.ticketId } });
    return { ticket: newlyKnown(e, pack), pack };
  }

  private mails(e: TicketEvent, ticket: KnownTicket, pack: Pack): NewMessage[] {
    const { publicUrl } = this.config;
    const statusUrl = publicUrl && `${publicUrl.replace(/\/$/, '')}/v1/public/${e.org}/tickets/${encodeURIComponent(ticket.number)}`;
    const mails = planMails({ event: e, ticket, pack, statusUrl, reporterName: () => contactOf(this.sealer, ticket)?.name });
    return mails.map((m) => ({
      ...aboutEvent(e),
      id: m.id,
      channel: 'email',
      webhookId: null,
      recipient: m.recipient,
      template: m.template,
      language: m.language,
      repeat: m.repeat,
      content: sealContent(this.sealer, m.id, m.content),
    }));
  }
}

function delivery(e: TicketEvent, hook: Webhook): NewMessage {
  return {
    ...aboutEvent(e),
    id: deliveryId(e.id, hook.id, e.name),
    channel: 'webhook',
    webhookId: hook.id,
    recipient: `webhook:${hook.id}`,
    template: e.name,
    language: 'en',
    // A receiver knows a repetition by its webhook-id.
    repeat: 'at-least-once',
    content: payloadOf(e),
  };
}

function aboutEvent(e: TicketEvent): Pick<NewMessage, 'org' | 'ticketId' | 'eventId' | 'eventName' | 'correlationId' | 'traceparent'> {
  return {
    org: e.org,
    ticketId: e.ticketId,
    eventId: e.id,
    eventName: e.name,
    correlationId: e.correlationId,
    traceparent: e.traceparent ?? null,
  };
}
