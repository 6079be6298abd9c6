import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { CONFIG, Database, logger, Metrics } from '@gongdan/platform';
import { EmailChannel } from '../channels/email.js';
import { WebhookChannel } from '../channels/webhook.js';
import { type NotifyConfig } from '../config.js';
import { ClaimMessages } from '../use-cases/claim-messages.js';
import { PrepareMessage } from '../use-cases/prepare-message.js';
import { SettleMessages } from '../use-cases/settle-messages.js';
import { DeliveryPump } from './delivery-pump.js';

const WEBHOOKS_AT_ONCE = 16;
const log = logger('delivery');

/** Two pumps, one per channel: a dead mail server does not stop webhooks. */
@Injectable()
export class DeliveryJob implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly pumps: DeliveryPump[];

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
      'Attempts to deliver, by what the message became: planned means it is tried again',
      ['channel', 'outcome'],
    );
    metrics.gauge('gongdan_messages_backlog', "Messages planned or in a worker's hands", ['channel'], async (gauge) => {
      gauge.reset();
      for (const { channel, rows } of await claims.backlog()) gauge.set({ channel }, rows);
    });
    const shared = {
      database,
      claims,
      prepare,
      settle,
      onSettled: (channel: string, outcome: string) => counter.inc({ channel, outcome }),
      onError: (error: unknown) => log.warn('delivery waits', { error: String(error) }),
    };
    this.pumps = [
      new DeliveryPump({
        ...shared,
        channel: 'email',
        lanes: config.mailWorkers,
        send: (r) => (r.channel === 'email' ? email.send(r) : Promise.reject(new Error('not a mail'))),
        hangUp: () => email.hangUp(),
      }),
      new DeliveryPump({
        ...shared,
        channel: 'webhook',
        lanes: WEBHOOKS_AT_ONCE,
        send: (r) => (r.channel === 'webhook' ? webhook.send(r) : Promise.reject(new Error('not a webhook'))),
      }),
    ];
  }

  onApplicationBootstrap(): void {
    this.claims.onPlanned(() => this.nudge());
    for (const pump of this.pumps) pump.start();
  }

  /** Something may be due. */
  nudge(): void {
    for (const pump of this.pumps) pump.nudge();
  }

  async onModuleDestroy(): Promise<void> {
    await Promise.all(this.pumps.map((p) => p.stop()));
  }
}
