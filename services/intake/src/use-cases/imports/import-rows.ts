import { Injectable } from '@nestjs/common';
import { localDate } from '@gongdan/business-time';
import { intake } from '@gongdan/contracts';
import { AppError, type Cause, type Instant, ms, newId, type Violation } from '@gongdan/kernel';
import { Outbox, type PendingEvent } from '@gongdan/messaging';
import { type Pack } from '@gongdan/packs';
import { Sealer, type SqlValue, type Tx } from '@gongdan/platform';
import { ZodError } from 'zod';
import { attributesOf, columnOf, type ImportedRow, readRow } from '../../domain/import-row.js';
import { numberOf, type NumberPlan, planNumber } from '../../domain/numbering.js';
import { complete, type Content, registered, type Registering } from '../../domain/ticket.js';
import { type ImportJob, type ImportResult, ImportsStore } from '../../store/imports.store.js';
import { columnsOf, digestOf, tailIndex } from '../tickets/register-ticket.js';

export interface FileRow {
  row: number;
  line: number;
  cells?: Record<string, string>;
  /** The parser could not make a row of it. */
  broken?: string;
}

interface Ready {
  at: FileRow;
  row: ImportedRow;
  /** Of what the file says, not of what a version of the pack makes of it. */
  digest: string;
}

interface Known {
  id: string;
  number: string;
  digest: string | null;
}

interface Fresh extends Ready {
  id: string;
  content: Content;
  plan: NumberPlan;
  number: string;
  /** Of an event that can be: all but its number. */
  fact: Registering;
}

interface Wrong {
  mistakes: Violation[];
  externalKey: string | undefined;
}

/** One batch of rows, one transaction: tickets, events, results and the job's progress commit together, so a crash loses or repeats nothing. */
@Injectable()
export class ImportRows {
  constructor(
    private readonly imports: ImportsStore,
    private readonly outbox: Outbox,
    private readonly sealer: Sealer,
  ) {}

  /** False when another worker has taken the job over. `wary`: the batch met a number that exists, so each is looked for. */
  async run(
    tx: Tx,
    job: ImportJob,
    owner: string,
    pack: Pack,
    batch: readonly FileRow[],
    bytesDone: number,
    wary = false,
  ): Promise<boolean> {
    // First of all: a number given to a batch that does not commit would be a gap.
    if (!(await this.imports.hold(tx, job, owner, batch.at(-1)?.row ?? 0))) return false;
    const results: ImportResult[] = [];
    const ready: Ready[] = [];
    for (const at of batch) {
      const reading = this.read(at, job);
      if ('mistakes' in reading) results.push(resultOf(at, 'rejected', reading.externalKey, reading.mistakes));
      else ready.push(reading);
    }
    const known = await this.known(tx, job, ready);
    const fresh: Fresh[] = [];
    const again: { r: Ready; before: Known }[] = [];
    for (const r of ready) {
      const before = known.get(r.row.externalKey);
      if (before) {
        again.push({ r, before });
        continue;
      }
      const one = this.begin(job, pack, r);
      if ('mistakes' in one) results.push(resultOf(r.at, 'rejected', one.externalKey, one.mistakes));
      else {
        fresh.push(one);
        known.set(r.row.externalKey, one);
      }
    }
    await this.giveNumbers(tx, job.org, pack, fresh, wary);
    for (const { r, before } of again) {
      const same = before.digest === r.digest;
      const notes = same
        ? r.row.notes
        : [{ pointer: job.mapping.externalKey, detail: 'the content differs from what was imported before; nothing was changed' }];
      results.push(resultOf(r.at, same ? 'unchanged' : 'changed', r.row.externalKey, notes, before.id, before.number));
    }
    for (const f of fresh) results.push(resultOf(f.at, 'created', f.row.externalKey, f.row.notes, f.id, f.number));
    results.sort((a, b) => a.row - b.row);
    await this.imports.advance(tx, job, bytesDone, results);
    if (fresh.length > 0) await this.insert(tx, job, fresh);
    return true;
  }

  private read(at: FileRow, job: ImportJob): Ready | Wrong {
    if (!at.cells) return { mistakes: [{ pointer: '', detail: at.broken ?? 'is no row' }], externalKey: undefined };
    const reading = readRow(at.cells, job.mapping);
    if (!reading.ok) return reading;
    const { row } = reading;
    return { at, row, digest: digestOf(row.draft, row.contact, row.registeredAt, row.history) };
  }

  private async known(tx: Tx, job: ImportJob, ready: readonly Ready[]): Promise<Map<string, Known>> {
    const rows = await tx.rows<{ external_key: string; id: string; number: string; content_digest: string | null }>(
      'select external_key, id, number, content_digest from tickets where org = $1 and source = $2 and external_key = any($3::text[])',
      [job.org, job.mapping.source, ready.map((r) => r.row.externalKey)],
    );
    return new Map(rows.map((r) => [r.external_key, { id: r.id, number: r.number, digest: r.content_digest }]));
  }

