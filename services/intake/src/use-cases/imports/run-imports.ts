import { Injectable } from '@nestjs/common';
import { newId, Unavailable } from '@gongdan/kernel';
import { judge, PackRegistry, TRIES } from '@gongdan/messaging';
import { type Pack } from '@gongdan/packs';
import { Database, sqlState } from '@gongdan/platform';
import { clashOf } from '../../store/accept.js';
import { type ImportJob, ImportsStore } from '../../store/imports.store.js';
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
    private readonly packs: PackRegistry,
  ) {}

  /** Until nothing is left to claim, or `stopped`. */
  async run(stopped: () => boolean): Promise<void> {
    while (!stopped()) {
      const job = await this.imports.claim(this.database, this.owner);
      if (!job) return;
      try {
        if (await this.import(job, stopped)) await this.imports.finish(this.database, job, this.owner, 'done', null);
      } catch (error) {
        await this.stumble(job, error);
      }
    }
  }

  /** What the file is guilty of ends the job, a fault of ours after four tries in a row too; for anything else the claim runs out, and the job goes on later. */
  private async stumble(job: ImportJob, error: unknown): Promise<void> {
    const { what } = judge(error);
    // A message may quote the file, and Postgres stores no NUL.
    const reason = (error instanceof Error ? error.message : String(error)).replaceAll('\u0000', '').slice(0, 2_000);
    if (what === 'park') return this.imports.finish(this.database, job, this.owner, 'failed', reason);
    const tries = await this.imports.stumbled(this.database, job, this.owner, what === 'again', reason);
    if (tries >= TRIES) await this.imports.finish(this.database, job, this.owner, 'failed', `given up after ${tries} tries: ${reason}`);
    throw error;
  }

  /** False when the job was taken over or we are stopping. */
  private async import(job: ImportJob, stopped: () => boolean): Promise<boolean> {
    const pack = await this.packs.get(job.org, job.pack_key, job.pack_version);
    if (!pack)
      throw new Unavailable('intake/pack-not-here', {}, `version ${job.pack_version} of the pack '${job.pack_key}' is not here yet`);
    let lost = false;
    // By time, not by row: a large workbook is unpacked for longer than a claim lasts before it gives its first row.
    const renewing = setInterval(() => {
      // A renewal that fails is made up for by the next; without any, another worker claims the job.
      this.imports.renew(this.database, job, this.owner).then(
        (held) => (lost ||= !held),
        () => undefined,
      );
    }, RENEW_MS);
    const over = (): boolean => lost || stopped();
    try {
      return await this.work(job, pack, over);
    } catch (error) {
      // Of a work broken off nothing is held against the file: it ended early because we left it.
      if (over()) return false;
      throw error;
    } finally {
      clearInterval(renewing);
    }
  }

  private async work(job: ImportJob, pack: Pack, over: () => boolean): Promise<boolean> {
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
    for await (const row of fileRows(counted(this.imports.chunks(this.database, job.org, job.id)), job.mapping)) {
      if (over()) return false;
      if (row.row <= job.rows_done) continue;
      batch.push(row);
      if (batch.length >= BATCH && !(await flush())) return false;
    }
    return !over() && flush();
  }

  private async commit(job: ImportJob, pack: Pack, rows: FileRow[], bytes: number): Promise<boolean> {
    let wary = false;
    for (let tries = 1; ; tries++) {
      try {
        return await this.database.transaction((tx) => this.importRows.run(tx, job, this.owner, pack, rows, bytes, wary));
      } catch (error) {
        // Another import or a door registered one of these keys a moment ago: look again, it is known now.
        if (sqlState(error) !== '23505' || tries >= 5) throw error;
        wary ||= clashOf(error) === 'tickets_number';
      }
    }
  }
}
