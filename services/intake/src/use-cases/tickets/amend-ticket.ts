import { Injectable } from '@nestjs/common';
import { type Actor, type Cause, Unavailable } from '@gongdan/kernel';
import { Outbox, PackRegistry } from '@gongdan/messaging';
import { Sealer, SystemClock, type Tx } from '@gongdan/platform';
import { amend, type Amendment, type Contact, mustFit } from '../../domain/ticket.js';
import { type StoredTicket, TicketsStore } from '../../store/tickets.store.js';
import { tailIndex } from './register-ticket.js';
import { mustBeVersion } from './stale.js';

export interface AmendCommand {
  who: Actor;
  cause: Cause;
  ticketId: string;
  expectedVersion: number | undefined;
  change: Omit<Amendment, 'contactSealed' | 'hasEmail'>;
  contact?: Contact | undefined;
}

/** Corrects a ticket while nobody has taken it (P33). */
@Injectable()
export class AmendTicket {
  constructor(
    private readonly tickets: TicketsStore,
    private readonly packs: PackRegistry,
    private readonly outbox: Outbox,
    private readonly sealer: Sealer,
    private readonly clock: SystemClock,
  ) {}

  async run(tx: Tx, c: AmendCommand): Promise<StoredTicket> {
    const current = await this.tickets.lock(tx, c.who.org, c.ticketId);
    mustBeVersion(current, c.expectedVersion, this.sealer);
    const pack = await this.packs.get(current.org, current.pack_key, current.pack_version);
    if (!pack) throw new Unavailable('intake/pack-not-here');
    mustFit(c.change, c.contact, pack);
    const sealed = c.contact && {
      contactSealed: this.sealer.seal(JSON.stringify(c.contact), `contact|${current.org}|${current.id}`),
      hasEmail: c.contact.email !== undefined,
    };
    const next = amend(current, { ...c.change, ...sealed }, this.clock.now());
    const saved: StoredTicket = {
      ...current,
      version: next.state.version,
      title: c.change.title ?? current.title,
      description: c.change.description ?? current.description,
      category: c.change.category ?? current.category,
      priority: c.change.priority ?? current.priority,
      place: (c.change.place as Record<string, unknown> | undefined) ?? current.place,
      contact_sealed: sealed?.contactSealed ?? current.contact_sealed,
      has_email: sealed?.hasEmail ?? current.has_email,
      phone_tail: c.contact ? tailIndex(this.sealer, current.org, c.contact.phone) : current.phone_tail,
    };
    await this.tickets.save(tx, saved, current.version);
    await this.outbox.append(tx, next.events, c.cause);
    return saved;
  }
}
