import { Injectable } from '@nestjs/common';
import { Unavailable } from '@gongdan/kernel';
import { Outbox, PackRegistry } from '@gongdan/messaging';
import { Sealer, SystemClock, type Tx } from '@gongdan/platform';
import { type Contact } from '../../domain/contact.js';
import { type Amendment, type Content, type KnownContent, mustFit } from '../../domain/content.js';
import { amend, mustBeVersion } from '../../domain/ticket.js';
import { type TicketView } from '../../domain/ticket-view.js';
import { type TicketCommand } from '../../domain/ticket-command.js';
import { contactColumns } from '../../store/contact-columns.js';
import { type StoredTicket, TicketsStore } from '../../store/tickets.store.js';
import { viewOf } from '../../store/ticket-view.js';

export interface AmendCommand extends TicketCommand {
  expectedVersion: number | undefined;
  change: Omit<Amendment, 'contactSealed' | 'hasEmail'>;
  contact?: Contact | undefined;
}

/** Corrects a ticket that no person has taken yet (P33). */
@Injectable()
export class AmendTicket {
  constructor(
    private readonly tickets: TicketsStore,
    private readonly packs: PackRegistry,
    private readonly outbox: Outbox,
    private readonly sealer: Sealer,
    private readonly clock: SystemClock,
  ) {}

  async run(tx: Tx, c: AmendCommand): Promise<TicketView> {
    const current = await this.tickets.lock(tx, c.who.org, c.scope, c.ticketId);
    mustBeVersion(current, c.expectedVersion, () => viewOf(current, this.sealer));
    const pack = await this.packs.get(current.org, current.pack_key, current.pack_version);
    if (!pack) throw new Unavailable('intake/pack-not-here');
    mustFit(c.change, c.contact, pack, known(current));
    const contact = c.contact && contactColumns(this.sealer, current.org, current.id, c.contact);
    const sealed = contact && { contactSealed: contact.contact_sealed ?? undefined, hasEmail: contact.has_email };
    const next = amend(current, { ...c.change, ...sealed }, this.clock.now());
    const saved: StoredTicket = {
      ...current,
      ...contact,
      version: next.state.version,
      title: c.change.title ?? current.title,
      description: c.change.description ?? current.description,
      category: c.change.category ?? current.category,
      priority: c.change.priority ?? current.priority,
      place: (c.change.place as Record<string, unknown> | undefined) ?? current.place,
    };
    await this.tickets.save(tx, saved, current.version);
    await this.outbox.append(tx, next.events, c.cause);
    return viewOf(saved, this.sealer);
  }
}

/** What the ticket says so far, without the columns that are empty. */
function known(ticket: StoredTicket): KnownContent {
  const filled = Object.fromEntries(Object.entries(ticket).filter(([, value]) => value !== null)) as Partial<Content>;
  return { ...filled, hasContact: ticket.contact_sealed !== null, hasEmail: ticket.has_email };
}
