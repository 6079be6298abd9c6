import { Injectable } from '@nestjs/common';
import { localDate } from '@gongdan/business-time';
import { intake } from '@gongdan/contracts';
import { type Actor, type Cause, Conflict, ms, newId, Refused } from '@gongdan/kernel';
import { DirectoryRegistry, Outbox, PackRegistry } from '@gongdan/messaging';
import { Database, Sealer, sqlState, SystemClock } from '@gongdan/platform';
import { type Pack } from '@gongdan/packs';
import { type Contact } from '../../domain/contact.js';
import { contentDigest } from '../../domain/content-digest.js';
import { planNumber } from '../../domain/numbering.js';
import { complete, type Draft, unitCodeOf } from '../../domain/content.js';
import { registered } from '../../domain/ticket.js';
import { AcceptGate } from '../../store/accept-gate.js';
import { type Acceptance, INSTANT_TO_COME, NUMBER_IN_ANSWER, NUMBER_TO_COME, violatedIndex } from '../../store/accept.js';
import { contactColumns } from '../../store/contact-columns.js';
import { contentColumns } from '../../store/ticket-columns.js';
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
    private readonly directories: DirectoryRegistry,
    private readonly tickets: TicketsStore,
    private readonly outbox: Outbox,
    private readonly sealer: Sealer,
    private readonly clock: SystemClock,
  ) {}

  async run(c: RegisterCommand): Promise<Registered> {
    // Only a request with a key can be repeated; without one nothing is compared. The digests cover what the caller sent, not what the pack
    // completed, so that a repetition is recognised under a newer version of the pack.
    const digests: Digests = {
      content: c.externalKey === undefined ? null : contentDigest(c.draft, c.contact),
      request: c.idempotencyKey === undefined ? '' : contentDigest('POST /v1/tickets', c.draft, c.contact, c.pack, c.source, c.externalKey),
    };
    let acceptance: Acceptance;
    try {
      acceptance = await this.acceptanceOf(c, digests);
    } catch (error) {
      // A request that was accepted once keeps its answer, even if the pack in force today refuses it.
      const before = (await this.answeredBefore(c, digests)) ?? (await this.registeredBefore(c, digests));
      if (before) return before;
      throw error;
    }
    let before: Registered | undefined;
    try {
      const accepted = await this.gate.accept(acceptance);
      if (accepted !== undefined) {
        this.outbox.nudge();
        return { fresh: true, answer: { ...acceptance.answer, ...accepted } };
      }
      before = await this.answeredBefore(c, digests);
    } catch (error) {
      if (sqlState(error) === '55P03' || sqlState(error) === '57014') throw inProgress(error);
      if (violatedIndex(error) !== 'tickets_external') throw error;
      before = await this.registeredBefore(c, digests);
    }
    if (!before) throw inProgress();
    return before;
  }

  private async acceptanceOf(c: RegisterCommand, digests: Digests): Promise<Acceptance> {
    const { pack, version } = await this.packOf(c.who.org, c.pack);
    const units = await this.directories.of(c.who.org);
    const content = complete(c, pack, units);
    const id = newId();
    const contact = contactColumns(this.sealer, c.who.org, id, c.contact);
    const rule = pack.intake.numbering;
    const unitCode = unitCodeOf(content.unit, pack, units);
    return {
      row: {
        ...contentColumns(content),
        ...contact,
        org: c.who.org,
        id,
        pack_key: pack.pack.key,
        pack_version: version,
        source: c.externalKey === undefined ? null : sourceOf(c),
        external_key: c.externalKey ?? null,
        content_digest: digests.content,
        registered_by: c.who.id,
      },
      // A ticket that waits over midnight keeps the day of its arrival in its number.
      plan: planNumber(rule, localDate(pack.pack.zone, ms(this.clock.now())), unitCode),
      gapFree: rule.gapFree,
      event: registered(
        {
          org: c.who.org,
          ticketId: id,
          number: NUMBER_TO_COME,
          pack: { key: pack.pack.key, version },
          content,
          contactSealed: contact.contact_sealed ?? undefined,
          hasEmail: contact.has_email,
          externalKey: c.externalKey,
          registeredAt: INSTANT_TO_COME,
        },
        intake.TicketRegistered.unchecked,
      ),
      cause: c.cause,
      key: c.idempotencyKey === undefined ? undefined : { client: c.who.id, value: c.idempotencyKey, fingerprint: digests.request },
      answer: {
        id,
        number: NUMBER_IN_ANSWER,
        state: 'registered',
        version: 1,
        registeredAt: INSTANT_TO_COME,
        pack: { key: pack.pack.key, version },
        priority: content.priority,
      },
    };
  }

  private async packOf(org: string, key: string | undefined): Promise<{ pack: Pack; version: number }> {
    const found = await this.packs.inForce(org, key);
    if (!found)
      throw new Refused(
        'intake/no-pack',
        { violations: key === undefined ? [] : [{ pointer: '/pack', detail: 'is not in force' }] },
        'no such process pack is in force for this organisation',
      );
    return found;
  }

  private async answeredBefore(c: RegisterCommand, digests: Digests): Promise<Registered | undefined> {
    if (c.idempotencyKey === undefined) return undefined;
    const before = await this.tickets.answered(this.database, c.who.org, c.who.id, c.idempotencyKey);
    if (before && before.fingerprint !== digests.request)
      throw new Refused('intake/idempotency-key-reused', {}, 'this Idempotency-Key was used for another request');
    return before && { fresh: false, answer: before.answer };
  }

  private async registeredBefore(c: RegisterCommand, digests: Digests): Promise<Registered | undefined> {
    if (c.externalKey === undefined) return undefined;
    const before = await this.tickets.byExternalKey(this.database, c.who.org, sourceOf(c), c.externalKey);
    if (!before) return undefined;
    if (before.content_digest !== digests.content) {
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

interface Digests {
  content: string | null;
  request: string;
}

const sourceOf = (c: RegisterCommand): string => c.source ?? c.who.id;

const inProgress = (cause?: unknown): Conflict =>
  new Conflict('intake/request-in-progress', { cause, details: { retryAfterS: 1 } }, 'the same request is being handled');
