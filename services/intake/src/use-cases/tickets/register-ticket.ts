import { hash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { localDate } from '@gongdan/business-time';
import { intake } from '@gongdan/contracts';
import { type Actor, type Cause, Conflict, ms, newId, Refused } from '@gongdan/kernel';
import { Outbox, PackRegistry } from '@gongdan/messaging';
import { Database, Sealer, sqlState, SystemClock } from '@gongdan/platform';
import { type Pack } from '@gongdan/packs';
import { planNumber } from '../../domain/numbering.js';
import { complete, type Contact, type Content, type Draft, registered } from '../../domain/ticket.js';
import { AcceptGate } from '../../store/accept-gate.js';
import { type Acceptance, clashOf, NUMBER_IN_ANSWER, NUMBER_TO_COME } from '../../store/accept.js';
import { TicketsStore } from '../../store/tickets.store.js';

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
    private readonly packs: PackRegistry,
    private readonly tickets: TicketsStore,
    private readonly outbox: Outbox,
    private readonly sealer: Sealer,
    private readonly clock: SystemClock,
  ) {}

  async run(c: RegisterCommand): Promise<Registered> {
    // Only a key can be repeated: without one nobody ever compares. What was said counts, not what a pack made of it.
    const said: Said = {
      digest: c.externalKey === undefined ? null : digestOf(c.draft, c.contact),
      fingerprint: c.idempotencyKey === undefined ? '' : digestOf('POST /v1/tickets', c.draft, c.contact, c.pack, c.source, c.externalKey),
    };
    let acceptance: Acceptance;
    try {
      acceptance = this.acceptanceOf(c, said);
    } catch (error) {
      // What was accepted once keeps its answer, whatever the pack in force says of it today.
      const before = (await this.answeredBefore(c, said)) ?? (await this.registeredBefore(c, said));
      if (before) return before;
      throw error;
    }
    let before: Registered | undefined;
    try {
      const number = await this.gate.accept(acceptance);
      if (number !== undefined) {
        this.outbox.nudge();
        return { fresh: true, answer: { ...acceptance.answer, number } };
      }
      before = await this.answeredBefore(c, said);
    } catch (error) {
      if (sqlState(error) === '55P03' || sqlState(error) === '57014') throw inProgress(error);
      if (clashOf(error) !== 'tickets_external') throw error;
      before = await this.registeredBefore(c, said);
    }
    if (!before) throw inProgress();
    return before;
  }

  private acceptanceOf(c: RegisterCommand, said: Said): Acceptance {
    const { pack, version } = this.packOf(c.who.org, c.pack);
    const content = complete(c, pack);
    const id = newId();
    const now = this.clock.now();
    const sealed = this.seal(c.who.org, id, c.contact);
    const rule = pack.intake.numbering;
    const unitCode = pack.org.units.find((u) => u.key === content.unit)?.code ?? content.unit ?? '';
    return {
      row: {
        ...columnsOf(content),
        org: c.who.org,
        id,
        pack_key: pack.pack.key,
        pack_version: version,
        contact_sealed: sealed.stored.contact_sealed,
        has_email: sealed.stored.has_email,
        phone_tail: sealed.stored.phone_tail,
        source: c.externalKey === undefined ? null : sourceOf(c),
        external_key: c.externalKey ?? null,
        content_digest: said.digest,
        registered_at: now,
        registered_by: c.who.id,
      },
      plan: planNumber(rule, localDate(pack.pack.zone, ms(now)), unitCode),
      gapFree: rule.gapFree,
      event: registered(
        {
          org: c.who.org,
          ticketId: id,
          number: NUMBER_TO_COME,
          pack: { key: pack.pack.key, version },
          content,
          ...sealed.said,
          externalKey: c.externalKey,
          registeredAt: now,
        },
        intake.TicketRegistered.unchecked,
      ),
      cause: c.cause,
      key: c.idempotencyKey === undefined ? undefined : { client: c.who.id, value: c.idempotencyKey, fingerprint: said.fingerprint },
      answer: {
        id,
        number: NUMBER_IN_ANSWER,
        state: 'registered',
        version: 1,
        registeredAt: now,
        pack: { key: pack.pack.key, version },
        priority: content.priority,
      },
    };
  }

  private packOf(org: string, key: string | undefined): { pack: Pack; version: number } {
    const found = this.packs.current(org, key);
    if (!found)
      throw new Refused(
        'intake/no-pack',
        { violations: key === undefined ? [] : [{ pointer: '/pack', detail: 'is not in force' }] },
        'no such process pack is in force for this organisation',
      );
    return found;
  }

  private seal(
    org: string,
    id: string,
    contact: Contact | undefined,
  ): {
    said: { contactSealed?: string; hasEmail: boolean };
    stored: { contact_sealed: string | null; has_email: boolean; phone_tail: string | null };
  } {
    if (!contact) return { said: { hasEmail: false }, stored: { contact_sealed: null, has_email: false, phone_tail: null } };
    const text = this.sealer.seal(JSON.stringify(contact), `contact|${org}|${id}`);
    const hasEmail = contact.email !== undefined;
    return {
      said: { contactSealed: text, hasEmail },
      stored: { contact_sealed: text, has_email: hasEmail, phone_tail: tailIndex(this.sealer, org, contact.phone) },
    };
  }

  private async answeredBefore(c: RegisterCommand, said: Said): Promise<Registered | undefined> {
    if (c.idempotencyKey === undefined) return undefined;
    const before = await this.tickets.answered(this.database, c.who.org, c.who.id, c.idempotencyKey);
    if (before && before.fingerprint !== said.fingerprint)
      throw new Refused('intake/idempotency-key-reused', {}, 'this Idempotency-Key was used for another request');
    return before && { fresh: false, answer: before.answer };
  }

  private async registeredBefore(c: RegisterCommand, said: Said): Promise<Registered | undefined> {
    if (c.externalKey === undefined) return undefined;
    const before = await this.tickets.byExternalKey(this.database, c.who.org, sourceOf(c), c.externalKey);
    if (!before) return undefined;
    if (before.content_digest !== said.digest) {
      throw new Conflict(
        'intake/external-key-used',
        { details: { id: before.id, number: before.number } },
        'this external key belongs to a ticket with other content',
      );
    }
    const { id, number, version, registration, registered_at: registeredAt, priority } = before;
    return {
      fresh: false,
      answer: {
        id,
        number,
        state: registration,
        version,
        registeredAt,
        pack: { key: before.pack_key, version: before.pack_version },
        priority,
      },
    };
  }
}

interface Said {
  /** Of the content. */
  digest: string | null;
  /** Of the whole request. */
  fingerprint: string;
}

const sourceOf = (c: RegisterCommand): string => c.source ?? c.who.id;

const inProgress = (cause?: unknown): Conflict =>
  new Conflict('intake/request-in-progress', { cause, details: { retryAfterS: 1 } }, 'the same request is being handled');

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
