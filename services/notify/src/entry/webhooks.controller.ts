import { Body, Controller, Delete, Get, HttpCode, Post, Query } from '@nestjs/common';
import { type Actor, type Cause } from '@gongdan/kernel';
import { CausedBy, line, prose, Right, TicketId, Who } from '@gongdan/platform';
import { z } from 'zod';
import { ListMessages, type MessageView } from '../use-cases/list-messages.js';
import { ManageWebhooks, type WebhookView } from '../use-cases/manage-webhooks.js';
import { page, PageQuery, placeOf } from './messages.controller.js';

const WebhookBody = z
  .strictObject({
    url: line(2_000).describe('https, a public address'),
    types: z.array(line(100)).min(1).max(50).describe("Event names, '<producer>.*' or '*'"),
    description: prose(500).default(''),
  })
  .meta({ id: 'WebhookBody' });

/** Deliveries to machines by Standard Webhooks 1.0. */
@Controller('v1/webhooks')
export class WebhooksController {
  constructor(
    private readonly webhooks: ManageWebhooks,
    private readonly messages: ListMessages,
  ) {}

  /** Registers a receiver. The secret is shown this once. */
  @Post()
  @Right('webhooks:manage')
  create(@Body({ schema: WebhookBody }) body: z.infer<typeof WebhookBody>, @Who() who: Actor): Promise<WebhookView & { secret: string }> {
    return this.webhooks.create(who, body);
  }

  @Get()
  @Right('webhooks:manage')
  async list(@Who() who: Actor): Promise<{ items: WebhookView[] }> {
    return { items: await this.webhooks.list(who.org) };
  }

  @Get(':id')
  @Right('webhooks:manage')
  read(@TicketId('id') id: string, @Who() who: Actor): Promise<WebhookView> {
    return this.webhooks.get(who.org, id);
  }

  /** Nothing more is sent; what was still planned fails. */
  @Delete(':id')
  @HttpCode(204)
  @Right('webhooks:manage')
  remove(@TicketId('id') id: string, @Who() who: Actor): Promise<void> {
    return this.webhooks.remove(who.org, id);
  }

  /** What was sent, newest first, with every attempt. What the receiver answered beside its status is never shown. */
  @Get(':id/deliveries')
  @Right('webhooks:manage')
  async deliveries(
    @TicketId('id') id: string,
    @Query({ schema: PageQuery }) q: z.infer<typeof PageQuery>,
    @Who() who: Actor,
  ): Promise<{ items: MessageView[]; next: string | null }> {
    await this.webhooks.get(who.org, id);
    return page(await this.messages.run(who.org, { webhookId: id }, placeOf(q.cursor), q.limit), q.limit);
  }

  /** Sends a delivery that is settled once more: same body, same webhook-id, all its tries. */
  @Post(':id/deliveries/:message/redeliver')
  @HttpCode(202)
  @Right('webhooks:manage')
  async redeliver(@TicketId('id') id: string, @TicketId('message') message: string, @Who() who: Actor): Promise<{ message: string }> {
    await this.webhooks.redeliver(who.org, id, message);
    return { message };
  }

  /** Sends a delivery of type webhook.test. */
  @Post(':id/test')
  @HttpCode(202)
  @Right('webhooks:manage')
  async test(@TicketId('id') id: string, @Who() who: Actor, @CausedBy() cause: Cause): Promise<{ message: string }> {
    return { message: await this.webhooks.test(who, cause, id) };
  }
}
