import { Injectable } from '@nestjs/common';
import { type Scope } from '@gongdan/directory';
import { NotFound } from '@gongdan/kernel';
import { Database } from '@gongdan/platform';
import { type Channel, type MessageState } from '../domain/outcome.js';
import { type AttemptRow, type MessageFilter, MessageListsStore, type MessageRow } from '../store/message-lists.store.js';

export interface MessageView {
  id: string;
  ticketId: string | null;
  channel: Channel;
  recipient: string;
  address: string | null;
  template: string;
  language: string;
  repeat: string;
  about: { event: string; id: string };
  state: MessageState;
  plannedAt: string;
  nextAttemptAt: string | null;
  finishedAt: string | null;
  receipt: string | null;
  error: string | null;
  attempts: AttemptRow[];
}

@Injectable()
export class ListMessages {
  constructor(
    private readonly database: Database,
    private readonly lists: MessageListsStore,
  ) {}

  /** Throws NotFound when the organisation has no such message, or it is out of the caller's reach. */
  async one(org: string, scope: Scope, id: string): Promise<MessageView> {
    const row = await this.lists.one(this.database, org, scope, id);
    if (!row) throw new NotFound('notify/no-such-message');
    return viewOf(row);
  }

  async run(org: string, filter: MessageFilter, after: { at: string; id: string } | undefined, limit: number): Promise<MessageView[]> {
    return (await this.lists.list(this.database, org, filter, after, limit)).map(viewOf);
  }
}

function viewOf(row: MessageRow): MessageView {
  return {
    id: row.id,
    ticketId: row.ticketId ?? null,
    channel: row.channel,
    recipient: row.recipient,
    address: row.sentTo ?? null,
    template: row.template,
    language: row.language,
    repeat: row.repeat,
    about: { event: row.eventName, id: row.eventId },
    state: row.state,
    plannedAt: row.plannedAt,
    nextAttemptAt: row.state === 'planned' ? row.dueAt : null,
    finishedAt: row.finishedAt ?? null,
    receipt: row.receipt ?? null,
    error: row.error ?? null,
    attempts: row.attempts,
  };
}
