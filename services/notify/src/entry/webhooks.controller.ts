import { Body, Controller, Delete, Get, HttpCode, Post, Query } from '@nestjs/common';
import { EVERYWHERE } from '@gongdan/directory';
import { type Actor, type Cause } from '@gongdan/kernel';
import { Answers, AnswersEmpty, CausedBy, line, Problems, prose, Right, TicketId, Who } from '@gongdan/platform';
import { z } from 'zod';
import { ListMessages, type MessageView } from '../use-cases/list-messages.js';
import { ManageWebhooks, type WebhookView } from '../use-cases/manage-webhooks.js';
import { DeliveriesAnswer, NewWebhookAnswer, PlannedAnswer, WebhookAnswer, WebhooksAnswer } from './answers.js';
import { pageOf, PageQuery, placeAfter } from './pages.js';

const WebhookBody = z
  .strictObject({
    url: line(2_000).describe('https, port 443 or 8443, an address of the public internet'),
    types: z.array(line(100)).min(1).max(50).describe("Event names, '<producer>.*' or '*'"),
    description: prose(500).default(''),
  })
  .meta({
    id: 'WebhookBody',
    examples: [
      {
        url: 'https://crm.example.org/hooks/gongdan',
        types: ['dispatch.ticket-closed', 'sla.*'],
        description: 'CRM of the call centre',
      },
    ],
  });

/** Deliveries to machines by Standard Webhooks 1.0. */
@Controller('v1/webhooks')
export class WebhooksController {
  constructor(
    private readonly webhooks: ManageWebhooks,
    private readonly messages: ListMessages,
  ) {}

  /** Registers a receiver. The answer comes after half a second: every event after it is delivered. */
  @Post()
  @Right('webhooks:manage')
  @Answers(201, NewWebhookAnswer, 'Registered; only this answer holds the secret')
  @Problems({ 422: ['notify/bad-webhook', 'notify/too-many-webhooks'] })
  create(@Body({ schema: WebhookBody }) body: z.infer<typeof WebhookBody>, @Who() actor: Actor): Promise<WebhookView & { secret: string }> {
    return this.webhooks.create(actor, body);
  }

  /** Lists the receivers of the organisation, oldest first, without their secrets. */
  @Get()
  @Right('webhooks:manage')
  @Answers(200, WebhooksAnswer, 'All receivers')
  async list(@Who() actor: Actor): Promise<{ items: WebhookView[] }> {
    return { items: await this.webhooks.list(actor.org) };
  }

  /** Returns one receiver without its secret. */
  @Get(':id')
  @Right('webhooks:manage')
  @Answers(200, WebhookAnswer, 'The receiver')
  read(@TicketId('id') id: string, @Who() actor: Actor): Promise<WebhookView> {
    return this.webhooks.get(actor.org, id);
  }

  /** Removes a receiver. Nothing more is sent to it; deliveries that are still planned fail. */
  @Delete(':id')
  @HttpCode(204)
  @Right('webhooks:manage')
  @AnswersEmpty(204, 'Removed')
  remove(@TicketId('id') id: string, @Who() actor: Actor): Promise<void> {
    return this.webhooks.remove(actor.org, id);
  }

  /** Lists deliveries with every attempt, newest first. What the receiver answered beside its status is never shown. */
  @Get(':id/deliveries')
  @Right('webhooks:manage')
  @Answers(200, DeliveriesAnswer, 'A page of deliveries')
  async deliveries(
    @TicketId('id') id: string,
    @Query({ schema: PageQuery }) query: z.infer<typeof PageQuery>,
    @Who() actor: Actor,
  ): Promise<{ items: MessageView[]; next: string | null }> {
    await this.webhooks.get(actor.org, id);
    return pageOf(
      await this.messages.run(actor.org, { scope: EVERYWHERE, webhookId: id }, placeAfter(query.cursor), query.limit),
      query.limit,
    );
  }

  /** Sends a settled delivery once more: same body, same webhook-id, a new series of attempts. */
  @Post(':id/deliveries/:message/redeliver')
  @HttpCode(202)
  @Right('webhooks:manage')
  @Answers(202, PlannedAnswer, 'Planned again')
  @Problems({ 409: ['notify/delivery-not-settled'], 422: ['notify/webhook-disabled'] })
  async redeliver(@TicketId('id') id: string, @TicketId('message') message: string, @Who() actor: Actor): Promise<{ message: string }> {
    await this.webhooks.redeliver(actor.org, id, message);
    return { message };
  }

  /** Sends a delivery of type webhook.test. No event is published about it. */
  @Post(':id/test')
  @HttpCode(202)
  @Right('webhooks:manage')
  @Answers(202, PlannedAnswer, 'Planned')
  @Problems({ 422: ['notify/webhook-disabled'] })
  async test(@TicketId('id') id: string, @Who() actor: Actor, @CausedBy() cause: Cause): Promise<{ message: string }> {
    return { message: await this.webhooks.test(actor, cause, id) };
  }
}
