import { Inject, Injectable } from '@nestjs/common';
import { NotFound, Unavailable } from '@gongdan/kernel';
import { DirectoryRegistry, PackRegistry } from '@gongdan/messaging';
import { type Pack } from '@gongdan/packs';
import { CONFIG, Sealer, type Tx } from '@gongdan/platform';
import { type NotifyConfig } from '../config.js';
import { hasRuleFor, planMails } from '../domain/plan.js';
import { type Staff, staffOf } from '../domain/staff.js';
import { covers, deliveryId, payloadOf } from '../domain/subscription.js';
import { changesTicket, type KnownTicket, registeredTicket, ticketAfter, type TicketEvent } from '../domain/ticket.js';
import { MessagesStore, type NewMessage } from '../store/messages.store.js';
import { openContact, openStaffEmail, sealContent } from '../store/sealing.js';
import { type TicketKey, TicketsStore } from '../store/tickets.store.js';
import { type Webhook, WebhooksStore } from '../store/webhooks.store.js';

type Webhooks = ReadonlyMap<string, readonly Webhook[]>;

const keyOf = (t: TicketKey): string => `${t.org}|${t.id}`;
const ticketOf = (event: TicketEvent): TicketKey => ({ org: event.org, id: event.ticketId });

/**
 * Plans messages for what happened to tickets, a batch in two statements: one locks the tickets, one stores tickets and messages. Registrations
 * need no lock, because there is no row yet, and an event that neither plans a message nor changes a ticket needs no statement at all.
 */
@Injectable()
export class PlanMessages {
  constructor(
    private readonly directories: DirectoryRegistry,
    private readonly packs: PackRegistry,
    private readonly tickets: TicketsStore,
    private readonly messages: MessagesStore,
    private readonly webhooks: WebhooksStore,
    private readonly sealer: Sealer,
    @Inject(CONFIG) private readonly config: NotifyConfig,
  ) {}

  async run(tx: Tx, batch: readonly TicketEvent[]): Promise<void> {
    const webhooks = await this.webhooks.active(tx, [...new Set(batch.map((e) => e.org))]);
    const events = await this.withEffect(batch, webhooks);
    const before = await this.lockTickets(tx, events);
    const after = new Map(before);
    const planned: NewMessage[] = [];
    for (const event of events) {
      const key = keyOf(ticketOf(event));
      const { ticket, pack } = await this.ticketAfter(after.get(key), event);
      after.set(key, ticket);
      if (hasRuleFor(pack, event.name)) planned.push(...this.mails(event, ticket, pack, await this.staff(event.org, pack)));
      planned.push(...subscribed(webhooks, event).map((webhook) => delivery(event, webhook)));
    }
    const changed = [...after].filter(([key, ticket]) => ticket !== before.get(key));
    const fresh = changed.filter(([key]) => !before.has(key)).map(([, ticket]) => ticket);
    const known = changed.filter(([key]) => before.has(key)).map(([, ticket]) => ticket);
    await this.messages.plan(tx, planned, { fresh, known });
  }

  // Most events of sla end here: no webhook subscribes to them and no rule is about them.
  private async withEffect(batch: readonly TicketEvent[], webhooks: Webhooks): Promise<TicketEvent[]> {
    const events: TicketEvent[] = [];
    for (const event of batch) {
      const ref = this.tickets.packOf(ticketOf(event));
      const pack = ref && (await this.packs.get(event.org, ref.key, ref.version));
      if (!pack || changesTicket(event) || hasRuleFor(pack, event.name) || subscribed(webhooks, event).length > 0) events.push(event);
    }
    return events;
  }

  private async lockTickets(tx: Tx, events: readonly TicketEvent[]): Promise<Map<string, KnownTicket>> {
    const registered = new Set<string>();
    const wanted = new Map<string, TicketKey>();
    for (const event of events) {
      const ticket = ticketOf(event);
      if (event.name === 'intake.ticket-registered') registered.add(keyOf(ticket));
      else if (!registered.has(keyOf(ticket))) wanted.set(keyOf(ticket), ticket);
    }
    return new Map((await this.tickets.lock(tx, [...wanted.values()])).map((ticket) => [keyOf(ticket), ticket]));
  }

  private async ticketAfter(before: KnownTicket | undefined, event: TicketEvent): Promise<{ ticket: KnownTicket; pack: Pack }> {
    if (before) {
      const pack = await this.packOf(event, before.packKey, before.packVersion);
      return { ticket: ticketAfter(before, event, pack), pack };
    }
    // All events about a ticket are on one partition, so the registration is lost and not late: the event is parked for an operator.
    if (event.name !== 'intake.ticket-registered') throw new NotFound('notify/unknown-ticket', { details: { ticketId: event.ticketId } });
    const pack = await this.packOf(event, event.data.pack.key, event.data.pack.version);
    return { ticket: registeredTicket(event, pack), pack };
  }

  private async packOf(event: TicketEvent, key: string, version: number): Promise<Pack> {
    const pack = await this.packs.get(event.org, key, version);
    // Packs are on a topic of their own, which may be a moment behind.
    if (!pack) throw new Unavailable('notify/pack-not-here', { details: { key, version } });
    return pack;
  }

  // It costs no statement while the directory does not change.
  private async staff(org: string, pack: Pack): Promise<Staff> {
    return staffOf(await this.directories.of(org), pack, (person) => openStaffEmail(this.sealer, org, person));
  }

  private mails(event: TicketEvent, ticket: KnownTicket, pack: Pack, staff: Staff): NewMessage[] {
    const { publicUrl } = this.config;
    const statusUrl = publicUrl && `${publicUrl.replace(/\/$/, '')}/v1/public/${event.org}/tickets/${encodeURIComponent(ticket.number)}`;
    const reporterName = (): string | undefined => openContact(this.sealer, ticket.org, ticket.id, ticket.contactSealed)?.name;
    return planMails({ event, ticket, pack, staff, statusUrl, reporterName }).map((mail) => ({
      ...aboutEvent(event),
      id: mail.id,
      channel: 'email',
      recipient: mail.recipient,
      template: mail.template,
      language: mail.language,
      repeat: mail.repeat,
      content: sealContent(this.sealer, mail.id, mail.content),
    }));
  }
}

function subscribed(webhooks: Webhooks, event: TicketEvent): Webhook[] {
  return (webhooks.get(event.org) ?? []).filter((webhook) => webhook.types.some((type) => covers(type, event.name)));
}

function delivery(event: TicketEvent, webhook: Webhook): NewMessage {
  return {
    ...aboutEvent(event),
    id: deliveryId(event.id, webhook.id, event.name),
    channel: 'webhook',
    webhookId: webhook.id,
    recipient: `webhook:${webhook.id}`,
    template: event.name,
    language: 'en',
    // A receiver recognises a repetition by its webhook-id.
    repeat: 'at-least-once',
    content: payloadOf(event),
  };
}

function aboutEvent(event: TicketEvent): Pick<NewMessage, 'org' | 'ticketId' | 'eventId' | 'eventName' | 'correlationId' | 'traceparent'> {
  return {
    org: event.org,
    ticketId: event.ticketId,
    eventId: event.id,
    eventName: event.name,
    correlationId: event.correlationId,
    traceparent: event.traceparent,
  };
}
