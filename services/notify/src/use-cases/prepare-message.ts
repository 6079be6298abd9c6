import { Injectable } from '@nestjs/common';
import { DirectoryRegistry, PackRegistry } from '@gongdan/messaging';
import { Sealer } from '@gongdan/platform';
import { type ReadyDelivery, type ReadyMail } from '../domain/ready-message.js';
import { maskAddress } from '../domain/redaction.js';
import { addressOf, staffOf } from '../domain/staff.js';
import { type ClaimedMessage } from '../store/claims.store.js';
import { openContact, openContent, openStaffEmail, openWebhookSecret } from '../store/sealing.js';

// One recipient and no route, comment or list, whatever the pack or the contact holds.
const ONE_ADDRESS = /^[^\s<>,;:"()[\]\\@]+@[^\s<>,;:"()[\]\\@]+$/;

/**
 * Opens what is sealed just before it is sent. The address is the one that is stored at the time of the claim, not at the time of planning; the
 * claim has read it, so no statement is needed here.
 */
@Injectable()
export class PrepareMessage {
  constructor(
    private readonly directories: DirectoryRegistry,
    private readonly packs: PackRegistry,
    private readonly sealer: Sealer,
  ) {}

  /** Returns undefined when there is no usable address. */
  async run(message: ClaimedMessage): Promise<ReadyMail | ReadyDelivery | undefined> {
    return message.channel === 'email' ? this.mail(message) : this.delivery(message);
  }

  private async mail(message: ClaimedMessage): Promise<ReadyMail | undefined> {
    const to = await this.addressOf(message);
    if (to === undefined || !ONE_ADDRESS.test(to)) return undefined;
    const content = openContent(this.sealer, message.id, message.content);
    return { channel: 'email', id: message.id, to, masked: maskAddress(to), content };
  }

  private async addressOf({ org, ticketId, recipient, contactSealed, packKey, packVersion }: ClaimedMessage): Promise<string | undefined> {
    if (ticketId === undefined || packKey === undefined || packVersion === undefined) return undefined;
    if (recipient === 'reporter') return openContact(this.sealer, org, ticketId, contactSealed)?.email;
    const pack = (await this.packs.inForce(org, packKey))?.pack ?? (await this.packs.get(org, packKey, packVersion));
    const staff = staffOf(await this.directories.of(org), pack, (person) => openStaffEmail(this.sealer, org, person));
    return addressOf(staff, recipient);
  }

  private delivery({ id, org, webhookId, url, secretSealed, content }: ClaimedMessage): ReadyDelivery | undefined {
    if (webhookId === undefined || url === undefined || secretSealed === undefined) return undefined;
    const secret = openWebhookSecret(this.sealer, org, webhookId, secretSealed);
    return { channel: 'webhook', id, url, masked: new URL(url).host, secret, body: content };
  }
}
