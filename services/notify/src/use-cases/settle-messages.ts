import { Injectable } from '@nestjs/common';
import { notify, type EventDraft } from '@gongdan/contracts';
import { type Cause, idOf } from '@gongdan/kernel';
import { Outbox, type PendingEvent } from '@gongdan/messaging';
import { SystemClock, type Tx } from '@gongdan/platform';
import { afterAttempt, type Attempt, type Channel } from '../domain/outcome.js';
import { type ClaimedMessage, ClaimsStore, type Settled } from '../store/claims.store.js';
import { WebhooksStore } from '../store/webhooks.store.js';

/** A message with the attempt that has ended. */
export interface EndedAttempt {
  message: ClaimedMessage;
  attempt: Attempt;
  /** The masked address; null when there was none to send to. */
  sentTo: string | null;
}

const WORKER_DIED = 'the sender died while it was sending the message; the provider may have taken it';

/** Stores how attempts ended, and publishes what is final: two statements for a batch. */
@Injectable()
export class SettleMessages {
  constructor(
    private readonly claims: ClaimsStore,
    private readonly webhooks: WebhooksStore,
    private readonly outbox: Outbox,
    private readonly clock: SystemClock,
  ) {}

  /** Settles attempts of this worker. Those it has lost to an expired lease are left out: another worker has settled them. */
  async run(tx: Tx, owner: string, ended: readonly EndedAttempt[]): Promise<Settled[]> {
    const settled = await this.record(tx, owner, ended.map(settledAttempt));
    const gone = ended.filter(
      ({ message, attempt }) => attempt.result === 'refused' && attempt.gone && settled.some((s) => s.message === message),
    );
    for (const { message } of gone)
      if (message.webhookId !== undefined)
        await this.webhooks.disable(tx, message.org, message.webhookId, 'the receiver answered 410 Gone');
    return settled;
  }

  /** Messages that a dead worker left in `sending` are sent again or left in doubt, as their template demands. */
  async resolveStuck(tx: Tx, channel: Channel, limit: number): Promise<Settled[]> {
    const stuck = await this.claims.lockStuck(tx, channel, limit);
    return this.record(
      tx,
      null,
      stuck.map((message) => {
        const settled = settledAttempt({ message, attempt: { result: 'doubt', error: WORKER_DIED }, sentTo: null });
        // A dead worker does not mean that the provider needs a pause.
        return { ...settled, afterMs: 0 };
      }),
    );
  }

  /** Deliveries of webhooks that are disabled or removed fail. */
  async giveUpOrphans(tx: Tx, limit: number): Promise<Settled[]> {
    const orphans = await this.claims.lockOrphans(tx, limit);
    return this.record(
      tx,
      null,
      orphans.map((message) => ({
        message,
        outcome: null,
        state: 'failed',
        afterMs: 0,
        sentTo: null,
        receipt: null,
        error: 'the webhook was disabled or removed',
      })),
    );
  }

  private async record(tx: Tx, owner: string | null, list: readonly Settled[]): Promise<Settled[]> {
    const ids = await this.claims.settle(tx, owner, list);
    const settled = list.filter((s) => ids.has(s.message.id));
    const now = this.clock.now();
    await this.outbox.appendAll(
      tx,
      settled.flatMap((s): PendingEvent[] => {
        const draft = eventOf(s, now);
        return draft ? [{ draft, cause: causeOf(s.message) }] : [];
      }),
    );
    return settled;
  }
}

function settledAttempt({ message, attempt, sentTo }: EndedAttempt): Settled {
  const next = afterAttempt(message, attempt);
  return {
    message,
    outcome: attempt.result,
    state: next.state,
    afterMs: next.state === 'planned' ? next.afterMs : 0,
    sentTo,
    receipt: next.state === 'accepted' ? next.receipt : null,
    error: next.state === 'accepted' ? null : next.error,
  };
}

/** The event about the end of a message. Attempts in between have none, and neither has a test delivery, which is about no ticket. */
function eventOf({ message: m, state, receipt, error }: Settled, now: string): EventDraft | undefined {
  if (state === 'planned' || m.ticketId === undefined) return undefined;
  // A message that is sent again by hand ends again, and that is another event.
  const round = m.earlierAttempts === 0 ? [] : [String(m.earlierAttempts)];
  const envelope = { org: m.org, ticketId: m.ticketId, occurredAt: now, id: idOf(m.id, state, ...round) };
  const common = {
    message: m.id,
    channel: m.channel,
    template: m.template,
    recipient: m.recipient,
    about: m.eventId,
    attempt: Math.max(1, m.attempt),
  };
  if (state === 'accepted') return notify.MessageSent.of({ ...envelope, data: { ...common, sentAt: now, receipt: receipt ?? undefined } });
  return notify.MessageFailed.of({ ...envelope, data: { ...common, failedAt: now, inDoubt: state === 'in-doubt', error: error ?? '' } });
}

function causeOf(m: ClaimedMessage): Cause {
  return {
    correlationId: m.correlationId,
    causationId: m.eventId,
    ...(m.traceparent === undefined ? {} : { traceparent: m.traceparent }),
    actor: { id: 'system:notify' },
  };
}
