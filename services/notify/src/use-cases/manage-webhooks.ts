import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { type Actor, type Cause, Conflict, newId, NotFound, Refused, type Violation } from '@gongdan/kernel';
import { CONFIG, Database, Sealer, SystemClock } from '@gongdan/platform';
import { type NotifyConfig } from '../config.js';
import { reachableAddress } from '../channels/pinned-lookup.js';
import { isSettled } from '../domain/outcome.js';
import { urlMistake } from '../domain/public-address.js';
import { testPayload, typeMistake } from '../domain/subscription.js';
import { MessagesStore } from '../store/messages.store.js';
import { sealWebhookSecret } from '../store/sealing.js';
import { type Webhook, WebhooksStore } from '../store/webhooks.store.js';

export interface WebhookView {
  id: string;
  url: string;
  types: string[];
  description: string;
  createdBy: string;
  createdAt: string;
  disabledAt: string | null;
  disabledWhy: string | null;
}

/** Registers receivers of webhooks and sends them deliveries on request (D8 of the product). */
@Injectable()
export class ManageWebhooks {
  constructor(
    private readonly database: Database,
    private readonly webhooks: WebhooksStore,
    private readonly messages: MessagesStore,
    private readonly sealer: Sealer,
    private readonly clock: SystemClock,
    @Inject(CONFIG) private readonly config: NotifyConfig,
  ) {}

  /** The secret is in this answer and in no other. Every event after the answer is delivered, whichever replica consumes it. */
  async create(actor: Actor, body: { url: string; types: string[]; description: string }): Promise<WebhookView & { secret: string }> {
    const violations: Violation[] = body.types.flatMap((type, i) => {
      const detail = typeMistake(type);
      return detail === undefined ? [] : [{ pointer: `/types/${i}`, detail }];
    });
    const mistake = urlMistake(body.url, this.config.webhookAllowPrivate) ?? (await this.unreachable(new URL(body.url)));
    if (mistake !== undefined) violations.push({ pointer: '/url', detail: mistake });
    if (violations.length > 0) throw new Refused('notify/bad-webhook', { violations }, 'the webhook cannot be registered');
    const id = newId();
    const secret = `whsec_${randomBytes(32).toString('base64')}`;
    const webhook = {
      org: actor.org,
      id,
      url: new URL(body.url).toString(),
      types: body.types,
      description: body.description,
      secretSealed: sealWebhookSecret(this.sealer, actor.org, id, secret),
      createdBy: actor.id,
    };
    const limit = this.config.webhooksPerOrg;
    if (!(await this.database.transaction((tx) => this.webhooks.create(tx, webhook, limit))))
      throw new Refused('notify/too-many-webhooks', { details: { limit } }, `an organisation may have ${limit} webhooks`);
    await this.webhooks.knownEverywhere();
    return { ...(await this.get(actor.org, id)), secret };
  }

  async get(org: string, id: string): Promise<WebhookView> {
    return viewOf(await this.existing(org, id));
  }

  async list(org: string): Promise<WebhookView[]> {
    return (await this.webhooks.list(this.database, org)).map(viewOf);
  }

  async remove(org: string, id: string): Promise<void> {
    if (!(await this.webhooks.remove(this.database, org, id))) throw new NotFound('notify/no-such-webhook');
  }

  /** Plans a delivery of type webhook.test. It is in the list of deliveries, and no event is published about it. */
  async test(actor: Actor, cause: Cause, id: string): Promise<string> {
    await this.enabled(actor.org, id);
    const message = newId();
    await this.database.transaction((tx) =>
      this.messages.plan(tx, [
        {
          id: message,
          org: actor.org,
          eventId: message,
          eventName: 'webhook.test',
          correlationId: cause.correlationId,
          traceparent: cause.traceparent,
          channel: 'webhook',
          webhookId: id,
          recipient: `webhook:${id}`,
          template: 'webhook.test',
          language: 'en',
          repeat: 'at-least-once',
          content: testPayload(id, actor.org, this.clock.now()),
        },
      ]),
    );
    return message;
  }

  /** Sends a settled delivery once more, under its own webhook-id, by which a receiver recognises it. */
  async redeliver(org: string, id: string, message: string): Promise<void> {
    await this.enabled(org, id);
    await this.database.transaction(async (tx) => {
      const state = await this.messages.lockDelivery(tx, org, id, message);
      if (state === undefined) throw new NotFound('notify/no-such-message');
      if (!isSettled(state)) throw new Conflict('notify/delivery-not-settled', { details: { state } }, 'the delivery is still being tried');
      await this.messages.planAgain(tx, message);
    });
  }

  private async existing(org: string, id: string): Promise<Webhook> {
    const webhook = await this.webhooks.get(this.database, org, id);
    if (!webhook) throw new NotFound('notify/no-such-webhook');
    return webhook;
  }

  private async enabled(org: string, id: string): Promise<void> {
    const { disabledAt, disabledWhy } = await this.existing(org, id);
    if (disabledAt !== undefined) throw new Refused('notify/webhook-disabled', {}, `the webhook is disabled: ${disabledWhy ?? ''}`);
  }

  // The detail does not contain the address found, or answers would map our network.
  private async unreachable(url: URL): Promise<string | undefined> {
    if (this.config.webhookAllowPrivate) return undefined;
    return (await reachableAddress(url.hostname, false).catch(() => undefined)) === undefined
      ? 'must be a public name that resolves to public addresses only'
      : undefined;
  }
}

function viewOf(w: Webhook): WebhookView {
  return {
    id: w.id,
    url: w.url,
    types: w.types,
    description: w.description,
    createdBy: w.createdBy,
    createdAt: w.createdAt,
    disabledAt: w.disabledAt ?? null,
    disabledWhy: w.disabledWhy ?? null,
  };
}