  /** All of a new ticket but its number, tried on an event first: a row that makes none takes no number with it, and nobody else down. */
  private begin(job: ImportJob, pack: Pack, r: Ready): Fresh | Wrong {
    const { row } = r;
    const id = newId();
    const wrong = (mistakes: Violation[]): Wrong => ({ mistakes, externalKey: row.externalKey });
    try {
      const attributes = row.draft.attributes && attributesOf(row.draft.attributes, pack.intake.attributes ?? []);
      const content = complete({ ...row, draft: { ...row.draft, attributes } }, pack);
      const plan = this.planOf(pack, content, row.registeredAt);
      const fact: Registering = {
        org: job.org, ticketId: id, number: numberOf(plan, 0), pack: { key: job.pack_key, version: job.pack_version }, content, hasEmail: row.contact?.email !== undefined,
        contactSealed: row.contact && this.sealer.seal(JSON.stringify(row.contact), `contact|${job.org}|${id}`), externalKey: row.externalKey, registeredAt: row.registeredAt,
        history: { job: job.id, source: job.mapping.source, ...row.history },
      }; // prettier-ignore
      registered(fact);
      return { ...r, id, content, plan, number: '', fact };
    } catch (error) {
      if (error instanceof AppError) return wrong(error.violations);
      if (error instanceof ZodError)
        return wrong(error.issues.map((i) => ({ pointer: columnOf(job.mapping, i.path.join('.')), detail: i.message })));
      // The last hours of 9999 are those of another year in the zone of the pack.
      if (error instanceof RangeError) return wrong([{ pointer: columnOf(job.mapping, 'registeredAt'), detail: error.message }]);
      throw error;
    }
  }

  private planOf(pack: Pack, content: Content, registeredAt: Instant): NumberPlan {
    const code = pack.org.units.find((u) => u.key === content.unit)?.code ?? content.unit ?? '';
    return planNumber(pack.intake.numbering, localDate(pack.pack.zone, ms(registeredAt)), code);
  }

  private async giveNumbers(tx: Tx, org: string, pack: Pack, fresh: Fresh[], wary: boolean): Promise<void> {
    const bySeries = new Map<string, Fresh[]>();
    for (const f of fresh) bySeries.set(f.plan.series, [...(bySeries.get(f.plan.series) ?? []), f]);
    // One statement per series; a file spans some dozens of months.
    for (const series of [...bySeries.keys()].sort()) {
      let list = bySeries.get(series) ?? [];
      while (list.length > 0) {
        const rows = pack.intake.numbering.gapFree
          ? await tx.rows<{ n: number }>(
              `with c as (insert into number_counters as c (org, series, last) values ($1, $2, $3::int) on conflict (org, series) do update set last = c.last + $3::int returning last)
               select generate_series(last - $3::int + 1, last) as n from c`,
              [org, series, list.length],
            )
          : await tx.rows<{ n: number }>('select gongdan_next_number($1, $2) as n from generate_series(1, $3::int)', [
              org,
              series,
              list.length,
            ]);
        list.forEach((f, i) => (f.number = numberOf(f.plan, rows[i]?.n ?? 0)));
        list = wary ? await this.taken(tx, org, list) : [];
      }
    }
  }

  /** Those whose number exists already: of another series that writes the same. */
  private async taken(tx: Tx, org: string, list: Fresh[]): Promise<Fresh[]> {
    const rows = await tx.rows<{ number: string }>('select number from tickets where org = $1 and number = any($2::text[])', [
      org,
      list.map((f) => f.number),
    ]);
    const numbers = new Set(rows.map((r) => r.number));
    return list.filter((f) => numbers.has(f.number));
  }

  private async insert(tx: Tx, job: ImportJob, fresh: readonly Fresh[]): Promise<void> {
    const cause: Cause = { correlationId: `import-${job.id}`, actor: { id: job.started_by } };
    const said: PendingEvent[] = [];
    const rows = fresh.map((f) => {
      const { contactSealed, hasEmail } = f.fact;
      said.push({ cause, draft: registered({ ...f.fact, number: f.number }, intake.TicketRegistered.unchecked) });
      return {
        ...columnsOf(f.content), place: textOf(f.content.place), attributes: textOf(f.content.attributes), org: job.org, id: f.id, number: f.number, pack_key: job.pack_key, pack_version: job.pack_version, contact_sealed: contactSealed ?? null, has_email: hasEmail,
        phone_tail: tailIndex(this.sealer, job.org, f.row.contact?.phone), source: job.mapping.source, external_key: f.row.externalKey, content_digest: f.digest,
        registered_at: f.row.registeredAt, registered_by: job.started_by,
      }; // prettier-ignore
    });
    const column = (name: keyof (typeof rows)[number]) => rows.map((r) => r[name]) as SqlValue;
    const names = Object.keys(rows[0] ?? {}) as (keyof (typeof rows)[number])[];
    const types: Partial<Record<string, string>> = {
      id: 'uuid',
      pack_version: 'int',
      place: 'json',
      attributes: 'json',
      has_email: 'boolean',
      registered_at: 'timestamptz',
    };
    await tx.run(
      `insert into tickets (${names.join(', ')}) select * from unnest(${names.map((n, i) => `$${i + 1}::${types[n] ?? 'text'}[]`).join(', ')})`,
      names.map(column),
    );
    await this.outbox.appendAll(tx, said);
  }
}

const textOf = (value: object | undefined): string | null => (value === undefined ? null : JSON.stringify(value));

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
    outcome,
    external_key: externalKey ?? null,
    ticket_id: ticketId ?? null,
    number: number ?? null,
    notes: notes.length === 0 ? null : JSON.stringify(notes),
  };
}
