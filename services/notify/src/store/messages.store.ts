import { Injectable } from '@nestjs/common';
import { TableColumns, type Tx } from '@gongdan/platform';
import { type Channel, type MessageState } from '../domain/outcome.js';
import { type Repeat } from '../domain/plan.js';
import { type KnownTicket } from '../domain/ticket.js';
import { saveTicketsCtes, TicketsStore } from './tickets.store.js';

/** What is stored when a message is planned. */
export interface NewMessage {
  id: string;
  org: string;
  /** A test delivery is about no ticket. */
  ticketId?: string | undefined;
  eventId: string;
  eventName: string;
  correlationId: string;
  traceparent?: string | undefined;
  channel: Channel;
  webhookId?: string | undefined;
  recipient: string;
  template: string;
  language: string;
  repeat: Repeat;
  /** Mail: sealed subject and text. Webhook: the body as it is sent. */
  content: string;
}

const NEW_MESSAGE_TYPES = {
  id: 'uuid', org: 'text', ticketId: 'uuid', eventId: 'uuid', eventName: 'text', correlationId: 'text', traceparent: 'text', channel: 'text', webhookId: 'uuid',
  recipient: 'text', template: 'text', language: 'text', repeat: 'text', content: 'text',
} as const satisfies Record<keyof NewMessage, string>; // prettier-ignore
/** All columns of `messages` that code reads, with their types. */
export const MESSAGE_TYPES = {
  ...NEW_MESSAGE_TYPES,
  state: 'text', attempt: 'int', earlierAttempts: 'int', dueAt: 'timestamptz', plannedAt: 'timestamptz', finishedAt: 'timestamptz', sentTo: 'text', receipt: 'text', error: 'text',
} as const; // prettier-ignore
const NEW_MESSAGE = new TableColumns<keyof NewMessage>(NEW_MESSAGE_TYPES);

// One statement for tickets and messages: a lone event costs one round trip.
const PLAN = `
with ${saveTicketsCtes('$1', '$2')}
insert into messages (${NEW_MESSAGE.names}) select ${NEW_MESSAGE.values('m')} from ${NEW_MESSAGE.recordset('$3', 'm')} on conflict (id) do nothing`;

/** Tickets as a batch of events leaves them. */
export interface ChangedTickets {
  /** Registered in this batch. */
  fresh: readonly KnownTicket[];
  /** Locked before. */
  known: readonly KnownTicket[];
}

const UNCHANGED: ChangedTickets = { fresh: [], known: [] };

/** Messages as they are planned, once by an event and again by hand. */
@Injectable()
export class MessagesStore {
  private readonly listeners: ((channels: ReadonlySet<Channel>) => void)[] = [];

  constructor(private readonly tickets: TicketsStore) {}

  /** The listener is called after each commit that planned messages, with their channels. */
  onPlanned(listener: (channels: ReadonlySet<Channel>) => void): void {
    this.listeners.push(listener);
  }

  /** Stores tickets and messages in one statement; in none when there is nothing to store. A message that exists already stays as it is. */
  async plan(tx: Tx, messages: readonly NewMessage[], tickets: ChangedTickets = UNCHANGED): Promise<void> {
    const { fresh, known } = tickets;
    if (messages.length + fresh.length + known.length === 0) return;
    await tx.run(PLAN, [JSON.stringify(fresh), JSON.stringify(known), JSON.stringify(messages)]);
    tx.afterCommit(() => [...fresh, ...known].forEach((ticket) => this.tickets.rememberPack(ticket)));
    this.announce(tx, new Set(messages.map((m) => m.channel)));
  }

  /** Locks a delivery until the end of the transaction and returns its state; undefined when the webhook has no such delivery. */
  async lockDelivery(tx: Tx, org: string, webhookId: string, id: string): Promise<MessageState | undefined> {
    const row = await tx.one<{ state: MessageState }>(
      'select state from messages where org = $1 and webhook_id = $2::uuid and id = $3::uuid for update',
      [org, webhookId, id],
    );
    return row?.state;
  }

  /** Makes a delivery due now with a new series of attempts; earlier attempts stay on record. */
  async planAgain(tx: Tx, id: string): Promise<void> {
    await tx.run(
      `update messages set state = 'planned', earlier_attempts = attempt, due_at = clock_timestamp(), receipt = null, error = null, finished_at = null where id = $1::uuid`,
      [id],
    );
    this.announce(tx, new Set<Channel>(['webhook']));
  }

  private announce(tx: Tx, channels: ReadonlySet<Channel>): void {
    if (channels.size > 0) tx.afterCommit(() => this.listeners.forEach((listener) => listener(channels)));
  }
}
