import { Injectable } from '@nestjs/common';
import { Conflict, newId, Refused } from '@gongdan/kernel';
import { Outbox } from '@gongdan/messaging';
import { SystemClock, type Tx } from '@gongdan/platform';
import { contentDigest } from '../../domain/content-digest.js';
import { directed, endOf, type Link, linked, wordAt } from '../../domain/links.js';
import { type LinkView } from '../../domain/link-view.js';
import { type TicketCommand } from '../../domain/ticket-command.js';
import { LinksStore } from '../../store/links.store.js';
import { mustBeAmong, TicketsStore } from '../../store/tickets.store.js';

export interface LinkCommand extends TicketCommand {
  kind: string;
  to: string;
  idempotencyKey?: string | undefined;
}

export interface MadeLink {
  /** False when the same request was answered before. */
  fresh: boolean;
  answer: LinkView;
}

/** Links two tickets that the caller reaches. */
@Injectable()
export class LinkTickets {
  constructor(
    private readonly tickets: TicketsStore,
    private readonly links: LinksStore,
    private readonly outbox: Outbox,
    private readonly clock: SystemClock,
  ) {}

  async run(tx: Tx, c: LinkCommand): Promise<MadeLink> {
    const { org, id: client } = c.who;
    const key = c.idempotencyKey;
    const fingerprint = contentDigest('POST /v1/tickets/{id}/links', c.ticketId, c.kind, c.to);
    // Before the scope: the caller has not got the answer, and the tickets may have moved out of reach meanwhile.
    const before = key === undefined ? undefined : await this.tickets.holdKey(tx, org, client, key, fingerprint);
    if (before !== undefined) return { fresh: false, answer: before as unknown as LinkView };
    if (c.ticketId === c.to)
      throw new Refused('intake/linked-to-itself', { violations: [{ pointer: '/to', detail: 'is the ticket itself' }] });
    const locked = await this.tickets.lockAll(tx, org, c.scope, [c.ticketId, c.to]);
    const [own, other] = [mustBeAmong(locked, c.ticketId), locked.find((t) => t.id === c.to)];
    if (other === undefined)
      throw new Refused('intake/no-such-ticket-to-link', { violations: [{ pointer: '/to', detail: 'there is no such ticket' }] });
    const now = this.clock.now();
    const link: Link = { id: newId(), org, ...directed(c.kind, endOf(own), endOf(other)) };
    const known = await this.links.between(tx, org, link.kind, own.id, other.id);
    if (known !== undefined || !(await this.links.add(tx, link, client, now)))
      throw new Conflict('intake/already-linked', { details: { link: known?.id } }, 'the tickets are linked like this already');
    await this.outbox.append(tx, linked(link, now), c.cause);
    const answer: LinkView = {
      id: link.id,
      kind: link.kind,
      as: wordAt(link.kind, link.from.id === own.id ? 'from' : 'to'),
      ticket: { id: other.id, number: other.number, title: other.title, state: other.registration },
      by: client,
      at: now,
    };
    if (key !== undefined) await this.tickets.answerKey(tx, org, client, key, { ...answer });
    return { fresh: true, answer };
  }
}
