import { Injectable } from '@nestjs/common';
import { Unavailable } from '@gongdan/kernel';
import { PackRegistry } from '@gongdan/messaging';
import { type Pack } from '@gongdan/packs';
import { Database, sqlState } from '@gongdan/platform';
import { type FileRow, newTally } from '../../domain/imports/file-row.js';
import { fileRows } from '../../files/file-rows.js';
import { ClaimImports } from '../../use-cases/imports/claim-imports.js';
import { ImportRows } from '../../use-cases/imports/import-rows.js';
import { TicketCounter } from '../ticket-counter.js';

const ROWS_PER_BATCH = 500;
const RENEW_MS = 5_000;
/** Tries of one batch against other imports and requests that register the same keys at the same moment. */
const BATCH_TRIES = 5;

type Job = NonNullable<Awaited<ReturnType<ClaimImports['next']>>>;

/** Works through claimed imports, a transaction per 500 rows; a claim that runs out belongs to another replica. */
@Injectable()
export class ImportWorker {
  constructor(
    private readonly database: Database,
    private readonly claims: ClaimImports,
    private readonly importRows: ImportRows,
    private readonly packs: PackRegistry,
    private readonly counter: TicketCounter,
  ) {}

  /** Returns when nothing is left to claim, or when `stopped`. */
  async run(stopped: () => boolean): Promise<void> {
    while (!stopped()) {
      const job = await this.claims.next();
      if (!job) return;
      try {
        await this.work(job, stopped);
      } catch (error) {
        await this.claims.failed(job, error);
      }
    }
  }

  private async work(job: Job, stopped: () => boolean): Promise<void> {
    const pack = await this.packs.get(job.org, job.pack_key, job.pack_version);
    if (!pack)
      throw new Unavailable('intake/pack-not-here', {}, `version ${job.pack_version} of the pack '${job.pack_key}' is not here yet`);
    let lost = false;
    // By time, not by row: a large workbook is unpacked for longer than a claim lasts before it gives its first row.
    const renewing = setInterval(() => {
      // When one renewal fails, the next one is early enough; when all fail, another worker claims the job.
      this.claims.renew(job).then(
        (held) => (lost ||= !held),
        () => undefined,
      );
    }, RENEW_MS);
    const over = (): boolean => lost || stopped();
    try {
      await this.read(job, pack, over);
    } catch (error) {
      // When the work is interrupted, its reader sees the file end early: that error is no mistake of the file.
      if (!over()) throw error;
    } finally {
      clearInterval(renewing);
    }
    if (stopped()) await this.claims.leave(job);
  }

  private async read(job: Job, pack: Pack, over: () => boolean): Promise<void> {
    let bytes = 0;
    const counted = async function* (source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
      for await (const chunk of source) {
        if (over()) return;
        bytes += chunk.length;
        yield chunk;
      }
    };
    let batch: FileRow[] = [];
    const flush = async (): Promise<boolean> => {
      const rows = batch;
      batch = [];
      return rows.length === 0 || this.commit(job, pack, rows, Math.min(bytes, job.bytes_total));
    };
    const tally = newTally();
    for await (const row of fileRows(counted(this.claims.chunks(job)), job.mapping, tally)) {
      if (over()) return;
      if (row.row <= job.rows_done) continue;
      batch.push(row);
      if (batch.length >= ROWS_PER_BATCH && !(await flush())) return;
    }
    if (over() || !(await flush())) return;
    await this.claims.complete(job, tally.lines - tally.headerLines - tally.blankLines);
  }

  /** False when the claim was lost. */
  private async commit(job: Job, pack: Pack, rows: FileRow[], bytesDone: number): Promise<boolean> {
    let numbersClash = false;
    for (let tries = 1; ; tries++) {
      try {
        const created = await this.database.transaction((tx) =>
          this.importRows.run(tx, job, this.claims.owner, pack, { rows, bytesDone, numbersClash }),
        );
        this.counter.registered('import', created ?? 0);
        return created !== undefined;
      } catch (error) {
        // Another import or a request registered one of these keys or numbers a moment ago; the next try finds it.
        if (sqlState(error) !== '23505' || tries >= BATCH_TRIES) throw error;
        numbersClash ||= (error as { constraint?: string }).constraint === 'tickets_number';
      }
    }
  }
}
