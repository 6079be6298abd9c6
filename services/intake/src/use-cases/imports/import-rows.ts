import { Injectable } from '@nestjs/common';
import { localDate } from '@gongdan/business-time';
import { intake } from '@gongdan/contracts';
import { AppError, type Cause, type Instant, ms, newId, type Violation } from '@gongdan/kernel';
import { DirectoryRegistry, Outbox, type PendingEvent } from '@gongdan/messaging';
import { type Pack } from '@gongdan/packs';
import { line, prose, Sealer, type Tx } from '@gongdan/platform';
import { z, ZodError } from 'zod';
import { contentDigest } from '../../domain/content-digest.js';
import { type FileRow } from '../../domain/imports/file-row.js';
import { attributesOf, columnOf, type ImportedRow, readRow } from '../../domain/imports/import-row.js';
import { numberOf, type NumberPlan, planNumber } from '../../domain/numbering.js';
import { complete, type Content, unitCodeOf, type Units } from '../../domain/content.js';
import { registered, type Registering } from '../../domain/ticket.js';
import { type ContactColumns, contactColumns } from '../../store/contact-columns.js';
import { type ImportJob, type ImportResult, ImportsStore } from '../../store/imports/imports.store.js';
import { takeCounts } from '../../store/numbers/numbers.js';
import { contentColumns } from '../../store/ticket-columns.js';
import { type NewTicket, TicketsStore } from '../../store/tickets.store.js';

interface ReadRow {
  at: FileRow;
  row: ImportedRow;
  /** Digest of the content in the file, not of the ticket that a version of the pack makes of it. */
  digest: string;
}

interface KnownTicket {
  id: string;
  number: string;
  digest: string | null;
}

interface NewRow extends ReadRow {
  id: string;
  content: Content;
  contact: ContactColumns;
  plan: NumberPlan;
  number: string;
  /** Validated event data without the ticket number. */
  event: Registering;
}

interface RejectedRow {
  mistakes: Violation[];
  externalKey: string | undefined;
}

export interface ImportBatch {
  rows: readonly FileRow[];
  /** How far the file has been read. */
  bytesDone: number;
  /** The last try met a number that exists already: check each number before it is used. */
  numbersClash: boolean;
}

/** Texts of a row follow the rules of the API: no control characters, and something visible where it must not be empty. */
const RowTexts = z.object({
  externalKey: line(200),
  draft: z.object({
    title: line(300),
    description: prose(20_000).optional(),
    place: z.object({ address: line(500).optional(), area: line(120).optional() }).optional(),
    attributes: z.record(z.string(), z.union([line(2_000), z.number(), z.boolean()])).optional(),
  }),
  contact: z.object({ name: line(200).optional() }).optional(),
  history: z.object({ status: prose(120).optional(), outcome: prose(2_000).optional() }),
});

/** The field of a mapping that a path into the row belongs to. */
const fieldAt = (path: readonly PropertyKey[]): string => (path[0] === 'draft' ? path.slice(1) : path).join('.');

/** One batch of rows, one transaction: tickets, events, results and the job's progress commit together, so a crash loses or repeats nothing. */
@Injectable()
export class ImportRows {
  constructor(
    private readonly imports: ImportsStore,
    private readonly tickets: TicketsStore,
    private readonly directories: DirectoryRegistry,
    private readonly outbox: Outbox,
    private readonly sealer: Sealer,
  ) {}

  /** How many tickets were created; undefined when another worker has taken the job over: then nothing is written. */
  async run(tx: Tx, job: ImportJob, owner: string, pack: Pack, batch: ImportBatch): Promise<number | undefined> {
    // This must come first: a number given to a batch that does not commit would be a gap.
    if (!(await this.imports.hold(tx, job, owner, batch.rows.at(-1)?.row ?? 0))) return undefined;
    const units = await this.directories.of(job.org);
    const results: ImportResult[] = [];
    const read: ReadRow[] = [];
    for (const at of batch.rows) {
      const reading = this.read(at, job);
      if ('mistakes' in reading) results.push(resultOf(at, 'rejected', reading.externalKey, reading.mistakes));
      else read.push(reading);
    }
    const known = await this.known(tx, job, read);
    const fresh: NewRow[] = [];
    const repeated: { r: ReadRow; before: KnownTicket }[] = [];
    for (const r of read) {
      const before = known.get(r.row.externalKey);
      if (before) {
        repeated.push({ r, before });
        continue;
      }
      const one = this.begin(job, pack, units, r);
      if ('mistakes' in one) results.push(resultOf(r.at, 'rejected', one.externalKey, one.mistakes));
      else {
        fresh.push(one);
        known.set(r.row.externalKey, one);
      }
    }
    await this.giveNumbers(tx, job.org, pack, fresh, batch.numbersClash);
    for (const { r, before } of repeated) {
      const same = before.digest === r.digest;
      const notes = same
        ? r.row.notes
        : [{ pointer: job.mapping.externalKey, detail: 'the content differs from what was imported before; nothing was changed' }];
      results.push(resultOf(r.at, same ? 'unchanged' : 'changed', r.row.externalKey, notes, before.id, before.number));
    }
    for (const f of fresh) results.push(resultOf(f.at, 'created', f.row.externalKey, f.row.notes, f.id, f.number));
    results.sort((a, b) => a.row - b.row);
    await this.imports.advance(tx, job, batch.bytesDone, results);
    if (fresh.length > 0) await this.insert(tx, job, fresh);
    return fresh.length;
  }

