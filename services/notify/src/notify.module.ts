import { Module } from '@nestjs/common';
import { directoryMigrations, DirectoryRegistryModule, PackRegistryModule, packRegistryMigrations } from '@gongdan/messaging';
import { type ServiceDefinition } from '@gongdan/platform';
import { EmailChannel } from './channels/email.js';
import { WebhookChannel } from './channels/webhook.js';
import { type NotifyConfig, readConfig } from './config.js';
import { DeliveryJob } from './entry/delivery.job.js';
import { EventsController } from './entry/events.controller.js';
import { MessageGauges } from './entry/message-gauges.js';
import { MessagesController } from './entry/messages.controller.js';
import { WebhooksController } from './entry/webhooks.controller.js';
import { ClaimsStore } from './store/claims.store.js';
import { MessageListsStore } from './store/message-lists.store.js';
import { MessagesStore } from './store/messages.store.js';
import { messages } from './store/migrations/0100-notify.js';
import { redelivery } from './store/migrations/0101-redelivery.js';
import { fairLanes } from './store/migrations/0102-fair-lanes.js';
import { recipients } from './store/migrations/0103-recipients.js';
import { runs } from './store/migrations/0104-runs.js';
import { TicketsStore } from './store/tickets.store.js';
import { WebhooksStore } from './store/webhooks.store.js';
import { ClaimMessages } from './use-cases/claim-messages.js';
import { CountMessages } from './use-cases/count-messages.js';
import { ListMessages } from './use-cases/list-messages.js';
import { ManageWebhooks } from './use-cases/manage-webhooks.js';
import { PlanMessages } from './use-cases/plan-messages.js';
import { PrepareMessage } from './use-cases/prepare-message.js';
import { SettleMessages } from './use-cases/settle-messages.js';

@Module({
  imports: [PackRegistryModule, DirectoryRegistryModule],
  controllers: [EventsController, MessagesController, WebhooksController],
  providers: [
    TicketsStore,
    MessagesStore,
    ClaimsStore,
    MessageListsStore,
    WebhooksStore,
    PlanMessages,
    ClaimMessages,
    PrepareMessage,
    SettleMessages,
    ManageWebhooks,
    ListMessages,
    CountMessages,
    EmailChannel,
    WebhookChannel,
    DeliveryJob,
    MessageGauges,
  ],
})
export class NotifyModule {}

export const notify: ServiceDefinition<NotifyConfig> = {
  name: 'notify',
  module: NotifyModule,
  config: readConfig,
  // No service waits for what this one does, and 100 ms are little to a mail or a figure (docs/benchmarks.md, steady rates).
  gatherMs: 100,
  migrations: [...packRegistryMigrations, ...directoryMigrations, messages, redelivery, fairLanes, recipients, runs],
};
