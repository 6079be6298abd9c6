import { Injectable } from '@nestjs/common';
import { Metrics } from '@gongdan/platform';
import { CountMessages } from '../use-cases/count-messages.js';

const STATES = { planned: 0, sending: 0, failed: 0, 'in-doubt': 0 };

/** What an operator watches; all replicas show the same figures, because they read the same tables. */
@Injectable()
export class MessageGauges {
  constructor(metrics: Metrics, messages: CountMessages) {
    metrics.gauge(
      'gongdan_messages',
      'Messages by state: planned and sending now, failed and in-doubt in the last 24 hours',
      ['channel', 'state'],
      async (gauge) => {
        const counts = await messages.byState();
        for (const channel of ['email', 'webhook']) for (const [state, none] of Object.entries(STATES)) gauge.set({ channel, state }, none);
        for (const { channel, state, messages: count } of counts) gauge.set({ channel, state }, count);
      },
    );
    metrics.gauge(
      'gongdan_messages_oldest_unsent_seconds',
      'Age of the oldest message that is planned or being sent, 0 when there is none',
      ['channel'],
      async (gauge) => {
        for (const { channel, seconds } of await messages.oldestUnsent()) gauge.set({ channel }, seconds);
      },
    );
  }
}
