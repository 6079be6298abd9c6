import { Injectable } from '@nestjs/common';
import { AppError, newId } from '@gongdan/kernel';
import { PackShelf } from '@gongdan/messaging';
import { Database, sqlState } from '@gongdan/platform';
import { type ImportJob, ImportsStore } from '../store/imports.store.js';
import { fileRows } from './file-rows.js';
import { type FileRow, ImportRows } from './import-rows.js';

const BATCH = 500;
const RENEW_MS = 5_000;

/** Claims imports and works through them, a transaction per 500 rows; a claim that runs out is another replica's. */
@Injectable()
export class RunImports {
  private readonly owner = newId();

  constructor(
    private readonly database: Database,
    private readonly imports: ImportsStore,
    private readonly importRows: ImportRows,
    private readonly packs: PackShelf,
  ) {}

  /** Until nothing is left to claim, or `stopped`. */
  async run(stopped: () => boolean): Promise<void> {
    for (let job = await this.imports.claim(this.database, this.owner); job && !stopped(); job = await this.imports.claim(this.database, this.owner)) {
      try {
        if (await this.import(job, stopped)) await this.imports.finish(this.database, job, this.owner, 'done', null);
      } catch (error) {
        // What the file is guilty of ends the job; anything else (database away, pack not here yet) lets the claim run out, and the job goes on later.
        if (!(error instanceof AppError) || (error.kind !== 'invalid' && error.kind !== 'refused')) throw error;
        await this.imports.finish(this.database, job, this.owner, 'failed', error.message.slice(0, 2_000));
      }
    }
  }

  /** False when the job was taken over or we are stopping. */
  private async import(job: ImportJob, stopped: () => boolean): Promise<boolean> {
    const pack = await this.packs.get(job.org, job.pack_key, job.pack_version);
    if (!pack) throw new Error('the pack of the import is not here yet');
    let bytes = 0;
    let renewedAt = performance.now();
    const counted = async function* (source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
      for await (const chunk of source) {
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
    for await (const row of fileRows(counted(this.imports.chunks(this.database, job.org, job.id)), job.mapping)) {
      if (stopped()) return false;
      if (performance.now() - renewedAt > RENEW_MS) {
        renewedAt = performance.now();
        if (!(await this.imports.renew(this.database, job, this.owner))) return false;
      }
      if (row.row <= job.rows_done) continue;
      batch.push(row);
      if (batch.length >= BATCH && !(await flush())) return false;
    }
    return flush();
  }

  private async commit(job: ImportJob, pack: Parameters<ImportRows['run']>[3], rows: FileRow[], bytes: number): Promise<boolean> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.database.transaction((tx) => this.importRows.run(tx, job, this.owner, pack, rows, bytes));
      } catch (error) {
        // Another import or a door registered one of these keys a moment ago: look again, it is known now.
        if (sqlState(error) !== '23505' || tries >= 5) throw error;
      }
    }
  }
}
