import { Injectable } from '@nestjs/common';
import { notify, type EventDraft } from '@gongdan/contracts';
import { type Cause, idOf } from '@gongdan/kernel';
import { Outbox, type PendingEvent } from '@gongdan/messaging';
import { SystemClock, type Tx } from '@gongdan/platform';
import { afterAttempt, type Attempt, type Channel } from '../domain/outcome.js';
import { type ClaimedMessage, MessagesStore, type Settled } from '../store/messages.store.js';
import { TicketsStore } from '../store/tickets.store.js';
import { WebhooksStore } from '../store/webhooks.store.js';

export interface Ended {
  message: ClaimedMessage;
  attempt: Attempt;
  sentTo: string | null;
}

const STUCK = 'the sender died while the message was in its hands; the provider may have taken it';

/** Writes down how attempts ended, and says what is final. */
@Injectable()
export class SettleMessages {
  constructor(
    private readonly messages: MessagesStore,
    private readonly tickets: TicketsStore,
    private readonly webhooks: WebhooksStore,
    private readonly outbox: Outbox,
    private readonly clock: SystemClock,
  ) {}

  /** Attempts this worker made; those a lapsed lease has taken from it are left to whoever judged them. */
  async run(tx: Tx, owner: string, ended: readonly Ended[]): Promise<Settled[]> {
    const held = await this.messages.lockHeld(
      tx,
      owner,
      ended.map((e) => e.message.id),
    );
    const mine = ended.filter((e) => held.has(e.message.id));
    for (const { message: m, attempt: a } of mine) {
      if (a.result === 'refused' && a.gone && m.webhook_id !== null)
        await this.webhooks.disable(tx, m.org, m.webhook_id, 'the receiver answered 410 Gone');
    }
    return this.settle(tx, mine);
  }

  /** Messages a dead worker left in `sending`: said again or left in doubt, as their template wants it. */
  async resolveStuck(tx: Tx, channel: Channel, limit: number): Promise<Settled[]> {
    const stuck = await this.messages.lockStuck(tx, channel, limit);
    return this.settle(
      tx,
      stuck.map((message) => ({ message, attempt: { result: 'doubt', error: STUCK }, sentTo: null })),
      true,
    );
  }

  /** Deliveries nobody wants any more. */
  async giveUpOrphans(tx: Tx, limit: number): Promise<Settled[]> {
    const settled = (await this.messages.lockOrphans(tx, limit)).map((message): Settled => ({
      message,
      outcome: null,
      state: 'failed',
      afterMs: 0,
      sentTo: null,
      receipt: null,
      error: 'the webhook was disabled or removed',
    }));
    await this.record(tx, settled);
    return settled;
  }

  private async settle(tx: Tx, ended: readonly Ended[], atOnce = false): Promise<Settled[]> {
    const settled = ended.map(({ message, attempt, sentTo }): Settled => {
      const next = afterAttempt(message, attempt);
      return {
        message,
        outcome: attempt.result,
        state: next.state,
        // A dead worker is no sign of a tired provider: no need to wait.
        afterMs: next.state === 'planned' && !atOnce ? next.afterMs : 0,
        sentTo,
        receipt: next.state === 'accepted' ? next.receipt : null,
        error: next.state === 'accepted' ? null : next.error,
      };
    });
    await this.record(tx, settled);
    return settled;
  }

  private async record(tx: Tx, settled: readonly Settled[]): Promise<void> {
    await this.messages.settle(tx, settled);
    const now = this.clock.now();
    const said = settled.flatMap((s): PendingEvent[] => {
      const draft = saidOf(s, now);
      return draft ? [{ draft, cause: causeOf(s.message) }] : [];
    });
    const tickets = new Map(said.map(({ draft }) => [`${draft.org}|${draft.ticketId}`, { org: draft.org, id: draft.ticketId }]));
    await this.tickets.lock(tx, [...tickets.values()]);
    await this.outbox.appendAll(tx, said);
  }
}

/** The final word about a message; retries are not said, and neither is a test delivery, which is about no ticket. */
function saidOf({ message: m, state, receipt, error }: Settled, now: string): EventDraft | undefined {
  if (state === 'planned' || m.ticket_id === null) return undefined;
  // What is asked for again ends again, and that is another fact.
  const round = m.earlier_attempts === 0 ? [] : [String(m.earlier_attempts)];
  const fact = { org: m.org, ticketId: m.ticket_id, occurredAt: now, id: idOf(m.id, state, ...round) };
  const common = {
    message: m.id,
    channel: m.channel,
    template: m.template,
    recipient: m.recipient,
    about: m.event_id,
    attempt: Math.max(1, m.attempt),
  };
  if (state === 'accepted') return notify.MessageSent.of({ ...fact, data: { ...common, sentAt: now, receipt: receipt ?? undefined } });
  return notify.MessageFailed.of({ ...fact, data: { ...common, failedAt: now, inDoubt: state === 'in-doubt', error: error ?? '' } });
}

function causeOf(m: ClaimedMessage): Cause {
  return {
    correlationId: m.correlation_id,
    causationId: m.event_id,
    ...(m.traceparent === null ? {} : { traceparent: m.traceparent }),
    actor: { id: 'system:notify' },
  };
}
