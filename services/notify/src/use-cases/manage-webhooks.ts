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

/** Who else is told, by machine (D8). */
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

  /** The secret is in this answer and nowhere else. */
  async create(who: Actor, asked: { url: string; types: string[]; description: string }): Promise<WebhookView & { secret: string }> {
    const violations: Violation[] = asked.types.flatMap((type, i) => {
      const detail = typeMistake(type);
      return detail === undefined ? [] : [{ pointer: `/types/${i}`, detail }];
    });
    const wrong = urlMistake(asked.url, this.config.webhookAllowPrivate) ?? (await this.unreachable(new URL(asked.url)));
    if (wrong !== undefined) violations.push({ pointer: '/url', detail: wrong });
    if (violations.length > 0) throw new Refused('notify/bad-webhook', { violations }, 'the webhook cannot be registered');
    const id = newId();
    const secret = `whsec_${randomBytes(32).toString('base64')}`;
    await this.webhooks.create(this.database, {
      org: who.org,
      id,
      url: new URL(asked.url).toString(),
      types: asked.types,
      description: asked.description,
      secret_sealed: this.sealer.seal(secret, `webhook|${who.org}|${id}`),
      created_by: who.id,
    });
    return { ...(await this.get(who.org, id)), secret };
  }

  async get(org: string, id: string): Promise<WebhookView> {
    return viewOf(await this.webhooks.get(this.database, org, id));
  }

  async list(org: string): Promise<WebhookView[]> {
    return (await this.webhooks.list(this.database, org)).map(viewOf);
  }

  async remove(org: string, id: string): Promise<void> {
    await this.webhooks.remove(this.database, org, id);
  }

  /** Plans a delivery of type webhook.test; it is in the list of deliveries, and no event tells of it. */
  async test(who: Actor, cause: Cause, id: string): Promise<string> {
    await this.mustWork(who.org, id);
    const message = newId();
    await this.database.transaction((tx) =>
      this.messages.plan(tx, [
        {
          id: message,
          org: who.org,
          ticketId: null,
          eventId: message,
          eventName: 'webhook.test',
          correlationId: cause.correlationId,
          traceparent: cause.traceparent ?? null,
          channel: 'webhook',
          webhookId: id,
          recipient: `webhook:${id}`,
          template: 'webhook.test',
          language: 'en',
          repeat: 'at-least-once',
          content: testPayload(id, who.org, this.clock.now()),
        },
      ]),
    );
    return message;
  }

  /** Sends a settled delivery once more, under its own webhook-id: a receiver that has it can tell. */
  async redeliver(org: string, id: string, message: string): Promise<void> {
    await this.mustWork(org, id);
    await this.database.transaction(async (tx) => {
      const state = await this.messages.lockDelivery(tx, org, id, message);
      if (state === undefined) throw new NotFound('notify/no-such-message');
      if (!isSettled(state)) throw new Conflict('notify/delivery-not-settled', { details: { state } }, 'the delivery is still being tried');
      await this.messages.planAgain(tx, message);
    });
  }

  private async mustWork(org: string, id: string): Promise<void> {
    const hook = await this.webhooks.get(this.database, org, id);
    if (hook.disabled_at !== null) throw new Refused('notify/webhook-disabled', {}, `the webhook is disabled: ${hook.disabled_why ?? ''}`);
  }

  // Said without the address found: the answer must not map our network.
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
    createdBy: w.created_by,
    createdAt: w.created_at,
    disabledAt: w.disabled_at,
    disabledWhy: w.disabled_why,
  };
}
