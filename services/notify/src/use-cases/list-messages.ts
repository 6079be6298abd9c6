import { Injectable } from '@nestjs/common';
import { NotFound } from '@gongdan/kernel';
import { Database } from '@gongdan/platform';
import { type MessageFilter, MessageListsStore, type MessageRow } from '../store/message-lists.store.js';

export interface MessageView {
  id: string;
  ticketId: string | null;
  channel: string;
  /** 'reporter', 'unit:<key>', 'person:<id>', 'webhook:<id>'. */
  recipient: string;
  /** Masked; null until something was sent. */
  address: string | null;
  template: string;
  language: string;
  repeat: string;
  about: { event: string; id: string };
  state: string;
  plannedAt: string;
  /** When it will be tried next; null when nothing more happens. */
  nextAttemptAt: string | null;
  finishedAt: string | null;
  receipt: string | null;
  error: string | null;
  attempts: MessageRow['attempts'];
}

@Injectable()
export class ListMessages {
  constructor(
    private readonly database: Database,
    private readonly lists: MessageListsStore,
  ) {}

  async one(org: string, id: string): Promise<MessageView> {
    const row = await this.lists.one(this.database, org, id);
    if (!row) throw new NotFound('notify/no-such-message');
    return viewOf(row);
  }

  async run(org: string, filter: MessageFilter, after: { at: string; id: string } | undefined, limit: number): Promise<MessageView[]> {
    return (await this.lists.list(this.database, org, filter, after, limit)).map(viewOf);
  }
}

function viewOf(r: MessageRow): MessageView {
  return {
    id: r.id,
    ticketId: r.ticket_id,
    channel: r.channel,
    recipient: r.recipient,
    address: r.sent_to,
    template: r.template,
    language: r.language,
    repeat: r.repeat,
    about: { event: r.event_name, id: r.event_id },
    state: r.state,
    plannedAt: r.planned_at,
    nextAttemptAt: r.state === 'planned' ? r.due_at : null,
    finishedAt: r.finished_at,
    receipt: r.receipt,
    error: r.error,
    attempts: r.attempts,
  };
}
