import { hash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { localDate } from '@gongdan/business-time';
import { intake } from '@gongdan/contracts';
import { type Actor, type Cause, Conflict, ms, newId, Refused } from '@gongdan/kernel';
import { Outbox, PackShelf } from '@gongdan/messaging';
import { Database, Sealer, sqlState, SystemClock } from '@gongdan/platform';
import { type Pack } from '@gongdan/packs';
import { planNumber } from '../domain/numbering.js';
import { complete, type Contact, type Content, type Draft, registered } from '../domain/ticket.js';
import { AcceptGate } from '../store/accept-gate.js';
import { clashOf, NUMBER_IN_ANSWER, NUMBER_TO_COME } from '../store/accept.js';
import { TicketsStore } from '../store/tickets.store.js';

export interface RegisterCommand {
  who: Actor;
  cause: Cause;
  draft: Draft;
  contact?: Contact | undefined;
  pack?: string | undefined;
  source?: string | undefined;
  externalKey?: string | undefined;
  idempotencyKey?: string | undefined;
}

export interface Registered {
  /** False when the same request was answered before. */
  fresh: boolean;
  answer: Record<string, unknown>;
}

/** Accepts a ticket: one statement, one commit, the event in it (IN-04, D10). */
@Injectable()
export class RegisterTicket {
  constructor(
    private readonly database: Database,
    private readonly gate: AcceptGate,
    private readonly packs: PackShelf,
    private readonly tickets: TicketsStore,
    private readonly outbox: Outbox,
    private readonly sealer: Sealer,
    private readonly clock: SystemClock,
  ) {}

  async run(c: RegisterCommand): Promise<Registered> {
    const { pack, version } = this.packOf(c.who.org, c.pack);
    const content = complete(c.draft, c.contact, pack);
    // Only a key can be repeated: without one nobody ever compares.
    const digest = c.externalKey === undefined ? null : digestOf(content, c.contact);
    const fingerprint = c.idempotencyKey === undefined ? '' : digestOf('POST /v1/tickets', c.draft, c.contact, c.pack, c.source, c.externalKey);
    const id = newId();
    const now = this.clock.now();
    const sealed = this.seal(c.who.org, id, c.contact);
    const rule = pack.intake.numbering;
    const unitCode = pack.org.units.find((u) => u.key === content.unit)?.code ?? content.unit ?? '';
    const plan = planNumber(rule, localDate(pack.pack.zone, ms(now)), unitCode);
    const answer = { id, number: NUMBER_IN_ANSWER, state: 'registered', version: 1, registeredAt: now, pack: { key: pack.pack.key, version }, priority: content.priority };
    const event = registered({ org: c.who.org, ticketId: id, number: NUMBER_TO_COME, pack: { key: pack.pack.key, version }, content, ...sealed.said, externalKey: c.externalKey, registeredAt: now }, intake.TicketRegistered.unchecked);
    try {
      const number = await this.gate.accept({
        row: {
          ...columnsOf(content),
          org: c.who.org,
          id,
          pack_key: pack.pack.key,
          pack_version: version,
          contact_sealed: sealed.stored.contact_sealed,
          has_email: sealed.stored.has_email,
          phone_tail: sealed.stored.phone_tail,
          source: c.externalKey === undefined ? null : (c.source ?? c.who.id),
          external_key: c.externalKey ?? null,
          content_digest: digest,
          registered_at: now,
          registered_by: c.who.id,
        },
        plan,
        gapFree: rule.gapFree,
        event,
        cause: c.cause,
        key: c.idempotencyKey === undefined ? undefined : { client: c.who.id, value: c.idempotencyKey, fingerprint },
        answer,
      });
      if (number !== undefined) {
        this.outbox.nudge();
        return { fresh: true, answer: { ...answer, number } };
      }
    } catch (error) {
      if (sqlState(error) === '55P03' || sqlState(error) === '57014') throw new Conflict('intake/request-in-progress', { cause: error, details: { retryAfterS: 1 } }, 'the same request is being handled');
      if (clashOf(error) !== 'tickets_external') throw error;
      return this.registeredBefore(c, digest);
    }
    return this.answeredBefore(c, fingerprint);
  }

  private packOf(org: string, key: string | undefined): { pack: Pack; version: number } {
    const found = this.packs.current(org, key);
    if (!found) throw new Refused('intake/no-pack', { violations: key === undefined ? [] : [{ pointer: '/pack', detail: 'is not in force' }] }, 'no such process pack is in force for this organisation');
    return found;
  }

  private seal(org: string, id: string, contact: Contact | undefined): { said: { contactSealed?: string; hasEmail: boolean }; stored: { contact_sealed: string | null; has_email: boolean; phone_tail: string | null } } {
    if (!contact) return { said: { hasEmail: false }, stored: { contact_sealed: null, has_email: false, phone_tail: null } };
    const text = this.sealer.seal(JSON.stringify(contact), `contact|${org}|${id}`);
    const hasEmail = contact.email !== undefined;
    return { said: { contactSealed: text, hasEmail }, stored: { contact_sealed: text, has_email: hasEmail, phone_tail: tailIndex(this.sealer, org, contact.phone) } };
  }

  private async answeredBefore(c: RegisterCommand, fingerprint: string): Promise<Registered> {
    const before = await this.tickets.answered(this.database, c.who.org, c.who.id, c.idempotencyKey ?? '');
    if (!before) throw new Conflict('intake/request-in-progress', { details: { retryAfterS: 1 } }, 'the same request is being handled');
    if (before.fingerprint !== fingerprint) throw new Refused('intake/idempotency-key-reused', {}, 'this Idempotency-Key was used for another request');
    return { fresh: false, answer: before.answer };
  }

  private async registeredBefore(c: RegisterCommand, digest: string | null): Promise<Registered> {
    const before = await this.tickets.byExternalKey(this.database, c.who.org, c.source ?? c.who.id, c.externalKey ?? '');
    if (!before) throw new Conflict('intake/request-in-progress', { details: { retryAfterS: 1 } });
    if (before.content_digest !== digest) {
      throw new Conflict('intake/external-key-used', { details: { id: before.id, number: before.number } }, 'this external key belongs to a ticket with other content');
    }
    const { id, number, version, registration, registered_at: registeredAt, priority } = before;
    return { fresh: false, answer: { id, number, state: registration, version, registeredAt, pack: { key: before.pack_key, version: before.pack_version }, priority } };
  }
}

/** SHA-256 over canonical JSON: what "the same content" means for a repeated external key. */
export function digestOf(...parts: unknown[]): string {
  return hash('sha256', JSON.stringify(sorted(parts)), 'base64url');
}

// A copy with sorted keys: half the price of a replacer, which is called for every value.
function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(sorted);
  const out = Object.create(null) as Record<string, unknown>;
  for (const key of Object.keys(value).sort()) out[key] = sorted((value as Record<string, unknown>)[key]);
  return out;
}

/** Blind index of the last four digits: the second factor of the public status (IN-22). */
export function tailIndex(sealer: Sealer, org: string, phone: string | undefined): string | null {
  const digits = phone?.replace(/\D/g, '') ?? '';
  return digits.length < 4 ? null : sealer.blindIndex(digits.slice(-4), `tail|${org}`);
}

export function columnsOf(c: Content) {
  return {
    channel: c.channel,
    type: c.type,
    category: c.category,
    item: c.item ?? null,
    urgency: c.urgency ?? null,
    impact: c.impact ?? null,
    priority: c.priority,
    title: c.title,
    description: c.description,
    language: c.language,
    place: c.place ?? null,
    unit: c.unit ?? null,
    attributes: c.attributes ?? null,
  };
}
