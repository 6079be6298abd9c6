import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { CONFIG, Database, logger, Metrics } from '@gongdan/platform';
import { EmailChannel } from '../channels/email.js';
import { WebhookChannel } from '../channels/webhook.js';
import { type NotifyConfig } from '../config.js';
import { DeliveryPump } from '../delivery/delivery-pump.js';
import { mailLanes, WEBHOOK_LANES } from '../domain/lanes.js';
import { type Channel } from '../domain/outcome.js';
import { ClaimMessages } from '../use-cases/claim-messages.js';
import { PrepareMessage } from '../use-cases/prepare-message.js';
import { SettleMessages } from '../use-cases/settle-messages.js';

const log = logger('delivery');

/** Runs one pump per channel: a mail server that is down does not stop webhooks. */
@Injectable()
export class DeliveryJob implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly pumps: Record<Channel, DeliveryPump>;

  constructor(
    database: Database,
    private readonly claims: ClaimMessages,
    prepare: PrepareMessage,
    settle: SettleMessages,
    email: EmailChannel,
    webhook: WebhookChannel,
    metrics: Metrics,
    @Inject(CONFIG) config: NotifyConfig,
  ) {
    const counter = metrics.counter(
      'gongdan_messages_total',
      'Delivery attempts by the state the message took; planned means that it is tried again',
      ['channel', 'outcome'],
    );
    const shared = {
      database,
      claims,
      prepare,
      settle,
      onSettled: (channel: string, outcome: string) => counter.inc({ channel, outcome }),
      onError: (error: unknown) => log.warn('a delivery failed inside this service and is tried again', { error: String(error) }),
    };
    this.pumps = {
      email: new DeliveryPump({
        ...shared,
        channel: 'email',
        lanes: mailLanes(config.mailWorkers),
        send: (ready, signal) => (ready.channel === 'email' ? email.send(ready, signal) : Promise.reject(new Error('this is no mail'))),
      }),
      webhook: new DeliveryPump({
        ...shared,
        channel: 'webhook',
        lanes: WEBHOOK_LANES,
        send: (ready, signal) =>
          ready.channel === 'webhook' ? webhook.send(ready, signal) : Promise.reject(new Error('this is no webhook delivery')),
      }),
    };
  }

  onApplicationBootstrap(): void {
    this.claims.onPlanned((channels) => channels.forEach((channel) => this.pumps[channel].nudge()));
    for (const pump of Object.values(this.pumps)) pump.start();
  }

  /** Messages may be due. */
  nudge(): void {
    for (const pump of Object.values(this.pumps)) pump.nudge();
  }

  async onModuleDestroy(): Promise<void> {
    await Promise.all(Object.values(this.pumps).map((pump) => pump.stop()));
  }
}
