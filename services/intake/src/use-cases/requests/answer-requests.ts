import { Injectable } from '@nestjs/common';
import { localDate } from '@gongdan/business-time';
import { type Answered, type dispatch, type EventDraft, type EventOf, intake } from '@gongdan/contracts';
import { EVERYWHERE } from '@gongdan/directory';
import { AppError, type Cause, idOf, type Instant, isId, ms, newId, Refused } from '@gongdan/kernel';
import { causedBy, DirectoryRegistry, Outbox, PackRegistry } from '@gongdan/messaging';
import { Sealer, type Tx } from '@gongdan/platform';
import { type Pack } from '@gongdan/packs';
import { z } from 'zod';
import { directed, endOf, KIND, type Link, type Linked, linked, LONGEST_KIND } from '../../domain/links.js';
import { planNumber } from '../../domain/numbering.js';
import { depthOfRequest, draftOf, LONGEST_CHAIN } from '../../domain/requested.js';
import { complete, unitCodeOf } from '../../domain/content.js';
import { registered } from '../../domain/ticket.js';
import { contactColumns, openContact } from '../../store/contact-columns.js';
import { LinksStore } from '../../store/links.store.js';
import { nextNumber } from '../../store/numbers/next-number.js';
import { contentColumns } from '../../store/ticket-columns.js';
import { mustBeAmong, type StoredTicket, TicketsStore } from '../../store/tickets.store.js';

type Asked = EventOf<typeof dispatch.RequestAsked>;

/** What the event says is a record; its parts are facts, so any of them may be of the wrong kind. */
const word = z.string().min(1).max(120);
const kind = z.string().max(LONGEST_KIND).regex(KIND);
const RegisterRequest = z.object({
  pack: word.optional(),
  type: word.optional(),
  category: word.optional(),
  item: word.optional(),
  title: z.string().min(1).optional(),
  attributes: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
  copies: z.array(z.string()).optional(),
  link: kind.optional(),
});
const LinkRequest = z.object({ kind, to: word });

/**
 * Does what processes ask of intake: a new ticket, a link. Everything commits with the mark of the request, and the new ticket's id is made of the id of the
 * request, so each is done once. A request that cannot be done is refused with a code, which the process can react to.
 */
@Injectable()
export class AnswerRequests {
  constructor(
    private readonly tickets: TicketsStore,
    private readonly links: LinksStore,
    private readonly packs: PackRegistry,
    private readonly directories: DirectoryRegistry,
    private readonly outbox: Outbox,
    private readonly sealer: Sealer,
  ) {}

  /** Returns how many tickets were registered. */
  async run(tx: Tx, requests: readonly Asked[], now: Instant): Promise<number> {
    let count = 0;
    for (const e of requests) {
      if (e.data.kind !== 'register' && e.data.kind !== 'link') continue;
      const answer = await this.answer(tx, e, now);
      const data: Answered = { id: e.data.id, kind: e.data.kind, ...answer, answeredAt: now, cause: { depth: depthOfRequest(e.data) } };
      const draft = intake.RequestAnswered.of({ org: e.org, ticketId: e.ticketId, occurredAt: now, data });
      await this.outbox.append(tx, [draft], causedBy(e, 'intake'));
      if (e.data.kind === 'register' && answer.state === 'done') count += 1;
    }
    return count;
  }

  private async answer(tx: Tx, e: Asked, now: Instant): Promise<Pick<Answered, 'state' | 'code' | 'reason' | 'ticket'>> {
    try {
      if (depthOfRequest(e.data) > LONGEST_CHAIN)
        throw new Refused('intake/chain-too-long', {}, `more than ${LONGEST_CHAIN} reactions led to this request`);
      const ticket = e.data.kind === 'register' ? await this.register(tx, e, now) : await this.link(tx, e, now);
      return { state: 'done', ticket: endOf(ticket) };
    } catch (error) {
      // Nothing has been written yet when one of these is thrown. What may pass by itself is tried again.
      if (error instanceof z.ZodError)
        return refusal(
          'intake/invalid-request',
          error.issues.map((i) => `/${i.path.join('/')} ${i.message}`),
        );
      if (!(error instanceof AppError) || error.kind === 'unavailable') throw error;
      return refusal(error.code, [error.message, ...error.violations.map((v) => `${v.pointer} ${v.detail}`)]);
    }
  }

