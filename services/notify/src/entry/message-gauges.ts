import { Injectable } from '@nestjs/common';
import { Metrics } from '@gongdan/platform';
import { CountMessages } from '../use-cases/count-messages.js';

const CHANNELS = ['email', 'webhook'];
const STATES = ['planned', 'sending', 'failed', 'in-doubt'];

/** What an operator watches; all replicas show the same figures, because they read the same tables. */
@Injectable()
export class MessageGauges {
  constructor(metrics: Metrics, messages: CountMessages) {
    metrics.countedGauge(
      'gongdan_messages',
      'Messages by state: planned and sending now, failed and in-doubt in the last 24 hours',
      ['channel', 'state'],
      async () => {
        const counts = await messages.byState();
        return CHANNELS.flatMap((channel) =>
          STATES.map((state) => ({
            channel,
            state,
            value: counts.find((c) => c.channel === channel && c.state === state)?.messages ?? 0,
          })),
        );
      },
    );
    metrics.countedGauge(
      'gongdan_messages_oldest_unsent_seconds',
      'Age of the oldest message that is planned or being sent, 0 when there is none',
      ['channel'],
      async () => (await messages.oldestUnsent()).map(({ channel, seconds }) => ({ channel, value: seconds })),
    );
  }
}