  private read(at: FileRow, job: ImportJob): ReadRow | RejectedRow {
    if (!at.cells) return { mistakes: [{ pointer: '', detail: at.broken ?? 'is not a row' }], externalKey: undefined };
    const reading = readRow(at.cells, job.mapping);
    if (!reading.ok) return reading;
    const { row } = reading;
    const texts = RowTexts.safeParse(row);
    if (!texts.success)
      return {
        mistakes: texts.error.issues.map((i) => ({ pointer: columnOf(job.mapping, fieldAt(i.path)), detail: i.message })),
        externalKey: undefined,
      };
    return { at, row, digest: contentDigest(row.draft, row.contact, row.registeredAt, row.history) };
  }

  private async known(tx: Tx, job: ImportJob, read: readonly ReadRow[]): Promise<Map<string, KnownTicket>> {
    const rows = await this.tickets.byExternalKeys(
      tx,
      job.org,
      job.mapping.source,
      read.map((r) => r.row.externalKey),
    );
    return new Map(rows.map((r) => [r.external_key, { id: r.id, number: r.number, digest: r.content_digest }]));
  }

  /**
   * Makes everything of a new ticket except its number. The event is validated here, before numbers are given: a row whose event is invalid is
   * rejected alone and takes no number.
   */
  private begin(job: ImportJob, pack: Pack, units: Units, r: ReadRow): NewRow | RejectedRow {
    const { row } = r;
    const id = newId();
    const rejected = (mistakes: Violation[]): RejectedRow => ({ mistakes, externalKey: row.externalKey });
    try {
      const attributes = row.draft.attributes && attributesOf(row.draft.attributes, pack.intake.attributes ?? []);
      const content = complete({ ...row, draft: { ...row.draft, attributes } }, pack, units);
      const plan = planOf(pack, units, content, row.registeredAt);
      const contact = contactColumns(this.sealer, job.org, id, row.contact);
      const event: Registering = {
        org: job.org,
        ticketId: id,
        number: numberOf(plan, 0),
        pack: { key: job.pack_key, version: job.pack_version },
        content,
        contactSealed: contact.contact_sealed ?? undefined,
        hasEmail: contact.has_email,
        externalKey: row.externalKey,
        registeredAt: row.registeredAt,
        history: { job: job.id, source: job.mapping.source, ...row.history },
      };
      registered(event);
      return { ...r, id, content, contact, plan, number: '', event };
    } catch (error) {
      if (error instanceof AppError) return rejected(error.violations);
      if (error instanceof ZodError)
        return rejected(error.issues.map((i) => ({ pointer: columnOf(job.mapping, i.path.join('.')), detail: i.message })));
      throw error;
    }
  }

  /** One statement per series; a file spans some dozens of months. */
  private async giveNumbers(tx: Tx, org: string, pack: Pack, fresh: readonly NewRow[], numbersClash: boolean): Promise<void> {
    const bySeries = new Map<string, NewRow[]>();
    for (const f of fresh) bySeries.set(f.plan.series, [...(bySeries.get(f.plan.series) ?? []), f]);
    for (const series of [...bySeries.keys()].sort()) {
      let list = bySeries.get(series) ?? [];
      while (list.length > 0) {
        const counts = await takeCounts(tx, org, series, pack.intake.numbering.gapFree, list.length);
        list.forEach((f, i) => (f.number = numberOf(f.plan, counts[i] ?? 0)));
        list = numbersClash ? await this.taken(tx, org, list) : [];
      }
    }
  }

  /** Rows whose number exists already, in another series that writes the same text. */
  private async taken(tx: Tx, org: string, list: readonly NewRow[]): Promise<NewRow[]> {
    const numbers = await this.tickets.existingNumbers(
      tx,
      org,
      list.map((f) => f.number),
    );
    return list.filter((f) => numbers.has(f.number));
  }

  private async insert(tx: Tx, job: ImportJob, fresh: readonly NewRow[]): Promise<void> {
    const cause: Cause = { correlationId: `import-${job.id}`, actor: { id: job.started_by } };
    const rows = fresh.map((f): NewTicket & { number: string } => ({
      ...contentColumns(f.content),
      ...f.contact,
      org: job.org,
      id: f.id,
      number: f.number,
      pack_key: job.pack_key,
      pack_version: job.pack_version,
      source: job.mapping.source,
      external_key: f.row.externalKey,
      content_digest: f.digest,
      registered_at: f.row.registeredAt,
      registered_by: job.started_by,
    }));
    await this.tickets.insertAll(tx, rows);
    const events = fresh.map((f): PendingEvent => ({
      cause,
      draft: registered({ ...f.event, number: f.number }, intake.TicketRegistered.unchecked),
    }));
    await this.outbox.appendAll(tx, events);
  }
}

function planOf(pack: Pack, units: Units, content: Content, registeredAt: Instant): NumberPlan {
  return planNumber(pack.intake.numbering, localDate(pack.pack.zone, ms(registeredAt)), unitCodeOf(content.unit, pack, units));
}

function resultOf(
  at: FileRow,
  outcome: ImportResult['outcome'],
  externalKey: string | undefined,
  notes: readonly Violation[],
  ticketId?: string,
  number?: string,
): ImportResult {
  return {
    row: at.row,
    line: at.line,
    last_line: at.lastLine,
    outcome,
    external_key: externalKey ?? null,
    ticket_id: ticketId ?? null,
    number: number ?? null,
    notes: notes.length === 0 ? null : notes,
  };
}
