import { Injectable } from '@nestjs/common';
import { PackRegistry } from '@gongdan/messaging';
import { Database, Sealer } from '@gongdan/platform';
import { addressIn } from '../domain/plan.js';
import { type ReadyDelivery, type ReadyMail } from '../domain/ready-message.js';
import { type ClaimedMessage } from '../store/messages.store.js';
import { TicketsStore } from '../store/tickets.store.js';
import { WebhooksStore } from '../store/webhooks.store.js';
import { contactOf, maskAddress, openContent } from './sealed.js';

/** Opens what was sealed, just before it is sent: the address as it is known now, not as it was when the message was planned. */
@Injectable()
export class PrepareMessage {
  constructor(
    private readonly database: Database,
    private readonly packs: PackRegistry,
    private readonly tickets: TicketsStore,
    private readonly webhooks: WebhooksStore,
    private readonly sealer: Sealer,
  ) {}

  /** Undefined: there is nowhere to send it to. */
  async run(m: ClaimedMessage): Promise<ReadyMail | ReadyDelivery | undefined> {
    return m.channel === 'email' ? this.mail(m) : this.delivery(m);
  }

  private async mail(m: ClaimedMessage): Promise<ReadyMail | undefined> {
    const to = await this.addressOf(m);
    if (to === undefined || !/^[^\s<>,;:"()[\]\\@]+@[^\s<>,;:"()[\]\\@]+$/.test(to)) return undefined;
    return { channel: 'email', id: m.id, to, masked: maskAddress(to), content: openContent(this.sealer, m.id, m.content) };
  }

  private async addressOf(m: ClaimedMessage): Promise<string | undefined> {
    const ticket = m.ticket_id === null ? undefined : await this.tickets.get(this.database, m.org, m.ticket_id);
    if (!ticket) return undefined;
    if (m.recipient === 'reporter') return contactOf(this.sealer, ticket)?.email;
    const pack = this.packs.current(m.org, ticket.pack.key)?.pack ?? (await this.packs.get(m.org, ticket.pack.key, ticket.pack.version));
    return pack && addressIn(pack, m.recipient);
  }

  private async delivery(m: ClaimedMessage): Promise<ReadyDelivery | undefined> {
    const hook =
      m.webhook_id === null ? undefined : (await this.webhooks.active(this.database, [m.org])).find((w) => w.id === m.webhook_id);
    if (!hook) return undefined;
    return {
      channel: 'webhook',
      id: m.id,
      url: hook.url,
      masked: new URL(hook.url).host,
      secret: this.sealer.open(hook.secret_sealed, `webhook|${hook.org}|${hook.id}`),
      body: m.content,
    };
  }
}