  private async register(tx: Tx, e: Asked, now: Instant): Promise<Linked> {
    const { org } = e;
    const asked = RegisterRequest.parse(e.data.body);
    const id = idOf('requested', org, e.data.id);
    const [from, before] = await this.both(tx, org, e.ticketId, id);
    if (before !== undefined) return before;
    const { pack, version } = await this.packOf(org, asked.pack ?? from.pack_key);
    const units = await this.directories.of(org);
    const copied = asked.copies?.includes('contact') === true && from.contact_sealed !== null;
    const given = copied ? openContact(this.sealer, org, from.id, from.contact_sealed ?? '') : undefined;
    const content = complete({ draft: draftOf(asked, from), contact: given, ownWork: true }, pack, units);
    const contact = contactColumns(this.sealer, org, id, given);
    const event = (number: string): EventDraft =>
      registered({
        ...{ org, ticketId: id, number, pack: { key: pack.pack.key, version }, content, registeredAt: now },
        ...{ contactSealed: contact.contact_sealed ?? undefined, hasEmail: contact.has_email, depth: depthOfRequest(e.data) },
      });
    event('0');
    const plan = planNumber(pack.intake.numbering, localDate(pack.pack.zone, ms(now)), unitCodeOf(content.unit, pack, units));
    const number = await nextNumber(tx, this.tickets, org, plan, pack.intake.numbering.gapFree);
    await this.tickets.insertAll(tx, [
      {
        ...contentColumns(content),
        ...contact,
        ...{ org, id, number, pack_key: pack.pack.key, pack_version: version, source: null, external_key: null, content_digest: null },
        ...{ registered_at: now, registered_by: e.actor.id },
      },
    ]);
    await this.outbox.append(tx, [event(number)], inNameOf(e));
    if (asked.link !== undefined) await this.join(tx, e, asked.link, { id, number }, endOf(from), now);
    return { id, number };
  }

  private async link(tx: Tx, e: Asked, now: Instant): Promise<Linked> {
    const { to, kind: word } = LinkRequest.parse(e.data.body);
    const id = isId(to) ? to.toLowerCase() : await this.tickets.idByNumber(tx, e.org, to);
    if (id === e.ticketId) throw new Refused('intake/linked-to-itself', {}, 'a ticket is not linked to itself');
    const [own, other] = await this.both(tx, e.org, e.ticketId, id);
    if (other === undefined) throw new Refused('intake/no-such-ticket-to-link', {}, 'there is no such ticket');
    await this.join(tx, e, word, endOf(own), endOf(other), now);
    return other;
  }

  /** The ticket that asks and another one, both locked. */
  private async both(tx: Tx, org: string, own: string, other: string | undefined): Promise<[StoredTicket, StoredTicket | undefined]> {
    const locked = await this.tickets.lockAll(tx, org, EVERYWHERE, other === undefined ? [own] : [own, other]);
    return [mustBeAmong(locked, own), locked.find((t) => t.id === other)];
  }

  /** Links two tickets; a link that exists already is what was asked for. */
  private async join(tx: Tx, e: Asked, word: string, from: Linked, to: Linked, now: Instant): Promise<void> {
    const link: Link = { id: newId(), org: e.org, ...directed(word, from, to) };
    const known = await this.links.between(tx, e.org, link.kind, from.id, to.id);
    if (known !== undefined && known.from_id !== link.from.id)
      throw new Refused('intake/already-linked', {}, 'the tickets are linked the other way round');
    if (known !== undefined || !(await this.links.add(tx, link, e.actor.id, now))) return;
    await this.outbox.append(tx, linked(link, now, depthOfRequest(e.data)), inNameOf(e));
  }

  private async packOf(org: string, key: string): Promise<{ pack: Pack; version: number }> {
    const found = await this.packs.inForce(org, key);
    if (!found) throw new Refused('intake/no-pack', {}, `the process pack ${key} is not in force`);
    return found;
  }
}

/** Whoever acted in dispatch has registered and linked, too. */
function inNameOf(e: Asked): Cause {
  const { id, name } = e.actor;
  return { ...causedBy(e, 'intake'), actor: { id, ...(name === undefined ? {} : { name }) } };
}

function refusal(code: string, reasons: readonly string[]): Pick<Answered, 'state' | 'code' | 'reason'> {
  return { state: 'refused', code, reason: reasons.join('; ').slice(0, 2000) };
}
